"""Tables of features that a study starts from: checked with the patients, before any job."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.cohort.files import outside_problems
from radproof.errors import Problem
from radproof.provenance import sha256_of
from radproof.radiomics.extractors.table import read_features
from radproof.study import Study


def in_data_sets(study: Study, patients: Sequence[str], file: str) -> dict[str, list[str]]:
    """Return the path of a file in each data set of some patients → who of them are of it."""
    found: dict[str, list[str]] = {}
    for patient in patients:
        found.setdefault(f"{study.folder(patient)}/{file}", []).append(patient)
    return found


def tables_of(study: Study, patients: Sequence[str]) -> list[str]:
    """Return the tables that features of some patients are read from, each once."""
    files = [file for entry in study.cohort_settings["tables"] for file in entry["tables"].values()]
    return list(
        dict.fromkeys(path for file in files for path in in_data_sets(study, patients, file))
    )


def check_tables(
    rows: pd.DataFrame, datasets: Mapping[str, Path], extractors: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return a row of ``files.tsv`` for each table, and what is wrong with the patients' rows.

    Parameters
    ----------
    rows
        Rows of the sheet: ``patient dataset``.
    datasets
        Data set → folder.
    extractors
        The plan's entries that name tables.

    Raises
    ------
    BadInput
        If a table cannot be read as the plan says.
    """
    listed: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for settings in extractors:
        for mask, file in settings["tables"].items():
            for dataset, own in rows.groupby("dataset", sort=True):
                path = datasets[str(dataset)] / file
                if outside := outside_problems(path, datasets[str(dataset)]):
                    problems += outside
                    continue
                _, found = read_features(path, list(own["patient"]), settings)
                problems += found
                row = {
                    "patient": None,
                    "dataset": dataset,
                    "role": "table",
                    "name": mask,
                    "file": file,
                }
                listed.append(row | {"bytes": path.stat().st_size, "sha256": sha256_of(path)})
    return listed, problems
