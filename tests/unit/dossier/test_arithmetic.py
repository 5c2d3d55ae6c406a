import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.dossier.arithmetic import (
    check_auc_interval,
    check_dice_iou,
    check_prevalence,
    check_sum,
    compute,
    confusion_tables,
    dice_spread,
    grim,
    hanley_mcneil_se,
    iou_of_dice,
)


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


def test_prevalence_implied_by_a_table_that_exists():
    # 20 of 25 events and 60 of 75 others right.
    tables = confusion_tables(100, 0.80, 0.80, 0.80, 2)
    assert (25, 20, 60) in tables
    finding = check_prevalence(0.86, 0.9, 0.82, 100, 2)
    assert finding.low <= 0.5 <= finding.high
    assert finding.value == pytest.approx(0.5)


@given(st.integers(5, 60), st.data())
@settings(max_examples=40, deadline=None)
def test_every_table_is_found_again(n, data):
    events = data.draw(st.integers(1, n - 1))
    positives, negatives = data.draw(st.integers(0, events)), data.draw(st.integers(0, n - events))
    numbers = (positives + negatives) / n, positives / events, negatives / (n - events)
    found = confusion_tables(n, *(round(number, 3) for number in numbers), 3)
    assert (events, positives, negatives) in found


def test_numbers_that_no_table_gives():
    finding = check_prevalence(0.866, 0.875, 0.835, 265, 3)
    assert finding.verdict == "inconsistent"
    assert finding.value == pytest.approx(0.775)


def test_a_check_is_found_by_its_kind():
    check = {"kind": "grim", "value": 50.0, "n": 10, "decimals": 1, "percentage": True}
    assert compute(check).verdict == "consistent"
