"""Stability, outcomes of extraction and grey levels are verified, with features or without."""

import json
from pathlib import Path

import pandas as pd
import pytest
from radproof.cli import app
from radproof.dossier.verification import verify_results
from radproof.errors import BadInput
from radproof.tables import read_table, write_features
from typer.testing import CliRunner

from tests.unit.dossier.results_folder import RADIOMICS, change, nudged


def without_features(results: Path) -> None:
    for path in results.rglob("*.parquet"):
        path.unlink()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("icc", column) for column in ("icc", "ci_low", "ci_high", "f", "df1", "n", "p")),
        *(("stability", column) for column in ("icc", "ci_low")),
        *(("stability-summary", column) for column in ("icc_median", "icc_low", "icc_high")),
        *(("perturbations", column) for column in ("dice_median", "dice_least")),
    ],
)
def test_a_changed_digit_of_stability_is_found(results: Path, table: str, column: str) -> None:
    path = results / RADIOMICS / f"{table}-whole.tsv"
    change(path, 1, column, nudged(path, 1, column))
    differences = verify_results(results).differences
    assert len(differences) == 1
    assert differences[0].startswith(f"{RADIOMICS}/{table}-whole.tsv row 1 {column}: ")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("icc", "passed", "False"),
        ("icc", "between", "machines"),
        ("stability", "kept", "False"),
        ("stability", "reason", "it was not liked"),
        ("stability-summary", "n_passed", "9"),
    ],
)
@pytest.mark.parametrize("with_features", [True, False])
def test_a_changed_verdict_is_found(results, table, column, value, with_features) -> None:
    if not with_features:
        without_features(results)
    change(results / RADIOMICS / f"{table}-whole.tsv", 1, column, value)
    assert verify_results(results).differences != []


def test_without_features_what_follows_from_correlations_is_checked(results: Path) -> None:
    without_features(results)
    assert verify_results(results).differences == []
    path = results / RADIOMICS / "icc-whole.tsv"
    rows = read_table(path)["between"].tolist()
    change(path, 1 + rows.index("raters"), "icc", "0.1")
    found = verify_results(results).differences
    assert any("stability-whole.tsv row 1 icc: " in line for line in found)


def test_correlations_that_were_not_recomputed_are_not_counted_and_said(results: Path) -> None:
    before = verify_results(results)
    without_features(results)
    found = verify_results(results)
    table = read_table(results / RADIOMICS / "icc-whole.tsv")
    assert before.checked - found.checked == table.size - len(table)
    (note,) = found.notes
    assert note.startswith("correlations of features were not recomputed: files that they are made")
    assert "rater1.whole.parquet" in note


def test_the_command_says_what_was_not_recomputed(results: Path) -> None:
    without_features(results)
    printed = CliRunner().invoke(app, ["verify", str(results)])
    assert printed.exit_code == 0
    assert "note: correlations of features were not recomputed" in printed.stdout
    (results / RADIOMICS / "icc-whole.tsv").write_bytes(
        (results / RADIOMICS / "icc-whole.tsv").read_bytes() + b"\n"
    )
    told = CliRunner().invoke(app, ["verify", str(results), "--json"])
    found = json.loads(told.stdout)
    assert told.exit_code == 1
    assert (found["n_differences"], len(found["differences"]), len(found["notes"])) == (1, 1, 1)


@pytest.mark.parametrize("column", ["ci_high", "f", "df1", "p"])
def test_without_features_a_changed_digit_of_what_nothing_follows_from_is_found(
    results: Path, column: str
) -> None:
    without_features(results)
    path = results / RADIOMICS / "icc-whole.tsv"
    change(path, 1, column, nudged(path, 1, column))
    expected = f"{RADIOMICS}/icc-whole.tsv: file is not what assess_stability pyradiomics.whole"
    assert verify_results(results).differences == [f"{expected} recorded"]


@pytest.mark.parametrize("with_features", [True, False])
def test_text_among_correlations_is_a_difference(results: Path, with_features: bool) -> None:
    if not with_features:
        without_features(results)
    change(results / RADIOMICS / "icc-whole.tsv", 2, "icc", "0.9x")
    found = verify_results(results).differences
    assert f"{RADIOMICS}/icc-whole.tsv row 2 icc: 0.9x is no number" in found


def test_correlations_without_a_column_are_refused(results: Path) -> None:
    without_features(results)
    path = results / RADIOMICS / "icc-whole.tsv"
    path.write_text(path.read_text().replace("ci_low", "low", 1))
    with pytest.raises(BadInput, match=r"icc-whole.tsv: columns are others .*low"):
        verify_results(results)


@pytest.mark.parametrize("with_features", [True, False])
def test_a_correlation_that_was_taken_out_is_one_line(results: Path, with_features: bool) -> None:
    if not with_features:
        without_features(results)
    path = results / RADIOMICS / "icc-whole.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:1] + lines[2:]) + "\n")
    found = verify_results(results).differences
    lacking = [line for line in found if "-whole.tsv: 0 rows of feature" in line]
    assert lacking == [line for line in found if "icc-whole.tsv" in line and "not what" not in line]
    assert len(lacking) == 1
    assert len(found) < 12


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("outcomes", "n_patients", "7"),
        ("outcomes", "n_missing_most", "5"),
        ("outcomes", "outcome", "fine"),
        ("unmeasured", "patient", "p09"),
        ("unmeasured", "n_missing", "1"),
        ("grey-levels", "n_outside", "0"),
        ("grey-levels", "levels_median", "41.0"),
        ("grey-levels", "bin_width_for_64", "0.300001"),
    ],
)
@pytest.mark.parametrize("with_batches", [True, False])
def test_counts_of_extraction_are_verified(results, table, column, value, with_batches) -> None:
    name = f"{RADIOMICS}/{table}-whole.tsv"
    if not with_batches:
        (results / RADIOMICS / "train001" / "outcomes.whole.tsv").unlink()
        (results / RADIOMICS / "train002" / "rater-levels.whole.tsv").unlink()
    honest = verify_results(results)
    assert (honest.differences, len(honest.notes)) == ([], 0 if with_batches else 3)
    change(results / name, 1, column, value)
    found = verify_results(results).differences
    assert found
    assert all(line.startswith(name) for line in found)


def test_an_outcome_of_a_batch_that_was_changed_is_found(results: Path) -> None:
    change(results / RADIOMICS / "train001" / "outcomes.whole.tsv", 1, "n_missing", "5")
    found = {line.split(" ")[0] for line in verify_results(results).differences}
    assert found == {f"{RADIOMICS}/{name}-whole.tsv" for name in ("outcomes", "unmeasured")}


@pytest.mark.parametrize(
    ("table", "column"),
    [("train001/outcomes", "n_missing"), ("train002/rater-levels", "levels")],
)
def test_text_among_the_numbers_of_a_batch_is_refused(results, table, column) -> None:
    change(results / RADIOMICS / f"{table}.whole.tsv", 1, column, "many")
    with pytest.raises(BadInput, match=rf"column {column} holds text \(found many in row 1\)"):
        verify_results(results)


def test_a_feature_of_one_patient_that_was_changed_is_found(results: Path) -> None:
    path = results / RADIOMICS / "train001" / "rater2.whole.parquet"
    table = pd.read_parquet(path).set_index("patient")
    table.iloc[3, 0] += 0.01
    write_features(table, path)
    found = {line.split(" ")[0] for line in verify_results(results).differences}
    assert {f"{RADIOMICS}/{name}-whole.tsv" for name in ("icc", "stability")} <= found
