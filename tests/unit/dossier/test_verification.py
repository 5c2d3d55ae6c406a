"""A changed digit in any table of statistics is found, by the results folder alone."""

from pathlib import Path

import pytest
from radproof.dossier.verification import verify_results
from radproof.errors import BadInput
from radproof.provenance import sha256_of
from radproof.tables import read_json, write_json

from tests.unit.dossier.results_folder import change, nudged

TABLES = ["summary", "agreement", "strata", "failures"]


def test_an_honest_folder_passes_and_its_masks_are_counted(results: Path) -> None:
    found = verify_results(results)
    assert (found.n_differences, found.differences, found.notes) == (0, [], [])
    (results / "records" / "score_segmentation" / "unet.json").unlink()
    assert found.checked > verify_results(results).checked + 1000


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("summary", column) for column in ("mean", "sd", "ci_low", "ci_high", "median")),
        *(("agreement", column) for column in ("bias_ml", "lower_limit_ml", "slope_p")),
        ("agreement", "upper_limit_ci_high"),
        *(("strata", column) for column in ("mean", "ci_low")),
        *(("failures", column) for column in ("dice", "volume_reference_ml")),
    ],
)
def test_a_changed_digit_is_found(results: Path, table: str, column: str) -> None:
    path = results / "segmentation" / "unet" / f"{table}.tsv"
    change(path, 1, column, nudged(path, 1, column))
    differences = verify_results(results).differences
    assert len(differences) == 1
    assert differences[0].startswith(f"segmentation/unet/{table}.tsv row 1 {column}: ")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("summary", "n_missing", "3"),
        ("strata", "n", "1"),
        ("failures", "reason", "none"),
    ],
)
def test_a_changed_count_or_word_is_found(results, table, column, value) -> None:
    change(results / "segmentation" / "unet" / f"{table}.tsv", 1, column, value)
    assert len(verify_results(results).differences) == 1


def test_a_failure_that_was_taken_out_is_one_line(results: Path) -> None:
    path = results / "segmentation" / "unet" / "failures.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:1] + lines[2:]) + "\n")
    (line,) = verify_results(results).differences
    assert line.startswith("segmentation/unet/failures.tsv: 0 rows of patient p3")
    assert line.endswith(", not 1")


def test_a_stratum_of_another_name_is_found(results: Path) -> None:
    change(results / "segmentation" / "unet" / "strata.tsv", 1, "stratum", "< 5 ml")
    lacking, added = verify_results(results).differences
    assert (lacking[-5:], added[-5:]) == ("not 1", "not 0")


def test_a_score_of_one_patient_that_was_changed_is_found(results: Path) -> None:
    path = results / "segmentation" / "unet" / "scores.tsv"
    change(path, 1, "volume_candidate_ml", nudged(path, 1, "volume_candidate_ml"))
    found = {line.split(" ")[0] for line in verify_results(results).differences}
    assert {f"segmentation/unet/{name}.tsv" for name in ("summary", "agreement")} <= found


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("discrimination", "auc"),
        ("net_benefit", "ci_low"),
        ("thresholds", "sensitivity"),
        ("comparisons", "p"),
        ("reclassification", "estimate"),
        ("mcnemar", "mid_p"),
        ("ablations", "auc_full"),
        ("subgroups", "ci_high"),
        ("interactions", "interaction_p"),
        ("optimism", "corrected"),
    ],
)
def test_a_changed_digit_of_the_evaluation_is_found(results, table: str, column: str) -> None:
    path = results / "evaluation" / f"{table}.tsv"
    change(path, 1, column, nudged(path, 1, column))
    assert verify_results(results).differences[0].startswith(f"evaluation/{table}.tsv row ")


@pytest.mark.parametrize("table", ["scores", *TABLES])
def test_a_table_that_is_gone_is_bad_input(results: Path, table: str) -> None:
    (results / "segmentation" / "unet" / f"{table}.tsv").unlink()
    with pytest.raises(BadInput, match=f"{table}.tsv"):
        verify_results(results)


@pytest.mark.parametrize(
    ("record", "setting"),
    [
        ("compare_models/all", "risk_categories"),
        ("compare_subgroups/all", "least"),
        ("score_segmentation/unet", "scores"),
        ("describe_cohort/all", "clinical"),
    ],
)
def test_a_record_of_another_version_is_named(results: Path, record: str, setting: str) -> None:
    path = results / "records" / f"{record}.json"
    written = read_json(path)
    del written["settings"][setting]
    write_json(written, path)
    with pytest.raises(BadInput, match=f"{record.split('/')[0]}.*another version.*no {setting}"):
        verify_results(results)


def test_what_is_not_recomputed_is_compared_with_its_record(results: Path) -> None:
    table = results / "figures" / "roc.tsv"
    table.parent.mkdir()
    table.write_text("auc\n0.870\n")
    entry = {"name": "tsv", "path": "figures/roc.tsv", "sha256": sha256_of(table)}
    job = {"rule": "plot_roc", "label": "all", "settings": {}, "ended": "2"}
    write_json({**job, "outputs": [entry]}, results / "records/plot_roc/all.json")
    # An older job that wrote the table before says nothing of it.
    older = {**job, "label": "old", "ended": "1", "outputs": [{**entry, "sha256": "0"}]}
    write_json(older, results / "records/plot_roc/old.json")
    assert verify_results(results).differences == []
    table.write_text("auc\n0.871\n")
    (line,) = verify_results(results).differences
    assert line == "figures/roc.tsv: file is not what plot_roc all recorded"
