"""Verification of what describes the patients, odds ratios and the negative control.

A package for a journal has no clinical values of single patients: without them, tables are compared
with what their jobs recorded.
"""

from pathlib import Path

from radproof.cohort.describe import describe
from radproof.cohort.table1 import table_1
from radproof.dossier.lineage import Record
from radproof.dossier.recomputed import PATIENTS, Recomputed, without_patients
from radproof.models.odds_ratios import odds_ratios
from radproof.negative_control.summary import distribution, summarise
from radproof.tables import read_table


def recompute_cohort(results: Path, record: Record) -> Recomputed:
    """Return the tables that describe the patients, from their values."""
    tables = {"description": "descriptions of patients", "table_1": "rows of table 1"}
    if compared := without_patients(results, record, tables):
        return compared
    patients, clinical = read_table(results / PATIENTS), record["settings"]["clinical"]
    return Recomputed(
        {
            "cohort/description.tsv": describe(patients, clinical),
            "cohort/table1.tsv": table_1(patients, clinical),
        }
    )


def recompute_odds_ratios(results: Path, record: Record) -> Recomputed:
    """Return the odds ratios of clinical variables, from the training patients' values."""
    if compared := without_patients(results, record, {"odds_ratios": "odds ratios"}):
        return compared
    patients = read_table(results / PATIENTS)
    train = patients[patients["set"] == "train"]
    found = odds_ratios(train, record["settings"]["clinical"])
    return Recomputed({"models/odds_ratios.tsv": found})


def recompute_null(results: Path, record: Record) -> Recomputed:
    """Return the tables of the negative control, from its predictions."""
    numbers = range(1 + record["settings"]["permutations"])
    files = {number: results / f"null/{number:03d}/predictions.tsv" for number in numbers}
    table = distribution({number: read_table(file) for number, file in files.items()})
    return Recomputed({"null/distribution.tsv": table, "null/summary.tsv": summarise(table)})
