"""Comparisons of models: difference, equivalence, Holm, verdict; and models against the oracle."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.evaluation.compare import COLUMNS, compare
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.delong import auc, paired_test
from radproof.evaluation.holm import holm
from radproof.evaluation.oracle import against_oracle

from tests.unit.evaluation.cohort import make_predictions

PLAN = [
    {"first": "automated", "second": "manual", "margin": 0.05},
    {"first": "automated", "second": "clinical", "margin": 0.05},
]


def test_each_set_and_kind_is_compared_on_its_own() -> None:
    predictions = make_predictions()
    table = compare(predictions, PLAN)
    assert list(table.columns) == COLUMNS
    assert len(table) == 6
    row = table.query("kind == 'held_out' and second == 'manual'").iloc[0]
    wide = predictions.query("set == 'test'").pivot(
        index=["patient", "outcome"], columns="model", values="probability"
    )
    outcome = wide.index.get_level_values("outcome")
    test = paired_test(auc(outcome, wide[["automated", "manual"]].to_numpy().T))
    assert row["difference"] == test.difference
    assert (row["z"], row["p"]) == pytest.approx((test.statistic, test.p), rel=1e-12)
    assert row["auc_first"] - row["auc_second"] == pytest.approx(row["difference"])
    assert (row["n"], row["n_events"]) == (40, 20)


def test_verdicts() -> None:
    predictions = make_predictions(n_train=2000, n_test=400)
    table = compare(predictions, PLAN).set_index(["kind", "second"])
    assert table.loc[("out_of_fold", "manual"), "verdict"] in (
        "equivalent within 0.05",
        "different, yet equivalent within 0.05",
    )
    assert table.loc[("out_of_fold", "clinical"), "verdict"] == "different"
    small = compare(make_predictions(n_test=12), PLAN).query("kind == 'held_out'")
    assert (small.query("second == 'manual'")["verdict"] == "inconclusive").all()


def test_no_claim_of_equivalence_from_a_large_p() -> None:
    table = compare(make_predictions(n_test=12), PLAN).query("kind == 'held_out'")
    row = table.query("second == 'manual'").iloc[0]
    assert row["p"] > 0.05
    assert not row["equivalent"]
    assert row["smallest_margin"] > 0.05


def test_identical_models_are_equivalent_and_said_to_be_alike() -> None:
    predictions = make_predictions()
    copied = predictions["model"] == "manual"
    automated = predictions.loc[predictions["model"] == "automated", "probability"]
    predictions.loc[copied, "probability"] = automated.to_numpy()
    table = compare(predictions, PLAN[:1])
    assert (table["p"] == 1).all()
    assert (table["difference"] == 0).all()
    assert table["equivalent"].all()
    assert table["note"].str.contains("no variance").all()


@pytest.mark.parametrize(("events", "reason"), [(0, "one class"), (1, "one case")])
def test_what_cannot_be_tested_says_why(events: int, reason: str) -> None:
    table = compare(make_predictions(events=(40, events)), PLAN)
    lacking = table.drop(columns="note").isna().any(axis=1)
    assert (table["set"] == "test").tolist() == lacking.tolist()
    assert table.loc[lacking, "note"].str.startswith(reason).all()
    assert (table.loc[lacking, "verdict"] == "not testable").all()
    assert not table.loc[lacking, "equivalent"].any()


def test_holm_as_r() -> None:
    # p.adjust(c(0.04, 0.01, 0.02, 0.9), "holm")
    wanted = [0.08, 0.04, 0.06, 0.9]
    np.testing.assert_allclose(holm(np.array([0.04, 0.01, 0.02, 0.9])), wanted)
    with_missing = holm(np.array([0.04, np.nan, 0.01, 0.02, 0.9]))
    np.testing.assert_allclose(with_missing, [0.08, np.nan, 0.04, 0.06, 0.9])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_order_and_never_lowers(p: list[float]) -> None:
    adjusted = holm(np.array(p))
    assert (adjusted >= p).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_holm_counts_the_comparisons_of_one_set_and_kind() -> None:
    table = compare(make_predictions(), PLAN)
    for _, rows in table.groupby(["set", "kind"]):
        np.testing.assert_array_equal(rows["p_holm"], holm(rows["p"].to_numpy()))


def test_no_comparisons_is_an_empty_table() -> None:
    table = compare(make_predictions(), [])
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_unknown_models_and_margins() -> None:
    pairs = [
        {"first": "automated", "second": "radiologist", "margin": 0.05},
        {"first": "automated", "second": "manual", "margin": 0},
    ]
    with pytest.raises(BadInput) as caught:
        compare(make_predictions(), pairs)
    assert "found radiologist, expected one of automated, clinical, manual" in str(caught.value)
    assert "margin of automated against manual (found 0" in str(caught.value)


def make_truth(predictions: pd.DataFrame) -> pd.DataFrame:
    patients = predictions.drop_duplicates("patient")
    rng = np.random.default_rng(5)
    risk = np.clip(
        0.5 + 0.2 * (patients["outcome"] - 0.5) + rng.normal(0, 0.15, len(patients)), 0, 1
    )
    return pd.DataFrame({"patient": patients["patient"], "true_risk": risk})


def test_the_oracle_is_judged_on_the_same_patients() -> None:
    predictions = make_predictions()
    truth = make_truth(predictions)
    table = against_oracle(predictions, truth)
    outcome = predictions.query("set == 'test'").drop_duplicates("patient")
    risk = outcome.merge(truth, on="patient")["true_risk"]
    oracle = auc(outcome["outcome"], risk).auc[0]
    rows = table.query("set == 'test'")
    assert (rows["oracle_auc"] == oracle).all()
    inside = (rows["ci_low"] <= oracle) & (oracle <= rows["ci_high"])
    assert rows["inside"].tolist() == inside.tolist()
    assert len(table) == 9


def test_a_patient_without_true_risk() -> None:
    predictions = make_predictions()
    with pytest.raises(BadInput, match="patient test000: no true risk"):
        against_oracle(predictions, make_truth(predictions).query("patient != 'test000'"))


def test_the_oracle_of_one_class() -> None:
    predictions = make_predictions(events=(40, 0))
    rows = against_oracle(predictions, make_truth(predictions)).query("set == 'test'")
    assert not rows["inside"].any()
    assert rows["note"].str.startswith("one class").all()


def test_nested_models_are_not_tested_on_the_patients_they_were_fitted_on() -> None:
    predictors = {"clinical": {"clinical": ["age"]}, "manual": {"clinical": ["age", "sex"]}}
    entry = {"first": "manual", "second": "clinical", "margin": 0.05}
    settings = {"comparisons": [entry], "risk_categories": [0.5], "predictors": predictors}
    tables = comparison_tables(make_predictions(), settings)
    for name in ("comparisons", "reclassification", "ablations"):
        rows = tables[name]
        apparent = rows["kind"] == "apparent"
        assert rows.loc[apparent, "p"].isna().all()
        assert rows.loc[apparent, "note"].str.contains("nested models").all()
        assert rows.loc[~apparent, "p"].notna().all()
    (own,) = tables["comparisons"].query("kind == 'apparent'").to_dict("records")
    assert own["verdict"] == "not testable"
    assert own["difference"] == own["auc_first"] - own["auc_second"]
    assert all(np.isnan(own[name]) for name in ("equivalent", "ci_low", "smallest_margin"))
    others = settings | {"predictors": {name: {} for name in predictors}}
    assert comparison_tables(make_predictions(), others)["comparisons"]["p"].notna().all()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0.2, 0.1, 0.9, 0.8]),
        ([0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1]),
        ([0.1, 0.2, 0.8, 0.9], [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_four_patients_without_variance_are_no_certainty(first, second) -> None:
    predictions = pd.concat(
        pd.DataFrame(
            {
                "patient": [f"p{number}" for number in range(4)],
                "set": "test",
                "outcome": [0, 0, 1, 1],
                "model": model,
                "kind": "held_out",
                "probability": probability,
            }
        )
        for model, probability in (("a", first), ("b", second))
    )
    (row,) = compare(predictions, [{"first": "a", "second": "b", "margin": 0.6}]).to_dict("records")
    assert row["verdict"] == "not testable"
    assert "does not vary" in row["note"]
    assert all(np.isnan(row[name]) for name in ("p", "p_holm", "ci_low", "p_equivalence"))
