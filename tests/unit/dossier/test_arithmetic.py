from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.dossier.arithmetic import (
    confusion_tables,
    dice_spread,
    equivalence_power,
    events_for_interval,
    grim,
    hanley_mcneil_se,
    implied_prevalence,
    iou_of_dice,
    paired_difference_se,
    patients_for_equivalence,
)
from radproof.dossier.arithmetic_checks import (
    check_auc_interval,
    check_auc_width,
    check_case_mix,
    check_confusion,
    check_dice_iou,
    check_equivalence,
    check_events_per_parameter,
    check_grim,
    check_prevalence,
    check_sum,
    compute,
)
from radproof.normal import Z_95

TRAINING = {"accuracy": 0.866, "sensitivity": 0.875, "specificity": 0.835}
EXTERNAL = {"accuracy": 0.836, "sensitivity": 0.847, "specificity": 0.819}


def test_hanley_mcneil_by_hand():
    # Q1 = 0.8 / 1.2, Q2 = 1.28 / 1.8: 0.16 + 9 (Q1 - 0.64) + 19 (Q2 - 0.64), over 200.
    assert hanley_mcneil_se(0.8, 10, 20) ** 2 == pytest.approx(1.75111111 / 200)
    # An area of one half has the null variance of the Wilcoxon statistic.
    assert hanley_mcneil_se(0.5, 10, 20) ** 2 == pytest.approx(31 / (12 * 10 * 20))
    assert hanley_mcneil_se(1.0, 10, 20) == 0


def test_interval_of_the_published_area():
    finding = check_auc_interval(0.93, 41, 0.45)
    assert finding.low == pytest.approx(0.84, abs=0.005)
    assert finding.high == 1.0
    assert finding.n == 41 and finding.verdict == "implied"
    # One area's interval says nothing of differences between models of the same patients.
    assert "difference" not in finding.reason


def test_an_area_of_one_has_the_exact_limits_of_pairs():
    # 18 events and 23 others make 18 pairs.
    finding = check_auc_interval(1.0, 41, 0.45)
    assert (finding.low, finding.high) == (pytest.approx(0.025 ** (1 / 18)), 1)
    assert "Clopper–Pearson" in finding.reason and "Hanley" not in finding.reason
    mirrored = check_auc_interval(0.0, 41, 0.55)
    assert (mirrored.low, mirrored.high) == (0, pytest.approx(1 - finding.low))


@given(st.lists(st.floats(0.3, 1), min_size=2, max_size=50))
@settings(deadline=None)
def test_mean_iou_of_any_patients_is_called_consistent(dice):
    values = np.array(dice)
    means = round(values.mean(), 2), round(iou_of_dice(values).mean(), 2)
    assert check_dice_iou(*means, 2).verdict == "consistent"


def test_dice_spread_is_about_the_standard_deviation():
    values = np.random.default_rng(1).beta(30, 5, 4000)
    implied = dice_spread(values.mean(), iou_of_dice(values).mean())
    assert implied == pytest.approx(values.std(), rel=0.05)
    assert check_dice_iou(0.87, 0.79, 2).value == pytest.approx(0.12, abs=0.005)


def test_dice_and_iou_that_cannot_belong_together():
    assert check_dice_iou(0.85, 0.70, 2).verdict == "inconsistent"
    assert check_dice_iou(0.85, 0.90, 2).verdict == "inconsistent"


@given(st.integers(1, 90), st.data())
@settings(deadline=None)
def test_grim_allows_what_counts_give(n, data):
    count = data.draw(st.integers(0, n))
    assert grim(round(100 * count / n, 1), n, 1, True)


def test_grim_refuses_what_counts_cannot_give():
    assert not grim(5.19, 28, 2, False)  # the example of Brown & Heathers
    assert grim(5.18, 28, 2, False)
    assert not grim(52.0, 10, 0, True)


def test_counts_add_up():
    assert check_sum([100, 36], 136).verdict == "consistent"
    assert check_sum([100, 35], 136).verdict == "inconsistent"


def test_a_mean_that_n_cannot_refute_is_not_called_consistent():
    # 136 patients: steps of 1/136 are finer than 0.01, every mean to two decimals is possible.
    assert check_grim(50.29, 136, 2, False).verdict == "inconclusive"
    assert check_grim(5.18, 28, 2, False).verdict == "consistent"
    assert check_grim(5.19, 28, 2, False).verdict == "inconsistent"
    assert check_confusion(0.752, 0.730, 0.758, 1497, 3).verdict == "inconclusive"


def test_prevalence_implied_by_a_table_that_exists():
    # 20 of 25 events and 60 of 75 others right.
    tables = confusion_tables(100, 0.80, 0.80, 0.80, 2)
    assert (25, 20, 60) in tables
    # 45 of 50 events and 41 of 50 others.
    found = check_confusion(0.86, 0.9, 0.82, 99, 2)
    assert found.verdict == "consistent" and found.low <= 0.5 <= found.high


def test_prevalence_and_its_rounding_by_hand():
    # (0.866 - 0.835) / (0.875 - 0.835), and with half a unit in the worst directions 30/40, 32/40.
    found = check_prevalence(**TRAINING, decimals=3)
    assert (found.value, found.low, found.high) == pytest.approx((0.775, 0.75, 0.80))
    assert found.verdict == "implied"
    found = check_prevalence(**EXTERNAL, decimals=3)
    assert (found.value, found.low, found.high) == pytest.approx((17 / 28, 16 / 28, 18 / 28))
    assert check_prevalence(0.7, 0.8, 0.8, 2).verdict == "inconclusive"
    assert check_prevalence(0.95, 0.8, 0.7, 2).verdict == "inconsistent"


@given(st.integers(2, 300), st.integers(2, 300), st.data())
@settings(deadline=None)
def test_rounding_never_hides_the_true_prevalence(events, others, data):
    right = data.draw(st.integers(0, events)), data.draw(st.integers(0, others))
    n = events + others
    numbers = sum(right) / n, right[0] / events, right[1] / others
    limits = implied_prevalence(*(round(number, 3) for number in numbers), 3)
    if limits is not None:
        assert limits[0] - 1e-9 <= events / n <= limits[1] + 1e-9


def test_case_mix_by_hand():
    first, second = TRAINING | {"n": 265}, EXTERNAL | {"n": 106}
    found = check_case_mix(first, second, 3)
    error = np.sqrt(0.775 * 0.225 / 265 + (17 / 28) * (11 / 28) / 106)
    assert found.value == pytest.approx(0.775 - 17 / 28)
    assert found.low == pytest.approx(0.75 - 18 / 28 - 1.959964 * error, abs=1e-6)
    assert "a shift of case mix" in found.reason
    assert "chance" in check_case_mix(first | {"n": 20}, second | {"n": 20}, 3).reason


def test_case_mix_of_numbers_that_no_prevalence_gives():
    wrong = {"accuracy": 0.90, "sensitivity": 0.85, "specificity": 0.83, "n": 100}
    found = check_case_mix(EXTERNAL | {"n": 106}, wrong, 2)
    assert found.verdict == "inconsistent" and found.reason.startswith("second set: accuracy")
    alike = wrong | {"accuracy": 0.85, "specificity": 0.85}
    assert check_case_mix(alike, wrong, 2).verdict == "inconclusive"
    # The accuracy as printed is the sensitivity's neighbour: rounding allows 1 and no more.
    edge = {"accuracy": 0.91, "sensitivity": 0.90, "specificity": 0.50, "n": 100}
    found = check_case_mix(edge, edge, 2)
    assert found.verdict == "implied" and "100 % and 100 % events" in found.reason


@given(st.floats(0.6, 0.97), st.integers(40, 300), st.data())
@settings(max_examples=50, deadline=None)
def test_the_events_behind_an_interval_are_found_again(auc, n, data):
    events = data.draw(st.integers(2, n - 2))
    auc = round(auc, 3)
    half = Z_95 * hanley_mcneil_se(auc, events, n - events)
    width = round(auc + half, 3) - round(auc - half, 3)
    areas = auc - 0.0005, min(auc + 0.0005, 1.0)
    ranges = events_for_interval(areas, (width - 0.001, width + 0.001), n)
    assert any(first <= events <= last for first, last in ranges)
    assert all(one[1] < other[0] - 1 for one, other in pairwise(ranges))


def test_two_separate_shares_of_events_are_not_given_as_one():
    # Hardly any patient without the event widens the interval as few with it do.
    assert events_for_interval((0.93, 0.93), (0.06, 0.08), 320) == [(79, 150), (285, 306)]
    found = check_auc_width(0.93, 0.89, 0.96, 320, 2)
    assert " or " in found.reason and found.low is None and found.high is None


def test_the_area_itself_was_rounded():
    ((first, last),) = events_for_interval((0.905, 0.915), (0.11, 0.13), 84)
    assert (round(first / 84, 2), round(last / 84, 2)) == (0.48, 0.86)
    found = check_auc_width(0.91, 0.85, 0.97, 84, 2)
    assert (found.low, found.high) == (first / 84, last / 84)


def test_published_interval_that_needs_many_events():
    found = check_auc_width(0.88, 0.84, 0.92, 236, 2)
    # Half-width 0.035 to 0.045; with a quarter events it would be 1.96 * 0.030.
    assert found.verdict == "implied" and 0.45 < found.low < 0.5 < found.high
    assert check_auc_width(0.88, 0.87, 0.89, 236, 2).verdict == "inconclusive"


def test_power_of_equivalence_by_simulation():
    draws = np.random.default_rng(3).normal(0, 0.018, 200_000)
    found = np.mean(np.abs(draws) + 1.6448536 * 0.018 < 0.05)
    assert equivalence_power(0.018, 0.05) == pytest.approx(found, abs=0.005)
    assert equivalence_power(0.05 / 1.6448536, 0.05) == pytest.approx(0, abs=1e-6)
    # 90 % power needs an error of margin / (1.645 + 1.645).
    assert equivalence_power(0.05 / (2 * 1.6448536), 0.05) == pytest.approx(0.9, abs=1e-6)


def test_patients_for_equivalence_are_just_enough():
    n = patients_for_equivalence(0.93, 0.45, 0.6, 0.05, 0.9)
    power = [
        equivalence_power(paired_difference_se(0.93, size, 0.45, 0.6), 0.05) for size in (n - 1, n)
    ]
    assert power[0] < 0.9 <= power[1]
    found = check_equivalence(0.93, 41, 0.45, 0.6, 0.05)
    assert found.value == 0 and f"n = {n}" in found.reason


def test_paired_areas_without_correlation_have_twice_the_variance():
    single = hanley_mcneil_se(0.8, 10, 20)
    assert paired_difference_se(0.8, 30, 1 / 3, 0.0) == pytest.approx(np.sqrt(2) * single)
    assert paired_difference_se(0.8, 30, 1 / 3, 0.5) == pytest.approx(single)


def test_events_per_parameter():
    found = check_events_per_parameter(1497, 0.21, 1562)
    assert found.value == pytest.approx(314 / 1562) and found.verdict == "implied"
    unknown = check_events_per_parameter(95, 0.45, None)
    assert unknown.verdict == "inconclusive" and "not stated" in unknown.reason


@given(st.integers(5, 60), st.data())
@settings(max_examples=40, deadline=None)
def test_every_table_is_found_again(n, data):
    events = data.draw(st.integers(1, n - 1))
    positives, negatives = data.draw(st.integers(0, events)), data.draw(st.integers(0, n - events))
    numbers = (positives + negatives) / n, positives / events, negatives / (n - events)
    found = confusion_tables(n, *(round(number, 3) for number in numbers), 3)
    assert (events, positives, negatives) in found


def test_numbers_that_no_table_gives():
    # 229 and 230 of 265 are 0.864 and 0.868, 88 and 89 of 106 are 0.830 and 0.840.
    assert check_confusion(**TRAINING, n=265, decimals=3).verdict == "inconsistent"
    assert check_confusion(**EXTERNAL, n=106, decimals=3).verdict == "inconsistent"


def test_a_check_is_found_by_its_kind():
    check = {"kind": "grim", "value": 50.0, "n": 10, "decimals": 1, "percentage": True}
    assert compute(check).verdict == "consistent"
