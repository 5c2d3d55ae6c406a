"""Maximum likelihood and Firth's penalised likelihood against what theory says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.models.likelihood import fit_logistic, profile_intervals, wald_intervals
from scipy.optimize import minimize
from scipy.stats import chi2


def two_by_two(counts: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Exposed cases, exposed controls, unexposed cases, unexposed controls."""
    exposed = np.repeat([1.0, 1.0, 0.0, 0.0], counts)
    return np.column_stack([np.ones(exposed.size), exposed]), np.repeat([1.0, 0, 1, 0], counts)


def drawn(seed: int, n: int = 40, p: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    predictors = rng.normal(size=(n, p))
    outcome = (rng.random(n) < 1 / (1 + np.exp(-predictors[:, 0]))).astype(float)
    outcome[:2] = (0, 1)
    return np.column_stack([np.ones(n), predictors]), outcome


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(0, 12)] * 4))
def test_firth_of_a_table_adds_half_to_each_cell(counts: tuple[int, int, int, int]) -> None:
    a, b, c, d = counts
    if a + b == 0 or c + d == 0:
        return
    estimate = fit_logistic(*two_by_two(counts), penalised=True)
    log_odds = np.log((c + 0.5) / (d + 0.5))
    log_ratio = np.log((a + 0.5) / (b + 0.5)) - log_odds
    np.testing.assert_allclose(estimate.coefficients, [log_odds, log_ratio], atol=1e-8)
    assert estimate.converged


@pytest.mark.parametrize("seed", range(4))
def test_firth_is_the_maximum_of_the_penalised_likelihood(seed: int) -> None:
    design, outcome = drawn(seed)

    def negative(beta: np.ndarray) -> float:
        score = design @ beta
        weight = 1 / (2 + np.exp(score) + np.exp(-score))
        penalty = 0.5 * np.linalg.slogdet(design.T @ (design * weight[:, None]))[1]
        return -float(np.sum(outcome * score - np.logaddexp(0, score)) + penalty)

    found = minimize(negative, np.zeros(4), method="BFGS", options={"gtol": 1e-9})
    estimate = fit_logistic(design, outcome, penalised=True)
    np.testing.assert_allclose(estimate.coefficients, found.x, atol=1e-5)
    assert estimate.log_likelihood == pytest.approx(-found.fun, abs=1e-9)


@pytest.mark.parametrize("penalised", [True, False])
def test_units_of_the_predictors_do_not_matter(penalised: bool) -> None:
    design, outcome = drawn(7)
    changed = design.copy()
    changed[:, 1] = 1e4 + 1e-2 * design[:, 1]
    first = fit_logistic(design, outcome, penalised)
    second = fit_logistic(changed, outcome, penalised)
    np.testing.assert_allclose(second.coefficients[1], first.coefficients[1] * 1e2, rtol=1e-7)
    np.testing.assert_allclose(second.coefficients[2:], first.coefficients[2:], rtol=1e-7)
    np.testing.assert_allclose(second.covariance[2, 3], first.covariance[2, 3], rtol=1e-6)


def test_profile_limits_lie_where_the_likelihood_has_fallen() -> None:
    design, outcome = drawn(3)
    estimate = fit_logistic(design, outcome, penalised=True)
    limits = profile_intervals(design, outcome, estimate)
    for column in range(4):
        for side in ("ci_low", "ci_high"):
            held = fit_logistic(design, outcome, True, fixed=column, value=limits[side][column])
            fall = 2 * (estimate.log_likelihood - held.log_likelihood)
            assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=1e-6)
    inside = (limits["ci_low"] < 0) & (limits["ci_high"] > 0)
    np.testing.assert_array_equal(limits["p"] > 0.05, inside)


def test_profile_is_finite_and_one_sided_under_separation() -> None:
    design, outcome = two_by_two((9, 0, 6, 10))
    estimate = fit_logistic(design, outcome, penalised=True)
    limits = profile_intervals(design, outcome, estimate)
    assert np.isfinite(limits["ci_high"]).all()
    low, high = limits["ci_low"][1], limits["ci_high"][1]
    assert high - estimate.coefficients[1] > estimate.coefficients[1] - low
    assert limits["p"][1] < 0.05


def test_maximum_likelihood_of_a_table_is_its_log_odds_ratio() -> None:
    estimate = fit_logistic(*two_by_two((12, 5, 7, 16)), penalised=False)
    np.testing.assert_allclose(
        estimate.coefficients, [np.log(7 / 16), np.log(12 * 16 / (5 * 7))], atol=1e-12
    )
    se = np.sqrt(1 / 12 + 1 / 5 + 1 / 7 + 1 / 16)
    assert wald_intervals(estimate)["se"][1] == pytest.approx(se, rel=1e-10)
