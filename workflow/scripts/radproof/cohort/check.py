"""The check of a cohort: every problem of every file and value, all at once."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.cohort.feature_tables import check_tables
from radproof.cohort.files import check_files, list_files, outside_problems
from radproof.cohort.flow import flow_of
from radproof.cohort.outcomes import outcome_problems
from radproof.cohort.participants import patient_table, read_participants, text_columns
from radproof.cohort.privacy import participants_findings
from radproof.cohort.privacy import problems as privacy_problems
from radproof.cohort.twins import same_file_problem, shared_files
from radproof.errors import BadInput, Problem


@dataclass(frozen=True)
class CohortTables:
    """Patients with outcome and clinical values; their files with geometry; who left; the flow."""

    patients: pd.DataFrame
    files: pd.DataFrame
    excluded: pd.DataFrame
    flow: pd.DataFrame


@dataclass(frozen=True)
class Inspection:
    """What an inspection found: patients, files, and the problems, some without a patient."""

    patients: pd.DataFrame
    files: pd.DataFrame
    problems: list[Problem]


def inspect_cohort(
    rows: pd.DataFrame,
    datasets: Mapping[str, Path],
    settings: Mapping[str, Any],
    *,
    content: bool,
    workers: int = 2,
) -> Inspection:
    """Look at patients of a sheet, their participants' values and the files of each.

    Parameters
    ----------
    rows
        Rows of the sheet.
    datasets
        Data set → folder.
    settings
        ``outcome`` (its column) and ``clinical sequences raters cohort`` of the plan; the first
        sequence is the grid that masks must lie on.
    content
        Whether to read voxels and hash files, too; otherwise headers alone.
    workers
        Threads that read files.

    Raises
    ------
    BadInput
        If a data set or its participants cannot be read at all.
    """
    participants = _participants(rows, datasets, text_columns(settings))
    patients, problems = patient_table(rows, participants, settings)
    problems += _personal_problems(participants, set(settings["cohort"]["phi"]["allow"]))
    listed = [
        list_files(row, datasets[row["dataset"]], settings) for row in rows.to_dict("records")
    ]
    check = partial(check_files, limits=settings["cohort"], content=content)
    # The first alone: the readers of a library are set up at first use, by one thread.
    results = [check(files) for files in listed[:1]]
    with ThreadPoolExecutor(workers) as pool:
        results += pool.map(check, listed[1:])
    for _, found in results:
        problems += found
    problems += shared_files(file for files in listed for file in files)
    tables, found = check_tables(rows, datasets, settings.get("tables", []))
    problems += found
    files = pd.DataFrame([*(row for table, _ in results for row in table), *tables])
    if settings["cohort"]["missing_sequence"] == "zero_channel" and not problems:
        names = [sequence["name"] for sequence in settings["sequences"]]
        patients["missing_sequences"] = _missing_sequences(patients, files, names)
    return Inspection(patients, files, problems)


def check_cohort(
    rows: pd.DataFrame,
    datasets: Mapping[str, Path],
    settings: Mapping[str, Any],
    excluded: pd.DataFrame,
    *,
    content: bool,
    workers: int = 2,
) -> CohortTables:
    """Inspect patients and refuse every problem; see `inspect_cohort` for the parameters.

    Parameters
    ----------
    excluded
        One row a problem of patients who were left out already, for the flow: ``patient set file
        what found expected``.

    Raises
    ------
    BadInput
        With every problem found, each naming patient and file.
    """
    found = inspect_cohort(rows, datasets, settings, content=content, workers=workers)
    # Counts of patients mean little while some of their values are wrong.
    problems = found.problems or outcome_problems(found.patients)
    if not problems:
        problems = _sequences_nobody_has(found, [entry["name"] for entry in settings["sequences"]])
    if problems:
        raise BadInput(problems)
    return CohortTables(found.patients, found.files, excluded, flow_of(found.patients, excluded))


def merge_cohort(tables: Iterable[CohortTables]) -> CohortTables:
    """Join the tables of the sets of a study.

    Raises
    ------
    BadInput
        If a patient or a person stands in two sets, or two patients share a file byte for byte.
    """
    tables = list(tables)
    patients, files, excluded, flow = (
        pd.concat([getattr(table, name) for table in tables], ignore_index=True)
        for name in ("patients", "files", "excluded", "flow")
    )
    problems = [
        Problem("patient stands in two sets", patient=str(patient))
        for patient in patients.loc[patients["patient"].str.lower().duplicated(), "patient"]
    ]
    problems += outcome_problems(patients) + _same_bytes(files)
    if problems:
        raise BadInput(problems)
    return CohortTables(patients, files, excluded, flow)


def _missing_sequences(
    patients: pd.DataFrame, files: pd.DataFrame, names: list[str]
) -> list[str | None]:
    """Return for each patient the sequences without a file, None where none is missing."""
    images = files[files["role"] == "image"]
    there = set(zip(images["patient"], images["name"], strict=True))
    lacking = (
        [name for name in names if (patient, name) not in there] for patient in patients["patient"]
    )
    return [", ".join(absent) or None for absent in lacking]


def _personal_problems(
    participants: Mapping[str, pd.DataFrame], allowed: set[str]
) -> list[Problem]:
    return [
        problem
        for name, table in participants.items()
        for problem in privacy_problems(
            participants_findings(table), allowed, "", f"{name}/participants.tsv"
        )
    ]


def _sequences_nobody_has(found: Inspection, names: list[str]) -> list[Problem]:
    """Return the sequences that no training patient has: their names in the plan are wrong."""
    train = set(found.patients.loc[found.patients["set"] == "train", "patient"])
    images = found.files[found.files["role"] == "image"]
    there = set(images.loc[images["patient"].isin(train), "name"])
    return [
        Problem(
            f"no training patient has the sequence {name}",
            remedy="correct its file in the plan, or take the sequence out",
        )
        for name in names
        if train and name not in there
    ]


def _same_bytes(files: pd.DataFrame) -> list[Problem]:
    return [
        same_file_problem(same["patient"], str(same["file"].iloc[-1]))
        for _, same in files.groupby("sha256")
        if same["patient"].nunique() > 1
    ]


def _participants(
    rows: pd.DataFrame, datasets: Mapping[str, Path], text: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    tables, problems = {}, []
    for name in sorted(rows["dataset"].unique()):
        if not datasets[name].is_dir():
            remedy = f"give DATASETS={name}=PATH with the folder that holds participants.tsv"
            problems.append(Problem("data set is missing", file=str(datasets[name]), remedy=remedy))
        elif outside := outside_problems(datasets[name] / "participants.tsv", datasets[name]):
            problems += outside
        else:
            tables[name] = read_participants(datasets[name], text)
    if problems:
        raise BadInput(problems)
    return tables
