"""Verification of the evaluation: its tables again, from predictions, patients and resamples."""

from pathlib import Path

import pandas as pd

from radproof.dossier.lineage import Record
from radproof.dossier.recomputed import PATIENTS, Recomputed, of_this_version, without_patients
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
    settings = _record_of("compare_models", results, records)["settings"]
    with of_this_version(results / "records" / "compare_models"):
        files = {name: results / "models" / name / "predictions.tsv" for name in settings["models"]}
        own = {name: read_table(file) for name, file in files.items()}
        predictions = pd.concat(own.values(), ignore_index=True)
        tables = evaluate(predictions) | comparison_tables(predictions, settings)
    subgroups = _subgroups(predictions, results, records)
    if any(record["rule"] == "summarise_optimism" for record in records):
        # From the table of resamples: fitting them again needs features, and time.
        places = {name: results / "evaluation/optimism" / f"{name}.tsv" for name in own}
        resamples = {name: read_table(place) for name, place in places.items()}
        with of_this_version(results / "records" / "summarise_optimism"):
            tables["optimism"] = optimism_table(own, resamples)
    subgroups.tables |= {f"evaluation/{name}.tsv": table for name, table in tables.items()}
    return subgroups


def _subgroups(predictions: pd.DataFrame, results: Path, records: list[Record]) -> Recomputed:
    record = _record_of("compare_subgroups", results, records)
    names = {"subgroups": "subgroups", "interactions": "interactions of subgroups"}
    if compared := without_patients(results, record, names):
        return compared
    patients = read_table(results / PATIENTS, text=("center",))
    with of_this_version(results / "records" / "compare_subgroups"):
        given = [record["settings"][name] for name in ("subgroups", "clinical", "least")]
        tables = analyse_subgroups(predictions, patients, *given)
    return Recomputed({f"evaluation/{name}.tsv": table for name, table in tables.items()})


def _record_of(rule: str, results: Path, records: list[Record]) -> Record:
    """Return the record of the one job of a rule."""
    for record in records:
        if record["rule"] == rule:
            return record
    raise BadInput(Problem(f"no record of {rule}", file=str(results / "records")))
