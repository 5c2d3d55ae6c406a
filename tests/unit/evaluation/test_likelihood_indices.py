"""Apparent indices of a logistic model."""

import numpy as np
import pytest
from radproof.evaluation.likelihood_indices import likelihood_indices


def test_a_model_that_knows_nothing() -> None:
    outcome = np.repeat([1, 0], [3, 9])
    indices = likelihood_indices(outcome, np.full(12, np.log(3 / 9)), parameters=1)
    assert indices["deviance"] == pytest.approx(indices["null_deviance"])
    assert indices["aic"] == pytest.approx(indices["deviance"] + 2)
    assert indices["c_index"] == 0.5
    assert indices["brier"] == pytest.approx(0.25 * 0.75)
    assert (indices["r2"], indices["g"], indices["dxy"]) == pytest.approx((0, 0, 0), abs=1e-12)


def test_by_hand() -> None:
    indices = likelihood_indices([1, 0], [1.0, -1.0], parameters=2)
    loglik = -2 * np.log1p(np.exp(-1))
    assert indices["loglik"] == pytest.approx(loglik)
    assert indices["null_deviance"] == pytest.approx(4 * np.log(2))
    assert indices["r2"] == pytest.approx((1 - np.exp(-2 * np.log(2) - loglik)) / (1 - 0.25))
    assert indices["g"] == pytest.approx(2)
