"""A changed digit in any table of statistics is found, by the results folder alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.dossier.verification import verify_results
from radproof.errors import BadInput
from radproof.evaluation.compare import compare
from radproof.evaluation.evaluate import evaluate
from radproof.seeds import derive_seed
from radproof.segmentation.score_statistics import score_statistics
from radproof.tables import write_json, write_table

from tests.unit.segmentation.score_rows import rows

SCORES = {"strata_ml": [4.0, 10.0], "failure_dice": 0.5}
TABLES = ["summary", "agreement", "strata", "failures"]


def made_up_scores() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    parts = []
    for name in ("train", "test"):
        for reference, candidate in (("rater1", "unet"), ("rater1", "rater2")):
            volume = rng.lognormal(1.7, 0.6, 12)
            drawn = rows(rng.uniform(0.4, 1, 12).tolist(), volume, volume * rng.uniform(0.8, 1, 12))
            drawn["hd95_mm"] = rng.gamma(3, 1.0, 12)
            parts.append(drawn.assign(set=name, reference=reference, candidate=candidate))
    scores = pd.concat(parts, ignore_index=True)
    missed = {"dice": 0.0, "hd95_mm": np.nan, "volume_candidate_ml": 0.0, "empty": "candidate"}
    scores.loc[3, list(missed)] = list(missed.values())
    return scores


def made_up_predictions() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    outcome = np.repeat([0, 1], 15)
    return pd.DataFrame(
        {
            "patient": [f"p{number}" for number in range(30)],
            "set": "test",
            "outcome": outcome,
            "model": "clinical",
            "kind": "held_out",
            "fold": None,
            "score": rng.normal(outcome, 1),
        }
    ).assign(probability=lambda table: 1 / (1 + np.exp(-table["score"])))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    predictions = made_up_predictions()
    write_table(predictions, tmp_path / "models" / "clinical" / "predictions.tsv")
    tables = evaluate(predictions) | {"comparisons": compare(predictions, [])}
    for name, table in tables.items():
        write_table(table, tmp_path / "evaluation" / f"{name}.tsv")
    folder, scores = tmp_path / "segmentation" / "unet", made_up_scores()
    write_table(scores, folder / "scores.tsv")
    seed = derive_seed(7, "score_segmentation", "unet")
    for name, table in score_statistics(scores, "unet", SCORES, seed).items():
        write_table(table, folder / f"{name}.tsv")
    for rule, label, settings in (
        ("compare_models", "all", {"models": ["clinical"], "comparisons": []}),
        ("score_segmentation", "unet", {"segmenter": "unet", "scores": SCORES}),
    ):
        record = {"rule": rule, "label": label, "settings": settings | {"seed": 7}}
        write_json(record, tmp_path / "records" / rule / f"{label}.json")
    return tmp_path


def change(path: Path, row: int, column: str, value: str) -> None:
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    place = lines[0].index(column)
    assert lines[row][place] != value
    lines[row][place] = value
    path.write_text("\n".join(map("\t".join, lines)) + "\n")


def nudged(path: Path, row: int, column: str) -> str:
    """Return a cell whose sixth decimal is another."""
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return str(float(lines[row][lines[0].index(column)]) + 1e-6)


def test_an_honest_folder_passes_and_its_masks_are_counted(results: Path) -> None:
    checked, differences = verify_results(results)
    assert differences == []
    (results / "records" / "score_segmentation" / "unet.json").unlink()
    assert checked > verify_results(results)[0] + 1000


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
    differences = verify_results(results)[1]
    assert len(differences) == 1
    assert differences[0].startswith(f"segmentation/unet/{table}.tsv row 1 {column}: ")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("summary", "n_missing", "3"),
        ("strata", "stratum", "< 5 ml"),
        ("strata", "n", "1"),
        ("failures", "reason", "none"),
    ],
)
def test_a_changed_count_or_word_is_found(results, table, column, value) -> None:
    change(results / "segmentation" / "unet" / f"{table}.tsv", 1, column, value)
    assert len(verify_results(results)[1]) == 1


def test_a_failure_that_was_taken_out_is_found(results: Path) -> None:
    path = results / "segmentation" / "unet" / "failures.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:1] + lines[2:]) + "\n")
    expected = "segmentation/unet/failures.tsv: rows or columns are not those that are computed"
    assert verify_results(results)[1] == [expected]


def test_a_score_of_one_patient_that_was_changed_is_found(results: Path) -> None:
    path = results / "segmentation" / "unet" / "scores.tsv"
    change(path, 1, "volume_candidate_ml", nudged(path, 1, "volume_candidate_ml"))
    found = {line.split(" ")[0] for line in verify_results(results)[1]}
    assert {f"segmentation/unet/{name}.tsv" for name in ("summary", "agreement")} <= found


def test_evaluation_is_still_verified(results: Path) -> None:
    path = results / "evaluation" / "discrimination.tsv"
    change(path, 1, "auc", nudged(path, 1, "auc"))
    assert verify_results(results)[1][0].startswith("evaluation/discrimination.tsv row 1 auc: ")


@pytest.mark.parametrize("table", ["scores", *TABLES])
def test_a_table_that_is_gone_is_bad_input(results: Path, table: str) -> None:
    (results / "segmentation" / "unet" / f"{table}.tsv").unlink()
    with pytest.raises(BadInput, match=f"{table}.tsv"):
        verify_results(results)
