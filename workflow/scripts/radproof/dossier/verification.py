"""Verification: every reported statistic computed again from what it was made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radproof.cohort.describe import describe
from radproof.cohort.table1 import table_1
from radproof.dossier.lineage import Record, read_records
from radproof.dossier.stability_check import stability_tables
from radproof.errors import BadInput, Problem
from radproof.evaluation.compare import compare
from radproof.evaluation.evaluate import evaluate
from radproof.models.odds_ratios import odds_ratios
from radproof.negative_control.summary import distribution, summarise
from radproof.seeds import derive_seed
from radproof.segmentation.score_statistics import score_statistics
from radproof.segmentation.thresholds import choose
from radproof.tables import as_level, read_table

RELATIVE_TOLERANCE = 1e-9
SCORING = "score_segmentation"


def verify_results(results: Path) -> tuple[int, list[str]]:
    """Return how many values were recomputed, and one line for each that differs.

    Works on the results folder alone: patients, predictions, scores of masks, correlations of
    features (and the features, where they are there), the tables made of them and records.

    Raises
    ------
    BadInput
        If predictions, scores or a table of statistics are missing, or no record says what was
        compared.
    """
    records = read_records(results)
    tables = _evaluation(results, records)
    for record in records:
        if record["rule"] == SCORING:
            tables |= _segmentation(results, record)
        if record["rule"] == "describe_cohort":
            tables |= _cohort(results, record)
        if record["rule"] == "estimate_odds_ratios":
            train = read_table(results / "cohort/patients.tsv").query("set == 'train'")
            tables["models/odds_ratios.tsv"] = odds_ratios(train, record["settings"]["clinical"])
        if record["rule"] == "summarise_null":
            tables |= _negative_control(results, record)
        if record["rule"] == "choose_threshold":
            tables |= _threshold(results, record)
        if record["rule"] == "assess_stability":
            tables |= stability_tables(results, record)
    checked, differences = 0, []
    for name, table in sorted(tables.items()):
        reported = read_table(results / name)
        checked += reported.size
        differences += _differences(name, reported, table)
    return checked, differences


def _evaluation(results: Path, records: list[Record]) -> dict[str, pd.DataFrame]:
    """Return the tables of the evaluation, by their place in the results, from the predictions."""
    settings = _recorded_settings(results, records)
    files = [results / "models" / name / "predictions.tsv" for name in settings["models"]]
    predictions = pd.concat([read_table(file) for file in files], ignore_index=True)
    tables = evaluate(predictions)
    tables["comparisons"] = compare(predictions, settings["comparisons"])
    return {f"evaluation/{name}.tsv": table for name, table in tables.items()}


def _cohort(results: Path, record: Record) -> dict[str, pd.DataFrame]:
    """Return the tables that describe the patients, by their place, from their values."""
    patients, clinical = read_table(results / "cohort/patients.tsv"), record["settings"]["clinical"]
    return {
        "cohort/description.tsv": describe(patients, clinical),
        "cohort/table1.tsv": table_1(patients, clinical),
    }


def _negative_control(results: Path, record: Record) -> dict[str, pd.DataFrame]:
    """Return the tables of the negative control, by their place, from its predictions."""
    numbers = range(1 + record["settings"]["permutations"])
    files = {number: results / f"null/{number:03d}/predictions.tsv" for number in numbers}
    table = distribution({number: read_table(file) for number, file in files.items()})
    return {"null/distribution.tsv": table, "null/summary.tsv": summarise(table)}


def _segmentation(results: Path, record: Record) -> dict[str, pd.DataFrame]:
    """Return the statistics of one segmenter's masks, by their place, from its scores."""
    settings = record["settings"]
    segmenter = settings["segmenter"]
    folder = f"segmentation/{segmenter}"
    scores = read_table(results / folder / "scores.tsv")
    # The seed of the job whose record this is: of the rule and the label.
    seed = derive_seed(settings["seed"], record["rule"], record["label"])
    tables = score_statistics(scores, segmenter, settings["scores"], seed)
    return {f"{folder}/{name}.tsv": table for name, table in tables.items()}


def _threshold(results: Path, record: Record) -> dict[str, pd.DataFrame]:
    """Return the thresholds of one segmenter, by their place, from the Dice of each candidate."""
    folder = f"segmentation/{record['label']}"
    sweep = read_table(results / folder / "threshold-sweep.tsv")
    return {f"{folder}/threshold.tsv": choose(sweep, record["settings"]["threshold"])}


def _recorded_settings(results: Path, records: list[Record]) -> dict[str, Any]:
    """Return which models stood in the tables, in which order, and what was compared."""
    for record in records:
        if record["rule"] == "compare_models":
            return dict(record["settings"])
    raise BadInput(Problem("no record of compare_models", file=str(results / "records")))


def _differences(name: str, reported: pd.DataFrame, computed: pd.DataFrame) -> list[str]:
    if list(reported.columns) != list(computed.columns) or len(reported) != len(computed):
        return [f"{name}: rows or columns are not those that are computed"]
    lines = []
    for column in computed.columns:
        first, second = reported[column], computed[column].reset_index(drop=True)
        for row in np.flatnonzero(~_alike(first, second)):
            lines.append(f"{name} row {row + 1} {column}: {first[row]}, not {second[row]}")
    return lines


def _alike(first: pd.Series, second: pd.Series) -> np.ndarray:
    """Return, cell by cell, whether a column as read says the same as it was computed."""
    if all(pd.api.types.is_numeric_dtype(column) for column in (first, second)):
        a, b = (column.to_numpy(dtype=float, na_value=np.nan) for column in (first, second))
        return np.isclose(a, b, rtol=RELATIVE_TOLERANCE, atol=1e-12, equal_nan=True)
    return np.array([_same(*pair) for pair in zip(first, second, strict=True)], dtype=bool)


def _same(first: Any, second: Any) -> bool:
    # An empty text is read as a missing value.
    if pd.isna(first) or pd.isna(second) or second == "":
        return bool(pd.isna(first) and (pd.isna(second) or second == ""))
    numbers = int, float, np.integer, np.floating
    if isinstance(first, numbers) and isinstance(second, numbers):
        return bool(np.isclose(first, second, rtol=RELATIVE_TOLERANCE, atol=1e-12))
    # A level 1 beside a gap is read as 1.0.
    return as_level(first) == as_level(second)
