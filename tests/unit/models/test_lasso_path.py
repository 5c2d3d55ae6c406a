"""The solver of the LASSO's path ends at the minimum, whatever the columns are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.models.lasso_path import lambda_path, polish, solve_path
from radproof.z_scores import standardise
from scipy.special import expit


def slopes_missed(
    z: np.ndarray, outcome: np.ndarray, penalty: float, intercept: float, beta: np.ndarray
) -> float:
    """Return by how much the conditions of the minimum (Karush, Kuhn, Tucker) are missed."""
    residual = outcome - expit(intercept + z @ beta)
    slope = z.T @ residual / outcome.size
    inside = np.where(beta != 0, np.abs(slope - penalty * np.sign(beta)), np.abs(slope) - penalty)
    return float(max(abs(residual.mean()), inside.max()))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(12, 60), st.integers(1, 80), st.floats(0, 0.99))
def test_the_minimum_is_reached_at_every_penalty(
    seed: int, patients: int, columns: int, alike: float
) -> None:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(patients, 1))
    values = alike * common + (1 - alike) * rng.normal(size=(patients, columns))
    values[:, -1] = values[:, 0]
    values[:, columns // 2] = 3.0
    outcome = rng.permutation(np.arange(patients) % 3 == 0).astype(float)
    z, _, _ = standardise(values)
    lambdas = lambda_path(z, outcome, 20, 0.01)
    if lambdas[0] == 0:
        return
    intercepts, path = solve_path(z, outcome, lambdas)
    for penalty, intercept, beta in zip(lambdas, intercepts, path, strict=True):
        assert slopes_missed(z, outcome, penalty, intercept, beta) <= 1.01e-7


def test_the_first_penalty_selects_nothing_and_the_next_something() -> None:
    rng = np.random.default_rng(2)
    z, _, _ = standardise(rng.normal(size=(60, 200)))
    outcome = (rng.uniform(size=60) < expit(2 * z[:, 0])).astype(float)
    lambdas = lambda_path(z, outcome, 30, 0.02)
    intercepts, path = solve_path(z, outcome, lambdas)
    assert not path[0].any()
    assert expit(intercepts[0]) == pytest.approx(outcome.mean())
    assert np.count_nonzero(path[1])
    # More is selected than there are patients nowhere, and the fit rises with each penalty.
    assert (np.count_nonzero(path, axis=1) <= 60).all()
    loss = [
        np.mean(np.logaddexp(0, score) - outcome * score)
        for score in intercepts[:, None] + path @ z.T
    ]
    assert (np.diff(loss) < 0).all()


def test_the_same_bits_again_and_a_polished_end() -> None:
    rng = np.random.default_rng(3)
    z, _, _ = standardise(rng.normal(size=(80, 400)))
    outcome = (rng.uniform(size=80) < expit(z[:, 0])).astype(float)
    lambdas = lambda_path(z, outcome, 10, 0.1)
    first, second = solve_path(z, outcome, lambdas), solve_path(z, outcome, lambdas)
    np.testing.assert_array_equal(first[1], second[1])
    intercept, beta = polish(z, outcome, lambdas[-1], first[0][-1], first[1][-1])
    assert slopes_missed(z, outcome, lambdas[-1], intercept, beta) < 1e-12
    np.testing.assert_allclose(beta, first[1][-1], atol=1e-5)
