"""Thresholds, rates with exact intervals, ROC points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.evaluation.binomial import clopper_pearson
from radproof.evaluation.classification import Confusion, confusion, rates, youden_threshold
from radproof.evaluation.delong import auc
from radproof.evaluation.roc import roc_points

PATIENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=2, max_size=40).filter(
    lambda rows: len({row[0] for row in rows}) == 2
)


def test_exact_interval() -> None:
    # Clopper & Pearson for 81 of 263 and 1 of 29 (Newcombe 1998, Stat Med 17:857, table I).
    assert clopper_pearson(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert clopper_pearson(1, 29) == pytest.approx((0.0009, 0.1776), abs=5e-5)
    assert clopper_pearson(0, 20) == (0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert clopper_pearson(20, 20)[1] == 1
    assert np.isnan(clopper_pearson(0, 0)).all()


def test_rates_by_hand() -> None:
    table = rates(Confusion(30, 10, 50, 20)).set_index("metric")
    wanted = {
        "sensitivity": 30 / 50,
        "specificity": 50 / 60,
        "ppv": 30 / 40,
        "npv": 50 / 70,
        "accuracy": 80 / 110,
        "f1": 60 / 90,
    }
    for metric, value in wanted.items():
        row = table.loc[metric]
        assert row["value"] == pytest.approx(value)
        assert row["ci_low"] < value < row["ci_high"]
        assert row["note"] == ""
    low, high = clopper_pearson(30, 60)
    assert table.loc["f1", "ci_low"] == pytest.approx(2 * low / (1 + low))
    assert table.loc["f1", "ci_high"] == pytest.approx(2 * high / (1 + high))


def test_a_rate_of_nobody_is_missing_with_the_reason() -> None:
    table = rates(Confusion(0, 0, 5, 3)).set_index("metric")
    assert np.isnan(table.loc["ppv", "value"])
    assert table.loc["ppv", "note"] == "no patient at or above the threshold"
    assert table.loc["f1", "value"] == 0


@given(PATIENTS)
def test_no_threshold_beats_youden(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([row[0] for row in rows])
    probability = np.array([row[1] for row in rows]) / 10

    def index(threshold: float) -> float:
        counts = confusion(outcome, probability, threshold)
        return counts.true_positives / outcome.sum() + counts.true_negatives / (~outcome).sum()

    best = youden_threshold(outcome, probability)
    assert best in probability
    for other in probability:
        assert index(other) <= index(best) + 1e-9
        assert other <= best or index(other) < index(best) - 1e-9


@given(PATIENTS)
def test_the_curve_encloses_the_area(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([row[0] for row in rows])
    score = np.array([row[1] for row in rows])
    points = roc_points(outcome, score)
    assert points["threshold"].iloc[0] == np.inf
    assert tuple(points.iloc[0][["sensitivity", "specificity"]]) == (0, 1)
    assert tuple(points.iloc[-1][["sensitivity", "specificity"]]) == (1, 0)
    area = np.trapezoid(points["sensitivity"], 1 - points["specificity"])
    assert area == pytest.approx(auc(outcome, score).auc[0], abs=1e-12)


def test_the_threshold_itself_is_positive() -> None:
    counts = confusion([1, 1, 0], [0.3, 0.2, 0.3], 0.3)
    assert counts == Confusion(1, 1, 0, 1)


def test_one_class_has_no_threshold() -> None:
    with pytest.raises(BadInput, match="only one class"):
        youden_threshold([1, 1], [0.2, 0.4])
