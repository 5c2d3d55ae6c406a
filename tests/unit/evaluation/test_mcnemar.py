"""McNemar's test on counts worked out by hand."""

import numpy as np
import pytest
from radproof.errors import BadInput
from radproof.evaluation.mcnemar import mcnemar


def make(both: int, a_only: int, b_only: int, neither: int) -> tuple[np.ndarray, ...]:
    """All patients have the event, so that being right is saying 1."""
    counts = [both, a_only, b_only, neither]
    return np.ones(sum(counts)), np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_by_hand() -> None:
    # Agresti, Categorical Data Analysis (2nd ed.), table 10.1: approval of the prime minister.
    test = mcnemar(*make(794, 150, 86, 570))
    assert test.chi2 == pytest.approx(64**2 / 236)
    assert test.chi2_corrected == pytest.approx(63**2 / 236)
    assert test.chi2_p == pytest.approx(3.1e-5, rel=0.02)
    assert test.sensitivity_difference == pytest.approx((150 - 86) / 1600)
    assert np.isnan(test.specificity_difference)


def test_small_counts() -> None:
    test = mcnemar(*make(3, 5, 0, 1))
    assert test.exact_p == pytest.approx(2 / 32)
    assert test.mid_p == pytest.approx(1 / 32)


def test_equal_discordant_counts_take_no_correction() -> None:
    test = mcnemar(*make(3, 4, 4, 1))
    assert (test.chi2, test.chi2_corrected, test.exact_p, test.mid_p) == (0, 0, 1, 1)
    assert test.chi2_corrected_p == 1


def test_no_discordant_patients() -> None:
    test = mcnemar(*make(3, 0, 0, 1))
    assert np.isnan(test.chi2)
    assert np.isnan(test.chi2_p)
    assert (test.exact_p, test.mid_p) == (1, 1)


def test_predictions_that_are_not_classes() -> None:
    with pytest.raises(BadInput, match="not 0 or 1"):
        mcnemar([0, 1], [0.2, 0.7], [0, 1])
    with pytest.raises(ValueError, match="2 outcomes, 1 and 2 predictions"):
        mcnemar([0, 1], [0], [0, 1])
