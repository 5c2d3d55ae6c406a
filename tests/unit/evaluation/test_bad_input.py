"""Bad input to evaluation and its commands: a defined number, a note, or a message; no bare NaN."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.cohort.describe import describe
from radproof.cohort.table1 import table_1
from radproof.errors import BadInput
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.evaluate import evaluate
from radproof.evaluation.subgroups import analyse_subgroups

from tests.contracts.stats_calls import call, refusal, stats
from tests.unit.evaluation.cohort import make_predictions
from tests.unit.evaluation.test_every_table import CLINICAL, SETTINGS, SUBGROUPS


def patients_of(predictions: pd.DataFrame) -> pd.DataFrame:
    table = predictions.drop_duplicates("patient")[["patient", "set", "outcome"]]
    rows = np.arange(len(table))
    return table.reset_index(drop=True).assign(
        center="a", age=20.0 + rows, sex=np.array(["F", "M"])[rows % 2]
    )


def changed(column: str, value: Any) -> pd.DataFrame:
    """Predictions with another value in the row of train003 under the first model."""
    predictions = make_predictions().astype({column: object})
    predictions.loc[3, column] = value
    return predictions


@pytest.mark.parametrize(
    ("predictions", "said"),
    [
        (changed("outcome", "1"), "train003: model clinical: outcome is not 0 or 1"),
        (changed("outcome", 0.5), "train003: model clinical: outcome is not 0 or 1"),
        (changed("outcome", np.nan), "train003: model clinical: outcome is not 0 or 1"),
        (changed("probability", "high"), "train003: model clinical: not a probability"),
        (changed("set", None), "train003: model clinical: no set"),
        (changed("model", None), "train003: model nan: no model|train003: model None: no model"),
        (changed("patient", None), "model clinical: no patient"),
    ],
    ids=["text", "half", "missing", "word", "no set", "no model", "no patient"],
)
def test_no_row_of_predictions_is_dropped_or_misread(predictions, said: str) -> None:
    patients = patients_of(make_predictions())
    for tabulate in (
        evaluate,
        lambda table: comparison_tables(table, SETTINGS),
        lambda table: analyse_subgroups(table, patients, SUBGROUPS, CLINICAL, 5),
    ):
        with pytest.raises(BadInput, match=said):
            tabulate(predictions)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("age", np.inf, "test000: age is wrong .found inf, expected a finite number"),
        ("age", "old", "test000: age is wrong .found old"),
        ("sex", "diverse", "test000: sex is wrong"),
        ("patient", "test001", "test001: patient stands twice"),
    ],
)
def test_patients_with_wrong_values_are_named(column: str, value: Any, said: str) -> None:
    predictions = make_predictions()
    patients = patients_of(predictions).astype({column: object})
    patients.loc[patients["patient"] == "test000", column] = value
    for tabulate in (
        lambda: analyse_subgroups(predictions, patients, SUBGROUPS, CLINICAL, 5),
        lambda: table_1(patients, CLINICAL),
        lambda: describe(patients, CLINICAL),
    ):
        with pytest.raises(BadInput, match=said):
            tabulate()


@pytest.mark.parametrize("value", [np.nan, 2, "1"])
def test_table_1_counts_nobody_in_no_group(value: Any) -> None:
    patients = patients_of(make_predictions()).astype({"outcome": object})
    patients.loc[patients["patient"] == "test000", "outcome"] = value
    with pytest.raises(BadInput, match="test000: outcome is not 0 or 1"):
        table_1(patients, CLINICAL)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.iloc[[0, 1, -1]],
        lambda p: p.iloc[[0]],
        lambda p: p.assign(outcome=1),
        lambda p: p.assign(age=50.0, sex="F"),
        lambda p: p.assign(age=np.nan, sex=None),
        lambda p: p.assign(age=p["outcome"]),
        lambda p: p.assign(age=p["age"].round(-1)),
    ],
    ids=["n of 3", "n of 1", "one class", "constant", "missing", "separated", "ties"],
)
def test_no_p_of_table_1_is_missing_without_a_note(change) -> None:
    table = table_1(change(patients_of(make_predictions())), CLINICAL)
    assert table.loc[table["p"].isna(), "note"].notna().all()


@pytest.mark.parametrize("margin", [0, -0.1, np.nan, np.inf])
def test_a_margin_that_says_nothing_is_refused(margin: float) -> None:
    pair = SETTINGS["comparisons"][0] | {"margin": margin}
    with pytest.raises(BadInput, match="margin of automated against manual"):
        comparison_tables(make_predictions(), SETTINGS | {"comparisons": [pair]})


ROWS = [
    {"y": int(row < 12), "p": round((7 * row % 31) / 32 + 0.01, 3), "q": (5 * row % 29 + 1) / 32}
    | {"a": row % 2, "b": int(row % 3 == 0), "g": "fm"[row % 2], "r": row % 2, "s": row // 2}
    for row in range(30)
]
COMMANDS = {
    "auc": ("auc", "--score", "p", "--score", "q", "--margin", "0.05"),
    "auc of groups": ("auc", "--score", "p", "--group", "g"),
    "calibration": ("calibration", "--probability", "p"),
    "netbenefit": ("netbenefit", "--probability", "p", "--thresholds", "0.1:0.9:0.4"),
    "reclassification": ("reclassification", "--old", "p", "--new", "q", "--cut", "0.5"),
    "mcnemar": ("mcnemar", "--prediction", "a", "--prediction", "b"),
    "logistic": ("logistic", "--predictor", "p", "--predictor", "q"),
    "firth": ("logistic", "--predictor", "p", "--categorical", "g", "--firth"),
    "nomogram": ("nomogram", "--predictor", "p", "--predictor", "q"),
    "icc": ("icc", "--subject", "s", "--rater", "r", "--value", "p"),
}
ODD: dict[str, Any] = {
    "one class": lambda t: t.assign(y=1),
    "one event": lambda t: t.assign(y=(t.index == 0).astype(int)),
    "n of 3": lambda t: t.iloc[[0, 1, 29]],
    "n of 2": lambda t: t.iloc[[0, 29]],
    "n of 1": lambda t: t.iloc[[0]],
    "constant": lambda t: t.assign(p=0.4, q=0.4),
    "duplicates": lambda t: t.assign(q=t["p"]),
    "separated": lambda t: t.assign(p=0.2 + 0.6 * t["y"]),
    "reversed": lambda t: t.assign(p=0.8 - 0.6 * t["y"] + t.index / 1000),
    "certain": lambda t: t.assign(p=t["y"]),
    "certain and wrong": lambda t: t.assign(p=1 - t["y"]),
    "ties with 0 and 1": lambda t: t.assign(p=t["p"].round(1), q=t["q"].round()),
    "minute": lambda t: t.assign(p=t["p"] * 1e-300),
    "small unit": lambda t: t.assign(p=t["p"] * 1e-6),
    "huge": lambda t: t.assign(p=t["p"] * 1e300),
    "outside 0 to 1": lambda t: t.assign(p=t["p"] * 3 - 1),
    "one group": lambda t: t.assign(g="f"),
    "group of a class": lambda t: t.assign(g=t["y"].map({0: "f", 1: "m"})),
    "alike": lambda t: t.assign(b=t["a"]),
}
WRONG = {
    "infinite": ("p", "inf"),
    "text": ("p", "abc"),
    "decimal comma": ("p", "0,3"),
    "missing": ("p", None),
    "class 2": ("y", "2"),
    "no class": ("y", None),
}


def write(table: pd.DataFrame, folder: Path) -> Path:
    path = folder / "table.csv"
    table.to_csv(path, index=False)
    return path


def bare(value: Any, noted: bool = False) -> list[str]:
    """Return the places of numbers that are not finite, and have no note beside or above them."""
    if isinstance(value, list):
        return [place for one in value for place in bare(one, noted)]
    if not isinstance(value, dict):
        return []
    reasons = (value.get(name) for name in ("note", "notes", "warnings", "degenerate"))
    noted = noted or any(reasons)
    return [
        place
        for key, one in value.items()
        for place in ([key] if not noted and one in ("NaN", "Inf", "-Inf") else bare(one, noted))
    ]


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_gives_numbers_or_reasons(command: str, odd: str, tmp_path: Path) -> None:
    name, *rest = COMMANDS[command]
    outcome = () if name == "icc" else ("--outcome", "y")
    path = write(ODD[odd](pd.DataFrame(ROWS)), tmp_path)
    result = call(name, path, *outcome, *rest, "--json")
    assert result.exit_code in (0, 2), result.exception
    if result.exit_code == 2:
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == len(set(result.stderr.splitlines())) > 0
    else:
        assert bare(json.loads(result.stdout)) == []


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_the_row_that_is_wrong(command: str, wrong: str, tmp_path: Path) -> None:
    name, *rest = COMMANDS[command]
    column, value = WRONG[wrong]
    if (name == "mcnemar" and column == "p") or (name == "icc" and column == "y"):
        pytest.skip("the command does not read the column")
    table = pd.DataFrame(ROWS).astype({column: object})
    table.loc[3, column] = value
    outcome = () if name == "icc" else ("--outcome", "y")
    (line,) = refusal(name, write(table, tmp_path), *outcome, *rest).splitlines()
    assert f"column {column} (found {value or 'nothing'} in row 5" in line
    if value is None:
        # A rater who gave no value leaves a subject out, a patient without one is left out.
        counts = stats(name, write(table, tmp_path), *outcome, *rest, "--drop-missing")
        assert (counts["n"], counts["n_dropped"]) == (29, 1)


@pytest.mark.parametrize("c_index", [0.5, 1.0, np.nan, 0.5 + 1e-12, 1 - 1e-12])
def test_a_sample_size_is_finite_or_refused(c_index: float) -> None:
    arguments = ("samplesize", "--prevalence", 0.3, "--parameters", 5, "--c-index", c_index)
    result = call(*arguments, "--json")
    assert result.exit_code in (0, 2), result.exception
    if result.exit_code == 0:
        assert bare(json.loads(result.stdout)) == []
