"""Separation is found when it is there, named by its terms, and not when it is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.models.likelihood import fit_logistic
from radproof.models.separation import detect_separation


def test_complete() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6])
    noise = np.array([3.0, -1, 2, 2, -1, 3])
    found = detect_separation(np.column_stack([x, noise]), (x > 3.5).astype(float))
    assert found.kind == "complete"
    assert 0 in found.columns


def test_quasi_complete_by_a_tie() -> None:
    x = np.array([1.0, 2, 3, 3, 4, 5])
    found = detect_separation(x[:, None], np.array([0.0, 0, 0, 1, 1, 1]))
    assert found.kind == "quasi-complete"


def test_quasi_complete_by_an_empty_cell_names_that_term_only() -> None:
    rare = np.repeat([1.0, 0.0], [3, 20])
    x = np.random.default_rng(2).normal(size=23)
    outcome = np.array([1.0] * 3 + [0.0, 1.0] * 10)
    found = detect_separation(np.column_stack([x, rare]), outcome)
    assert found.kind == "quasi-complete"
    assert found.columns == [1]


def test_separation_by_a_combination_that_no_single_predictor_makes() -> None:
    rng = np.random.default_rng(4)
    predictors = rng.normal(size=(60, 2))
    outcome = (predictors.sum(axis=1) > 0).astype(float)
    assert detect_separation(predictors[:, :1], outcome).kind == "none"
    assert detect_separation(predictors, outcome).kind == "complete"


def test_without_predictors_there_is_none() -> None:
    assert detect_separation(np.empty((4, 0)), np.array([0.0, 1, 0, 1])).kind == "none"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 30), st.integers(1, 4))
def test_none_is_found_exactly_where_maximum_likelihood_exists(seed: int, n: int, p: int) -> None:
    rng = np.random.default_rng(seed)
    predictors = rng.normal(size=(n, p))
    outcome = (rng.random(n) < 0.5).astype(float)
    outcome[:2] = (0, 1)
    found = detect_separation(predictors, outcome)
    design = np.column_stack([np.ones(n), predictors])
    estimate = fit_logistic(design, outcome, penalised=False)
    largest = np.abs(design @ estimate.coefficients).max()
    if found.kind == "none":
        assert estimate.converged
    else:
        assert largest > 10


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_scale_does_not_matter(factor: float) -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6]) * factor + 100
    outcome = np.array([0.0, 0, 1, 0, 1, 1])
    assert detect_separation(x[:, None], outcome).kind == "none"
    assert detect_separation(x[:, None], np.sort(outcome)).kind == "complete"
