"""Subgroups: areas, differences and interaction; small groups give a reason, not a number."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from radproof.errors import BadInput
from radproof.evaluation.delong import auc, unpaired_test
from radproof.evaluation.holm import holm
from radproof.evaluation.interaction import equal_areas_test, interaction_test
from radproof.evaluation.subgroups import INTERACTIONS, SUBGROUPS, analyse_subgroups, group_of
from scipy.special import logit
from scipy.stats import chi2

from tests.unit.evaluation.cohort import make_predictions

CLINICAL: list[dict[str, Any]] = [
    {"name": "age", "kind": "number"},
    {"name": "sex", "kind": "category", "levels": ["F", "M"]},
    {"name": "stage", "kind": "category", "levels": ["1", "2", "3", "4"]},
]
AGE = {"name": "age", "variable": "age", "cuts": [40.0, 60.0], "levels": None}
SEX = {"name": "sex", "variable": "sex", "cuts": None, "levels": None}
STAGE = {
    "name": "late",
    "variable": "stage",
    "cuts": None,
    "levels": {"early": ["1", "2"], "late": ["3"]},
}
KEYS = ["model", "kind", "subgroup"]


def make_patients(predictions: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    names = predictions["patient"].unique()
    return pd.DataFrame(
        {
            "patient": names,
            "center": rng.choice(["a", "b"], names.size),
            "age": rng.uniform(20, 80, names.size),
            "sex": rng.choice(["F", "M"], names.size),
            "stage": rng.integers(1, 5, names.size),
        }
    )


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    predictions = make_predictions(n_train=200, n_test=200)
    patients = make_patients(predictions)
    return analyse_subgroups(predictions, patients, [SEX, AGE, STAGE], CLINICAL, 5)


def test_two_groups_are_compared_as_unpaired_areas(tables: dict[str, pd.DataFrame]) -> None:
    predictions = make_predictions(n_train=200, n_test=200)
    sex = make_patients(predictions).set_index("patient")["sex"]
    rows = predictions.query("model == 'manual' and kind == 'held_out'")
    parts = [rows[rows["patient"].map(sex) == label] for label in ("F", "M")]
    areas = [auc(part["outcome"], part["probability"]) for part in parts]
    found = tables["subgroups"].query(
        "model == 'manual' and kind == 'held_out' and subgroup == 'sex'"
    )
    assert found["auc"].tolist() == [float(area.auc[0]) for area in areas]
    assert found["n"].tolist() == [len(part) for part in parts]
    test = unpaired_test(*areas)
    row = tables["interactions"].set_index(KEYS).loc[("manual", "held_out", "sex")]
    assert (row["difference"], row["areas_p"]) == (test.difference, test.p)
    assert (row["groups"], row["n"]) == ("F, M", 200)


def test_interaction_agrees_with_statsmodels() -> None:
    predictions = make_predictions(n_test=300).query("model == 'manual' and kind == 'held_out'")
    group = np.random.default_rng(3).choice(["a", "b", "c"], len(predictions))
    score, outcome = logit(predictions["probability"]), predictions["outcome"]
    dummies = pd.get_dummies(group, drop_first=True, dtype=float).set_axis(predictions.index)
    reduced = sm.add_constant(pd.concat([score, dummies], axis=1))
    full = pd.concat([reduced, dummies.mul(score, axis=0).add_prefix("x")], axis=1)
    fits = [sm.Logit(outcome, one).fit(disp=0, tol=1e-12).llf for one in (reduced, full)]
    ours = interaction_test(outcome, predictions["probability"], group)
    assert ours.df == 2
    assert ours.statistic == pytest.approx(2 * (fits[1] - fits[0]), rel=1e-8)
    assert ours.p == pytest.approx(chi2.sf(ours.statistic, 2))


def test_a_score_that_works_in_one_group_alone_interacts() -> None:
    rng = np.random.default_rng(1)
    outcome = rng.integers(0, 2, 400)
    group = np.repeat([0, 1], 200)
    p = 1 / (1 + np.exp(-(rng.normal(size=400) + 2 * (group == 1) * (outcome - 0.5))))
    assert interaction_test(outcome, p, group).p < 1e-4
    assert interaction_test(outcome, p, rng.permutation(group)).p > 0.01


def test_equal_areas_of_two_groups_is_the_square_of_z() -> None:
    rng = np.random.default_rng(2)
    areas = []
    for size in (60, 90):
        outcome = rng.integers(0, 2, size)
        areas.append(auc(outcome, rng.normal(outcome, 1)))
    z2 = (areas[0].auc[0] - areas[1].auc[0]) ** 2 / (areas[0].variance[0] + areas[1].variance[0])
    assert equal_areas_test(areas).statistic == pytest.approx(z2)


def test_tables_have_their_columns_and_reasons(tables: dict[str, pd.DataFrame]) -> None:
    assert list(tables["subgroups"].columns) == SUBGROUPS
    assert list(tables["interactions"].columns) == INTERACTIONS
    for table in tables.values():
        lacking = table.drop(columns="note").isna().any(axis=1)
        assert table.loc[lacking, "note"].notna().all()
    ages = tables["subgroups"].query("subgroup == 'age'")["group"].unique()
    assert ages.tolist() == ["< 40", "40 to < 60", ">= 60"]
    notes = tables["interactions"].query("subgroup == 'age'")["note"]
    assert notes.str.contains("more than two groups").all()


def test_holm_counts_the_subgroups_of_one_model_set_and_kind(tables) -> None:
    for _, rows in tables["interactions"].groupby(["model", "set", "kind"]):
        for name in ("areas_p", "interaction_p"):
            np.testing.assert_array_equal(rows[f"{name}_holm"], holm(rows[name].to_numpy()))


def test_a_value_outside_every_group_or_missing_is_counted_and_in_no_group() -> None:
    predictions = make_predictions(n_train=200, n_test=200)
    patients = make_patients(predictions)
    patients.loc[:4, "stage"] = np.nan
    rows = analyse_subgroups(predictions, patients, [STAGE], CLINICAL, 5)["subgroups"]
    counts = rows.query("model == 'manual' and kind == 'apparent'").set_index("group")
    train = patients["patient"].str.startswith("train")
    outside = int((train & ~patients["stage"].isin([1, 2, 3])).sum())
    assert counts.loc["missing", "n"] == outside
    assert counts.loc["missing", "note"] == "in no group: value missing or of no group"
    assert counts["n"].sum() == 200


@pytest.mark.parametrize("n_test", [2, 3, 6, 20])
def test_small_groups_give_a_reason(n_test: int) -> None:
    predictions = make_predictions(n_test=n_test)
    patients = make_patients(predictions)
    tables = analyse_subgroups(predictions, patients, [SEX, AGE], CLINICAL, 6)
    rows = tables["subgroups"].query("set == 'test'")
    assert rows["auc"].isna().all()
    assert rows["note"].str.startswith("fewer than 6 patients").all()
    tests = tables["interactions"].query("set == 'test'")
    assert tests["note"].str.startswith("fewer than two groups").all()
    assert tests[["areas_p", "interaction_p", "areas_p_holm"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p, y: 0 * p + 0.3, "do not vary"),
        (lambda p, y: 0.2 + 0.6 * y, "separates"),
        (lambda p, y: np.where(p > 0.9, 1.0, p), "no logit"),
    ],
)
def test_a_score_that_cannot_be_tested_says_why(change, reason: str) -> None:
    predictions = make_predictions().query("model == 'manual' and kind == 'apparent'")
    p = change(predictions["probability"].to_numpy(), predictions["outcome"].to_numpy())
    group = np.arange(len(p)) % 2
    test = interaction_test(predictions["outcome"], p, group)
    assert np.isnan(test.p)
    assert reason in test.note


def test_centers_are_groups_too() -> None:
    patients = make_patients(make_predictions()).set_index("patient")
    entry = {"name": "center", "variable": "center", "cuts": None, "levels": None}
    assert group_of(patients, entry, CLINICAL).cat.categories.tolist() == ["a", "b"]


def test_a_patient_at_a_cut_belongs_above_it() -> None:
    patients = pd.DataFrame({"age": [39.9, 40.0, 60.0]}, index=["a", "b", "c"])
    assert group_of(patients, AGE, CLINICAL).tolist() == ["< 40", "40 to < 60", ">= 60"]


def test_somebody_unknown_and_wrong_values() -> None:
    predictions = make_predictions()
    patients = make_patients(predictions)
    with pytest.raises(BadInput, match="patient test039: predicted, but not among the patients"):
        analyse_subgroups(predictions, patients.iloc[:-1], [SEX], CLINICAL, 5)
    patients.loc[0, "sex"] = "diverse"
    with pytest.raises(BadInput, match="sex is wrong"):
        analyse_subgroups(predictions, patients, [SEX], CLINICAL, 5)
