"""Verification of the evaluation: its tables again, from predictions, patients and resamples."""

from pathlib import Path
from typing import Any

import pandas as pd

from radproof.dossier.lineage import Record
from radproof.dossier.recomputed import Recomputed, of_this_version
from radproof.errors import BadInput, Problem
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.evaluate import evaluate
from radproof.evaluation.optimism import optimism_table
from radproof.evaluation.subgroups import analyse_subgroups
from radproof.tables import read_table


def recompute_evaluation(results: Path, records: list[Record]) -> Recomputed:
    """Return the tables of the evaluation.

    Raises
    ------
    BadInput
        If predictions, patients or resamples cannot be read, or no record says what was compared.
    """
    settings = _settings_of("compare_models", results, records)
    with of_this_version(results / "records" / "compare_models"):
        files = {name: results / "models" / name / "predictions.tsv" for name in settings["models"]}
        own = {name: read_table(file) for name, file in files.items()}
        predictions = pd.concat(own.values(), ignore_index=True)
        tables = evaluate(predictions) | comparison_tables(predictions, settings)
    with of_this_version(results / "records" / "compare_subgroups"):
        tables |= _subgroup_tables(predictions, results, records)
    if any(record["rule"] == "summarise_optimism" for record in records):
        # From the table of resamples: fitting them again needs features, and time.
        places = {name: results / "evaluation/optimism" / f"{name}.tsv" for name in own}
        resamples = {name: read_table(place) for name, place in places.items()}
        with of_this_version(results / "records" / "summarise_optimism"):
            tables["optimism"] = optimism_table(own, resamples)
    return Recomputed({f"evaluation/{name}.tsv": table for name, table in tables.items()})


def _subgroup_tables(
    predictions: pd.DataFrame, results: Path, records: list[Record]
) -> dict[str, pd.DataFrame]:
    settings = _settings_of("compare_subgroups", results, records)
    patients = read_table(results / "cohort" / "patients.tsv", text=("center",))
    given = [settings[name] for name in ("subgroups", "clinical", "least")]
    return analyse_subgroups(predictions, patients, *given)


def _settings_of(rule: str, results: Path, records: list[Record]) -> dict[str, Any]:
    """Return what the one job of a rule was told."""
    for record in records:
        if record["rule"] == rule:
            return dict(record["settings"])
    raise BadInput(Problem(f"no record of {rule}", file=str(results / "records")))
