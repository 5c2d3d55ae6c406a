"""``radproof stability``: the verdicts of a study, on any table."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.cli import app
from radproof.radiomics.stability import correlations
from radproof.tables import read_table
from typer.testing import CliRunner, Result


def made_up(seed: int = 0) -> pd.DataFrame:
    """Twelve patients, two visits; a column of text, and one visit without a value."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.normal(size=12), 2)
    table = pd.DataFrame(
        {
            "patient": np.repeat([f"P{number:02d}" for number in range(12)], 2),
            "visit": [1, 2] * 12,
            "scanner": "old",
            "original_shape_Volume": truth + rng.normal(scale=0.1, size=24),
            "original_glcm_Contrast": rng.normal(size=24),
            "original_glcm_Flat": 3.0,
        }
    )
    table.loc[3, "original_shape_Volume"] = np.nan
    return table


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "given.csv"
    made_up().to_csv(path, index=False)
    return path


def call(path: Path, *arguments: str) -> Result:
    named = ["--subject", "patient", "--rater", "visit", "-o", str(path.parent / "out.tsv")]
    return CliRunner().invoke(app, ["stability", str(path), *named, *arguments])


def judged(path: Path, *arguments: str) -> tuple[dict[str, Any], pd.DataFrame]:
    result = call(path, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    table = read_table(path.parent / "out.tsv")
    return json.loads(result.stdout), table.set_index("feature")


def test_verdicts_and_counts(given: Path) -> None:
    counts, table = judged(given)
    assert {name: counts[name] for name in counts if name != "summary"} == {
        "n_subjects": 12,
        "n_raters": 2,
        "n_features": 3,
        "n_kept": 1,
        "ignored": ["scanner"],
    }
    assert table["kept"].to_dict() == {
        "original_shape_Volume": True,
        "original_glcm_Contrast": False,
        "original_glcm_Flat": False,
    }
    assert table["n"].tolist() == [11, 12, 12]
    assert "below 0.75" in table.loc["original_glcm_Contrast", "reason"]
    assert table.loc["original_glcm_Flat", "reason"] == "no variance between subjects"
    classes = {row["class"]: (row["n_kept"], row["n_features"]) for row in counts["summary"]}
    assert classes == {"shape": (1, 1), "glcm": (0, 2)}


def test_they_are_those_that_a_study_would_give(given: Path) -> None:
    settings = {"form": "ICC3", "threshold": 0.9, "bound": "lower"}
    _, table = judged(given, "--form", "ICC3", "--threshold", "0.9", "--bound", "lower")
    rows = made_up().drop(columns="scanner").set_index("patient")
    masks = {name: rows[rows["visit"] == int(name)].drop(columns="visit") for name in "12"}
    between = {"visits": {"masks": ["1", "2"], "decides": True}}
    folds = pd.Series("1", index=masks["1"].index)
    ours = correlations(masks, folds, between, settings).set_index("feature")
    for name in ("icc", "ci_low", "ci_high", "f", "p"):
        assert table[name].to_numpy() == pytest.approx(ours[name].to_numpy(), nan_ok=True)
    assert table["kept"].tolist() == ours["passed"].tolist()


def test_what_is_ignored_is_said(given: Path) -> None:
    assert "column scanner holds text and is no feature" in call(given).stderr


def test_chosen_rows_alone_are_judged(given: Path) -> None:
    other = made_up(1).assign(scanner="new")
    pd.concat([made_up(), other]).to_csv(given, index=False)
    assert "rated patient P00 twice" in call(given).stderr
    counts, table = judged(given, "--only", "scanner=old")
    assert counts["ignored"] == []
    made_up().to_csv(given, index=False)
    pd.testing.assert_frame_equal(table, judged(given)[1])


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        (lambda t: t, ["--only", "scanner=newest"], "no row of the table is taken"),
        (lambda t: t[t["visit"] == 1], [], "raters"),
        (lambda t: t.drop(columns="visit"), [], "no column visit"),
        (lambda t: t.iloc[:, :3], [], "no column holds numbers"),
        (lambda t: t.assign(visit=t["visit"].where(t.index > 0)), [], "row 2 names no patient or"),
    ],
)
def test_bad_tables_are_refused(given: Path, change, arguments: list[str], said: str) -> None:
    change(made_up()).to_csv(given, index=False)
    result = call(given, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_an_unknown_form_is_refused(given: Path) -> None:
    assert call(given, "--form", "ICC9").exit_code == 2


def spoilt(name: str, rows: dict[int, str]) -> pd.DataFrame:
    table = made_up().astype({name: str})
    for row, text in rows.items():
        table.loc[row, name] = text
    return table


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({4: "x1"}, "x1 in row 6"),
        ({0: "1,5", 4: "0,25"}, "1,5 in row 2, 0,25 in row 6"),
        ({row: "?" for row in range(12)}, "? in row 2, ? in row 3, ? in row 4, ? in row 5"),
    ],
)
def test_text_among_the_numbers_of_a_feature_is_refused(given: Path, rows, said: str) -> None:
    spoilt("original_glcm_Contrast", rows).to_csv(given, index=False)
    result = call(given)
    assert result.exit_code == 2
    assert "column original_glcm_Contrast holds text among its numbers (found" in result.stderr
    assert said in result.stderr
    assert not (given.parent / "out.tsv").exists()


def test_a_table_with_decimal_commas_is_refused(given: Path) -> None:
    table = made_up().map(lambda cell: str(cell).replace(".", ",") if cell == cell else cell)
    table.to_csv(given, index=False, sep="\t")
    result = call(given)
    assert result.exit_code == 2
    assert result.stderr.count("expected numbers with a decimal point") == 3


def test_a_column_that_is_mostly_text_is_ignored(given: Path) -> None:
    rows = {row: "?" for row in range(13)}
    spoilt("original_glcm_Contrast", rows).to_csv(given, index=False)
    assert judged(given)[0]["ignored"] == ["scanner", "original_glcm_Contrast"]


def test_rows_are_counted_in_the_file_also_where_some_are_chosen(given: Path) -> None:
    table = pd.concat([made_up(1).assign(scanner="new"), spoilt("original_glcm_Flat", {3: "3.O"})])
    table.to_csv(given, index=False)
    assert "3.O in row 29" in call(given, "--only", "scanner=old").stderr
    assert call(given, "--only", "scanner=new").exit_code == 0


@pytest.mark.parametrize(
    ("only", "said"),
    [
        (["sex"], "--only is not given as COLUMN=VALUE (found sex, expected sex=F)"),
        (["scanner="], "--only is not given as COLUMN=VALUE (found scanner="),
        (["scanner=old", "scanner=new"], "--only has one column twice (found scanner)"),
    ],
)
def test_rows_chosen_in_other_words_are_refused(given: Path, only: list[str], said: str) -> None:
    result = call(given, *(part for one in only for part in ("--only", one)))
    assert result.exit_code == 2
    assert said in result.stderr


def test_an_external_set_chosen_in_other_words_is_refused(given: Path) -> None:
    named = ["--outcome", "visit", "-o", str(given.parent / "sheet.tsv")]
    result = CliRunner().invoke(app, ["split", str(given), *named, "--external", "center"])
    assert result.exit_code == 2
    assert "--external is not given as COLUMN=VALUE (found center" in result.stderr


@pytest.mark.parametrize("threshold", ["7", "-1.1", "nan", "inf"])
def test_a_threshold_that_is_no_correlation_is_refused(given: Path, threshold: str) -> None:
    result = call(given, "--threshold", threshold)
    assert result.exit_code == 2
    assert "--threshold is no correlation" in result.stderr
    assert not (given.parent / "out.tsv").exists()


def test_a_threshold_may_be_negative(given: Path) -> None:
    counts, _ = judged(given, "--threshold", "-1")
    assert counts["n_kept"] == 2
