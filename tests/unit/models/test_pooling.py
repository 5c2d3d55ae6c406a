"""Rubin's rules against numbers worked by hand and by R's mice, and against what theory says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.models.pooling import Pooled, pool, student_intervals

# R's mice, pool(with(mice(mammalsleep), lm(sws ~ log10(bw) + odi))): 5 imputations, 59 degrees of
# freedom with complete data, one number for each of the three coefficients.
MICE = {
    "estimate": [10.0739157, -1.4513424, -0.5504494],
    "within": [0.71206627, 0.10052200, 0.08902854],
    "between": [0.83964136, 0.30175131, 0.01146902],
    "total": [1.7196359, 0.4626236, 0.1027914],
    "degrees": [7.805051, 4.277824, 40.480414],
    "lambda": [0.5859203, 0.7827132, 0.1338909],
    "se": [1.3113489, 0.6801644, 0.3206109],
    "t": [7.682102, -2.133811, -1.716876],
    "p": [6.666925e-05, 9.530451e-02, 9.364526e-02],
}


def drawn(seed: int, count: int = 5, size: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(count, size, size + 2))
    return rng.normal(size=(count, size)), roots @ roots.transpose(0, 2, 1)


def test_a_case_by_hand() -> None:
    """Estimates 1, 2, 3 of variance 1: T = 1 + 4/3, lambda = 4/7, and degrees 1/(1/a + 1/b) of
    a = 2 / lambda² = 6.125 and b = 21/23 · 20 · 3/7."""
    pooled = pool(np.array([[1.0], [2.0], [3.0]]), np.ones((3, 1, 1)), 20)
    assert pooled.coefficients == pytest.approx([2.0])
    assert pooled.covariance[0, 0] == pytest.approx(7 / 3)
    assert pooled.missing_share == pytest.approx([4 / 7])
    assert pooled.degrees == pytest.approx([1 / (1 / 6.125 + 23 * 7 / (21 * 20 * 3))])


def test_agrees_with_mice() -> None:
    # Five numbers of mean 0 and variance 1.
    pattern = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) / np.sqrt(2.5)
    coefficients = np.array(MICE["estimate"]) + np.sqrt(MICE["between"]) * pattern[:, None]
    pooled = pool(coefficients, np.tile(np.diag(MICE["within"]), (5, 1, 1)), 59)
    np.testing.assert_allclose(pooled.coefficients, MICE["estimate"], rtol=1e-12)
    np.testing.assert_allclose(np.diag(pooled.covariance), MICE["total"], rtol=1e-6)
    np.testing.assert_allclose(pooled.missing_share, MICE["lambda"], rtol=1e-6)
    np.testing.assert_allclose(pooled.degrees, MICE["degrees"], rtol=1e-6)
    rows = student_intervals(pooled.coefficients, pooled.covariance, pooled.degrees)
    np.testing.assert_allclose(rows["se"], MICE["se"], rtol=1e-6)
    np.testing.assert_allclose(rows["z"], MICE["t"], rtol=1e-6)
    np.testing.assert_allclose(rows["p"], MICE["p"], rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 200))
def test_identical_data_sets_have_only_the_variance_within(
    seed: int, count: int, degrees: int
) -> None:
    coefficients, covariances = drawn(seed, count=1)
    same = pool(np.repeat(coefficients, count, 0), np.repeat(covariances, count, 0), degrees)
    np.testing.assert_allclose(same.coefficients, coefficients[0], rtol=1e-12)
    np.testing.assert_allclose(same.covariance, covariances[0], rtol=1e-9)
    np.testing.assert_allclose(same.missing_share, 0, atol=1e-12)
    np.testing.assert_allclose(same.degrees, (degrees + 1) / (degrees + 3) * degrees)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(5)))
def test_order_of_data_sets_does_not_matter(seed: int, order: list[int]) -> None:
    coefficients, covariances = drawn(seed)
    first = pool(coefficients, covariances, 40)
    second = pool(coefficients[order], covariances[order], 40)
    for name in Pooled.__dataclass_fields__:
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 500))
def test_degrees_and_variances_keep_their_bounds(seed: int, degrees: int) -> None:
    coefficients, covariances = drawn(seed)
    pooled = pool(coefficients, covariances, degrees)
    assert (pooled.degrees > 0).all()
    assert (pooled.degrees < degrees).all()
    assert (pooled.degrees < 4 / pooled.missing_share**2).all()
    assert (np.diag(pooled.covariance) > np.diag(covariances.mean(axis=0))).all()
    assert (np.linalg.eigvalsh(pooled.covariance) > 0).all()


def test_one_data_set_is_refused() -> None:
    coefficients, covariances = drawn(1, count=1)
    with pytest.raises(ValueError, match="two completed data sets"):
        pool(coefficients, covariances, 40)
