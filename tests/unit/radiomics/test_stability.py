"""Stability: what is kept and why not, with and without each fold."""

import numpy as np
import pandas as pd
import pytest
from radproof.radiomics.stability import assess_stability

SETTINGS = {"form": "ICC2", "threshold": 0.75, "bound": "estimate"}
PATIENTS = [f"P{number:02d}" for number in range(30)]
FOLDS = pd.Series([str(1 + number % 3) for number in range(30)], index=PATIENTS)


def tables(seed: int = 0) -> dict[str, pd.DataFrame]:
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=30)
    return {
        rater: pd.DataFrame(
            {
                "stable": truth + generator.normal(scale=0.1, size=30),
                "unstable": generator.normal(size=30),
                "constant": 3.0,
            },
            index=PATIENTS,
        )
        for rater in ("rater1", "rater2")
    }


def test_what_is_kept_and_why_not() -> None:
    table = assess_stability(tables(), FOLDS, SETTINGS)
    overall = table[table["left_out"] == "none"].set_index("feature")
    assert overall.loc["stable", "kept"]
    assert overall.loc["stable", "reason"] == ""
    assert not overall.loc["unstable", "kept"]
    assert "below 0.75" in overall.loc["unstable", "reason"]
    assert overall.loc["constant", "reason"] == "no variance between subjects"
    assert set(table["left_out"]) == {"none", "1", "2", "3", "1+2", "1+3", "2+3"}


def test_the_lower_bound_is_stricter() -> None:
    estimate = assess_stability(tables(), FOLDS, SETTINGS | {"threshold": 0.985})
    lower = assess_stability(tables(), FOLDS, SETTINGS | {"threshold": 0.985, "bound": "lower"})
    assert lower["kept"].sum() < estimate["kept"].sum()


def test_left_out_patients_change_nothing() -> None:
    first, second = tables(), tables()
    gone = FOLDS.index[FOLDS == "2"]
    second["rater2"].loc[gone] = 99.0
    for left_out in ("2", "1+2"):
        one, two = (
            table[table["left_out"] == left_out].reset_index(drop=True)
            for table in (assess_stability(each, FOLDS, SETTINGS) for each in (first, second))
        )
        pd.testing.assert_frame_equal(one, two)


def test_missing_values_are_left_out_by_feature() -> None:
    data = tables()
    data["rater1"].loc[PATIENTS[:5], "stable"] = np.nan
    table = assess_stability(data, FOLDS, SETTINGS)
    overall = table[table["left_out"] == "none"].set_index("feature")
    assert overall.loc["stable", "n"] == 25
    assert overall.loc["unstable", "n"] == 30
    shorter = {name: values.loc[PATIENTS[5:]] for name, values in tables().items()}
    alone = assess_stability(shorter, FOLDS.loc[PATIENTS[5:]], SETTINGS)
    alone = alone[alone["left_out"] == "none"].set_index("feature")
    assert overall.loc["stable", "icc"] == pytest.approx(alone.loc["stable", "icc"])


def test_a_feature_with_too_few_values_is_not_kept() -> None:
    data = tables()
    data["rater1"].loc[PATIENTS[2:], "stable"] = np.nan
    table = assess_stability(data, FOLDS, SETTINGS).set_index(["left_out", "feature"])
    assert not table.loc[("none", "stable"), "kept"]
    assert "fewer than 3" in table.loc[("none", "stable"), "reason"]
