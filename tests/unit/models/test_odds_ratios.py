"""Odds ratios agree with statsmodels, and say what could not be estimated as it stands."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from radproof.errors import BadInput
from radproof.models.odds_ratios import FIRTH, MAXIMUM_LIKELIHOOD, odds_ratios

CLINICAL: list[dict[str, Any]] = [
    {"name": "age", "kind": "number", "unit": "years"},
    {"name": "stage", "kind": "category", "levels": ["1", "2", "3"]},
]


def patients(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"age": rng.normal(60, 10, n), "stage": rng.choice(["1", "2", "3"], n)})
    risk = 0.05 * (table["age"] - 60) + 0.6 * (table["stage"] == "3") - 0.3
    table["outcome"] = (rng.uniform(size=n) < 1 / (1 + np.exp(-risk))).astype(int)
    return table


def theirs(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    design = pd.DataFrame({"age": table["age"]})
    for level in ("2", "3"):
        design[f"stage={level}"] = (table["stage"] == level).astype(float)
    fitted = sm.Logit(table["outcome"], sm.add_constant(design[columns])).fit(disp=0, tol=1e-14)
    limits = fitted.conf_int()
    found = {"odds_ratio": fitted.params, "ci_low": limits[0], "ci_high": limits[1]}
    return pd.DataFrame({key: np.exp(value) for key, value in found.items()}).assign(
        p=fitted.pvalues
    )


@pytest.mark.parametrize(
    ("analysis", "columns"),
    [
        ("univariable", ["age"]),
        ("univariable", ["stage=2", "stage=3"]),
        ("multivariable", ["age", "stage=2", "stage=3"]),
    ],
)
def test_agree_with_statsmodels(analysis: str, columns: list[str]) -> None:
    table = odds_ratios(patients(), CLINICAL)
    own = table[table["analysis"] == analysis].set_index("term").loc[columns]
    names = ["odds_ratio", "ci_low", "ci_high", "p"]
    expected = theirs(patients(), columns).loc[columns, names]
    np.testing.assert_allclose(own[names].astype(float), expected, rtol=1e-6)
    assert set(own["method"]) == {MAXIMUM_LIKELIHOOD}


def test_patients_with_missing_values_are_left_out_and_counted() -> None:
    gaps = patients()
    gaps.loc[:4, "age"] = np.nan
    gaps.loc[3:9, "stage"] = None
    table = odds_ratios(gaps, CLINICAL).set_index(["analysis", "term"])
    assert table.loc[("univariable", "age"), ["n", "n_left_out"]].tolist() == [115, 5]
    assert table.loc[("univariable", "stage=2"), ["n", "n_left_out"]].tolist() == [113, 7]
    assert table.loc[("multivariable", "age"), ["n", "n_left_out"]].tolist() == [110, 10]
    expected = theirs(gaps.dropna(), ["age", "stage=2", "stage=3"])
    found = table.loc[("multivariable", "age"), "odds_ratio"]
    assert found == pytest.approx(expected.loc["age", "odds_ratio"], rel=1e-6)


def test_separation_is_fitted_by_firth_and_said() -> None:
    split = patients().assign(stage=lambda table: np.where(table["outcome"] == 1, "3", "1"))
    table = odds_ratios(split, CLINICAL)
    row = table[(table["analysis"] == "univariable") & (table["term"] == "stage=3")].iloc[0]
    assert row["method"] == FIRTH
    assert "separation by stage=3" in row["note"]
    assert "stage=2 was not seen" in row["note"]
    assert np.isfinite(row["odds_ratio"])
    # A table of 2 x 2 with zeros: half a patient is added to every cell.
    events = int(split["outcome"].sum())
    others = len(split) - events
    expected = (events + 0.5) * (others + 0.5) / 0.25
    assert row["odds_ratio"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"outcome": 1}, "one class of the outcome"),
        ({"age": 50.0}, "constant"),
        ({"stage": "2"}, "constant"),
        ({"age": np.nan}, "no patient has all variables"),
    ],
)
def test_every_missing_estimate_has_its_reason(change: dict[str, Any], reason: str) -> None:
    table = odds_ratios(patients().assign(**change), CLINICAL)
    missing = table[table["odds_ratio"].isna()]
    assert len(missing)
    assert missing["note"].str.contains(reason).all()
    assert table.loc[table["odds_ratio"].notna(), "p"].between(0, 1).all()


def test_a_level_of_another_plan_is_refused() -> None:
    with pytest.raises(BadInput, match="stage is wrong"):
        odds_ratios(patients().assign(stage="4"), CLINICAL)


def test_without_variables_there_is_an_empty_table() -> None:
    assert odds_ratios(patients(), []).empty
