"""The tables of evaluation: complete, never mixed, and with a reason wherever a number lacks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.evaluation.calibration import calibration
from radproof.evaluation.delong import auc
from radproof.evaluation.evaluate import evaluate
from radproof.tables import read_table, write_table

from tests.unit.evaluation.cohort import STRENGTH, make_predictions

TABLES = {
    "discrimination",
    "roc",
    "calibration",
    "calibration_curve",
    "net_benefit",
    "classification",
    "thresholds",
}


def assert_reasons(table: pd.DataFrame) -> None:
    lacking = table.drop(columns="note").isna().any(axis=1)
    assert table.loc[lacking, "note"].notna().all()


def test_every_model_set_and_kind_has_its_rows() -> None:
    tables = evaluate(make_predictions())
    assert set(tables) == TABLES
    groups = {("train", "apparent"), ("train", "out_of_fold"), ("test", "held_out")}
    wanted = {(model, *group) for model in STRENGTH for group in groups}
    for name, table in tables.items():
        found = set(table[["model", "set", "kind"]].itertuples(index=False, name=None))
        extra = {(model, *group) for model in ("all", "none") for group in groups}
        assert found == (wanted | extra if name == "net_benefit" else wanted), name


def test_kinds_are_not_mixed() -> None:
    predictions = make_predictions()
    tables = evaluate(predictions)
    area = tables["discrimination"].set_index(["model", "kind"])["auc"]
    alone = predictions.query("model == 'manual' and kind == 'out_of_fold'")
    assert area["manual", "out_of_fold"] == auc(alone["outcome"], alone["probability"]).auc[0]
    assert area["manual", "apparent"] > area["manual", "out_of_fold"]
    rows = evaluate(alone)["calibration"]
    numbers = tables["calibration"].query("model == 'manual' and kind == 'out_of_fold'")
    assert rows["slope"].tolist() == numbers["slope"].tolist()
    assert rows.loc[0, "slope"] == calibration(alone["outcome"], alone["probability"])["slope"]


def test_the_threshold_comes_from_out_of_fold_predictions_alone() -> None:
    predictions = make_predictions()
    table = evaluate(predictions)["classification"]
    assert (table.groupby("model")["threshold"].nunique() == 1).all()
    changed = predictions.copy()
    others = changed["kind"] != "out_of_fold"
    changed.loc[others, "probability"] = 1 - changed.loc[others, "probability"]
    again = evaluate(changed)["classification"]
    pd.testing.assert_series_equal(again["threshold"], table["threshold"])


def test_order_of_rows_does_not_matter() -> None:
    predictions = make_predictions()
    shuffled = predictions.sample(frac=1, random_state=3)
    for name, table in evaluate(predictions).items():
        keys = [column for column in ("model", "set", "kind", "curve", "metric") if column in table]
        again = evaluate(shuffled)[name].sort_values(keys, kind="stable", ignore_index=True)
        table = table.sort_values(keys, kind="stable", ignore_index=True)
        pd.testing.assert_frame_equal(again, table, check_exact=False, rtol=1e-9)


def test_tables_round_trip(tmp_path: Path) -> None:
    for name, table in evaluate(make_predictions()).items():
        write_table(table, tmp_path / "table.tsv")
        again = read_table(tmp_path / "table.tsv")
        assert list(again.columns) == list(table.columns), name
        numbers = table.select_dtypes("number").columns
        np.testing.assert_array_equal(
            again[numbers].to_numpy(float), table[numbers].to_numpy(float)
        )
        assert again["note"].isna().tolist() == table["note"].isna().tolist()


@pytest.mark.parametrize("events", [(40, 0), (40, 40), (40, 1), (0, 20), (80, 20)])
def test_one_class_or_one_event_gives_rows_with_reasons(events: tuple[int, int]) -> None:
    tables = evaluate(make_predictions(events=events))
    for name in TABLES:
        assert_reasons(tables[name])


@pytest.mark.parametrize("n_test", [2, 3, 4, 6])
def test_a_handful_of_patients(n_test: int) -> None:
    tables = evaluate(make_predictions(n_test=n_test))
    for name in TABLES:
        assert_reasons(tables[name])


def test_equal_probabilities() -> None:
    predictions = make_predictions()
    predictions.loc[predictions["model"] == "clinical", "probability"] = 0.45
    tables = evaluate(predictions)
    for name in TABLES:
        assert_reasons(tables[name])
    row = tables["discrimination"].query("model == 'clinical' and kind == 'held_out'").iloc[0]
    assert row["auc"] == 0.5
    half = np.sqrt(np.log(40) / 40)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.5 - half, 0.5 + half))
    assert row["ci_method"] == "Hoeffding"
    assert "every probability is equal" in row["note"]


def test_one_case_says_nothing_for_sure() -> None:
    rows = evaluate(make_predictions(events=(40, 1)))["discrimination"].query("set == 'test'")
    assert (rows["ci_low"] == 0).all()
    assert (rows["ci_high"] == 1).all()
    assert (rows["ci_method"] == "Hoeffding").all()
    assert rows["note"].str.startswith("one case or one control").all()


def test_the_method_of_an_interval_is_said() -> None:
    rows = evaluate(make_predictions())["discrimination"]
    assert (rows["ci_method"] == "DeLong").all()
    assert rows["note"].isna().all()


@pytest.mark.parametrize(("reverse", "area"), [(False, 1.0), (True, 0.0)])
def test_perfect_models_get_an_interval_with_width(reverse: bool, area: float) -> None:
    predictions = make_predictions()
    test = predictions["set"] == "test"
    outcome = predictions.loc[test, "outcome"]
    predictions.loc[test, "probability"] = 0.2 + 0.6 * (1 - outcome if reverse else outcome)
    rows = evaluate(predictions)["discrimination"].query("set == 'test'")
    limit = 0.025 ** (1 / 20)
    assert (rows["auc"] == area).all()
    assert (rows["ci_high"] - rows["ci_low"]).tolist() == pytest.approx([1 - limit] * len(rows))
    assert rows["note"].str.contains("exact limit of 20 pairs").all()
    assert (rows["ci_method"] == "Clopper-Pearson").all()


def test_without_out_of_fold_predictions_there_is_no_threshold() -> None:
    predictions = make_predictions().query("set == 'test'")
    table = evaluate(predictions)["classification"]
    assert table["value"].isna().all()
    assert table["note"].str.startswith("no threshold").all()


def test_every_problem_of_a_table_is_named() -> None:
    predictions = make_predictions()
    predictions.loc[0, "probability"] = 1.5
    predictions.loc[1, "probability"] = np.nan
    predictions.loc[2, "kind"] = "guessed"
    predictions = pd.concat([predictions, predictions.iloc[[5]]])
    with pytest.raises(BadInput) as caught:
        evaluate(predictions)
    text = str(caught.value)
    assert "train000: model clinical: not a probability (found 1.5" in text
    assert "train001: model clinical: not a probability (found nan" in text
    assert "train002: model clinical: unknown kind (found guessed" in text
    assert "train005: model clinical: predicted twice" in text


def test_models_must_judge_the_same_patients_and_outcomes() -> None:
    predictions = make_predictions()
    with pytest.raises(BadInput, match="do not judge the same patients"):
        evaluate(predictions.drop(index=predictions.index[-1]))
    predictions.loc[predictions.index[-1], "outcome"] = 1
    with pytest.raises(BadInput, match="do not judge the same patients"):
        evaluate(predictions)


def test_missing_columns_and_reserved_names() -> None:
    predictions = make_predictions()
    with pytest.raises(BadInput, match="probability"):
        evaluate(predictions.drop(columns="probability"))
    with pytest.raises(BadInput, match="reserved"):
        evaluate(predictions.replace({"model": {"clinical": "all"}}))
    with pytest.raises(BadInput, match="no predictions"):
        evaluate(predictions.iloc[:0])
