"""Verification: every reported statistic computed again from the predictions."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radproof.dossier.lineage import read_records
from radproof.errors import BadInput, Problem
from radproof.evaluation.compare import compare
from radproof.evaluation.evaluate import evaluate
from radproof.tables import read_table

RELATIVE_TOLERANCE = 1e-9


def verify_results(results: Path) -> tuple[int, list[str]]:
    """Return how many values were recomputed, and one line for each that differs.

    Works on the results folder alone: predictions, evaluation tables and records.

    Raises
    ------
    BadInput
        If a model's predictions are missing, or no record says what was compared.
    """
    settings = _recorded_settings(results)
    files = [results / "models" / name / "predictions.tsv" for name in settings["models"]]
    predictions = pd.concat([read_table(file) for file in files], ignore_index=True)
    tables = evaluate(predictions)
    tables["comparisons"] = compare(predictions, settings["comparisons"])
    checked, differences = 0, []
    for name, table in sorted(tables.items()):
        path = results / "evaluation" / f"{name}.tsv"
        reported = read_table(path)
        checked += reported.size
        differences += _differences(name, reported, table)
    return checked, differences


def _recorded_settings(results: Path) -> dict[str, Any]:
    """Return which models stood in the tables, in which order, and what was compared."""
    for record in read_records(results):
        if record["rule"] == "compare_models":
            return dict(record["settings"])
    raise BadInput(Problem("no record of compare_models", file=str(results / "records")))


def _differences(name: str, reported: pd.DataFrame, computed: pd.DataFrame) -> list[str]:
    if list(reported.columns) != list(computed.columns) or len(reported) != len(computed):
        return [f"evaluation/{name}.tsv: rows or columns are not those of the predictions"]
    lines = []
    for column in computed.columns:
        for row, (first, second) in enumerate(
            zip(reported[column], computed[column].reset_index(drop=True), strict=True)
        ):
            if not _same(first, second):
                lines.append(f"evaluation/{name}.tsv row {row + 1} {column}: {first}, not {second}")
    return lines


def _same(first: Any, second: Any) -> bool:
    if pd.isna(first) or pd.isna(second):
        return bool(pd.isna(first) and pd.isna(second))
    numbers = int, float, np.integer, np.floating
    if isinstance(first, numbers) and isinstance(second, numbers):
        return bool(np.isclose(first, second, rtol=RELATIVE_TOLERANCE, atol=1e-12))
    return str(first) == str(second)
