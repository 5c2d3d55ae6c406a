"""Calibration on risks that are known, and at its edges."""

import numpy as np
import pytest
from radproof.errors import BadInput
from radproof.evaluation.binomial import wilson
from radproof.evaluation.calibration import (
    brier_score,
    calibration,
    hosmer_lemeshow,
    quantile_groups,
    recalibrate,
    smooth_outcome,
)
from radproof.evaluation.calibration_curve import calibration_curve
from scipy.special import expit, logit


def make(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes drawn at the probabilities given."""
    rng = np.random.default_rng(seed)
    probability = expit(rng.normal(0, 1.5, n))
    return (rng.random(n) < probability).astype(int), probability


def test_calibrated_probabilities_are_found_so() -> None:
    outcome, probability = make(20_000)
    numbers = calibration(outcome, probability)
    assert numbers["slope"] == pytest.approx(1, abs=0.05)
    assert numbers["intercept"] == pytest.approx(0, abs=0.05)
    assert numbers["citl"] == pytest.approx(0, abs=0.05)
    assert numbers["eo_ratio"] == pytest.approx(1, abs=0.02)
    assert numbers["ici"] < 0.02
    assert numbers["hl_p"] > 0.01
    assert numbers["note"] == ""


def test_shift_and_exaggeration_are_undone() -> None:
    outcome, probability = make(20_000)
    exaggerated = recalibrate(outcome, expit(2 * logit(probability)))
    assert exaggerated.slope[0] == pytest.approx(0.5, abs=0.03)
    shifted = recalibrate(outcome, expit(logit(probability) + 1))
    assert shifted.citl[0] == pytest.approx(-1, abs=0.05)
    low, high = shifted.citl[1:]
    assert low < shifted.citl[0] < high


def test_in_the_large_as_many_events_are_expected_as_seen() -> None:
    outcome, probability = make(200)
    citl = recalibrate(outcome, probability).citl[0]
    assert expit(logit(probability) + citl).sum() == pytest.approx(outcome.sum(), abs=1e-9)


def test_separated_classes_have_no_slope() -> None:
    fitted = recalibrate([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert np.isnan(fitted.slope).all()
    assert "separate" in fitted.note
    assert np.isfinite(fitted.citl).all()


def test_equal_probabilities() -> None:
    numbers = calibration([0, 1, 0, 1, 1] * 6, [0.5] * 30)
    assert np.isnan(numbers["slope"])
    assert np.isnan(numbers["ici"])
    assert np.isnan(numbers["hl_chi2"])
    assert numbers["citl"] == pytest.approx(logit(0.6))
    for reason in ("no calibration slope", "no ICI", "no Hosmer-Lemeshow test"):
        assert reason in numbers["note"]


def test_probabilities_of_0_and_1_are_left_out_of_the_slope_and_said() -> None:
    outcome, probability = make(60)
    plain = calibration(outcome, probability)
    numbers = calibration(np.r_[outcome, 1, 0], np.r_[probability, 1, 0])
    assert numbers["slope"] == plain["slope"]
    assert numbers["n_finite"] == 60
    assert "2 probabilities of 0 or 1" in numbers["note"]


def test_only_probabilities_of_0_and_1() -> None:
    fitted = recalibrate([0, 1, 1], [0, 1, 0])
    assert np.isnan(fitted.citl).all()
    assert "one class" in fitted.note


@pytest.mark.parametrize("outcome", [[0, 1, 1], [0, 1, 0, 1]])
def test_a_few_patients_give_numbers_or_reasons(outcome: list[int]) -> None:
    probability = np.linspace(0.2, 0.7, len(outcome))
    numbers = calibration(outcome, probability)
    assert "no ICI" in numbers["note"]
    assert calibration_curve(outcome, probability)["curve"].tolist() == ["grouped"]


def test_brier_of_a_coin() -> None:
    assert brier_score([0, 1, 1, 0], [0.5] * 4) == 0.25
    assert brier_score([1, 1], [1, 0]) == 0.5


def test_groups_hold_equal_numbers_and_ties_stay_together() -> None:
    group, groups = quantile_groups(np.arange(50) / 50, 10)
    assert groups == 10
    np.testing.assert_array_equal(np.bincount(group), np.full(10, 5))
    tied, groups = quantile_groups(np.repeat([0.1, 0.2, 0.3], [5, 90, 5]), 10)
    assert groups == 2
    np.testing.assert_array_equal(np.bincount(tied), [95, 5])


def test_hosmer_lemeshow_by_hand() -> None:
    # Two groups of 20: 4 events where 5 are expected, 10 where 10 are.
    outcome = np.repeat([1, 0, 1, 0], [4, 16, 10, 10])
    statistic = hosmer_lemeshow(outcome, np.repeat([0.25, 0.5], 20))
    assert (statistic.groups, statistic.df) == (2, 8)
    assert statistic.chi2 == pytest.approx(1 / 5 + 1 / 15)


def test_the_curve_holds_every_patient_once() -> None:
    outcome, probability = make(95)
    curve = calibration_curve(outcome, probability)
    grouped = curve[curve["curve"] == "grouped"]
    assert len(grouped) == 9
    assert grouped["n"].sum() == 95
    assert grouped["n_events"].sum() == outcome.sum()
    for row in grouped.to_dict("records"):
        assert row["observed"] == row["n_events"] / row["n"]
        assert (row["ci_low"], row["ci_high"]) == wilson(row["n_events"], row["n"])
    smooth = curve[curve["curve"] == "loess"]
    assert len(smooth) == 101
    assert (smooth["predicted"].min(), smooth["predicted"].max()) == (
        probability.min(),
        probability.max(),
    )


def test_loess_refuses_what_it_cannot_fit() -> None:
    with pytest.raises(ValueError, match="singularit"):
        smooth_outcome([0, 1, 1], [0.1, 0.2, 0.3], [0.2])


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_what_is_not_a_probability(value: float) -> None:
    with pytest.raises(BadInput, match="probability"):
        calibration([0, 1, 1], [0.2, value, 0.3])


def test_wilson_interval() -> None:
    # Newcombe 1998 (Stat Med 17:857), table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_hosmer_lemeshow_of_new_patients_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    rejected = 0
    for _ in range(600):
        probability = rng.uniform(0.1, 0.9, 200)
        outcome = (rng.uniform(size=200) < probability).astype(int)
        found = hosmer_lemeshow(outcome, probability, own_patients=False)
        assert found.df == 10
        rejected += found.p < 0.05
    # 5 %, within three standard errors; with 8 degrees of freedom it is 10 %.
    assert rejected / 600 == pytest.approx(0.05, abs=0.027)
