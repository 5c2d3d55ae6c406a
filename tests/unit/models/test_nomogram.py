"""Nomogram axes beyond what the reference cases cover."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.models.learners.logistic import fit, predict
from radproof.models.nomogram import (
    nomogram,
    nomogram_table,
    pretty,
    probability_of_points,
)

from tests.unit.models.cohort import LOGISTIC, make_cohort


def test_pretty_as_in_r() -> None:
    assert pretty(14, 45) == [10, 15, 20, 25, 30, 35, 40, 45]
    assert pretty(0, 0.3, 5) == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
    assert pretty(0, 97) == list(range(0, 101, 10))
    assert pretty(-1.2, 7.6) == list(range(-2, 9))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_pretty_covers_the_range(low: float, width: float) -> None:
    ticks = pretty(low, low + width)
    assert ticks[0] <= low + 1e-6 * width
    assert ticks[-1] >= low + width - 1e-6 * width
    assert 3 <= len(ticks) - 1 <= 22


def logistic_model() -> tuple[dict, pd.DataFrame]:
    table = make_cohort().training.set_index("patient")
    predictors = table[["age", "stage"]].copy()
    predictors["stage"] = pd.Categorical(predictors["stage"], categories=["1", "2", "3"])
    predictors.loc[predictors.index[:9], "age"] = float("nan")
    return fit(predictors, table["outcome"], LOGISTIC, seed=1), predictors


def test_points_of_a_patient_give_the_patients_probability() -> None:
    model, predictors = logistic_model()
    axes = nomogram(model)
    widest = max(tick["points"] for axis in axes["variables"] for tick in axis["axis"])
    assert widest == pytest.approx(100)
    names = [axis["variable"] for axis in axes["variables"]]
    assert names == ["age", "age=missing", "stage"]
    first = predictors.index[0]
    fill = next(one["fill"] for one in model["variables"] if one["variable"] == "age")
    age = next(axis["axis"] for axis in axes["variables"] if axis["variable"] == "age")
    slope = (age[1]["points"] - age[0]["points"]) / (age[1]["level"] - age[0]["level"])
    points = age[0]["points"] + slope * (fill - age[0]["level"])
    points += next(
        tick["points"]
        for axis in axes["variables"]
        for tick in axis["axis"]
        if axis["variable"] == "age=missing" and tick["level"] == "missing"
    )
    points += next(
        tick["points"]
        for axis in axes["variables"]
        for tick in axis["axis"]
        if axis["variable"] == "stage" and tick["level"] == predictors.loc[first, "stage"]
    )
    wanted = predict(model, predictors)["probability"].iloc[0]
    assert probability_of_points(axes, points) == pytest.approx(wanted, abs=1e-12)


def test_table_holds_every_axis() -> None:
    model, _ = logistic_model()
    axes = nomogram(model)
    table = nomogram_table(axes)
    assert list(table.columns) == ["axis", "level", "points"]
    assert list(table["axis"].unique()) == [
        "age",
        "age=missing",
        "stage",
        "total points",
        "probability",
    ]
    for row in table[table["axis"] == "probability"].itertuples():
        assert probability_of_points(axes, row.points) == pytest.approx(float(row.level))


def test_a_model_without_predictors_has_no_points() -> None:
    axes = nomogram({"terms": [], "variables": [], "intercept": -0.3})
    assert axes["points_per_lp"] == 0
    assert axes["risk"] == []
    assert nomogram_table(axes).empty
    with pytest.raises(ValueError, match="without predictors"):
        probability_of_points(axes, 10.0)
