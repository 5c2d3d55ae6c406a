"""The check of a cohort: every problem of every file and value, all at once."""

from collections.abc import Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radproof.cohort.content import image_problems, mask_problems, read_voxels
from radproof.cohort.headers import geometry_columns, read_header
from radproof.cohort.participants import patient_table, read_participants, text_columns
from radproof.errors import BadInput, Problem
from radproof.provenance import sha256_of
from radproof.volumes import Grid, grid_differences


@dataclass(frozen=True)
class CohortTables:
    """Patients with outcome and clinical values; their files with geometry; the flow of counts."""

    patients: pd.DataFrame
    files: pd.DataFrame
    flow: pd.DataFrame


@dataclass(frozen=True)
class _File:
    patient: str
    dataset: str
    role: str
    name: str
    path: Path
    file: str
    label: int


def check_cohort(
    rows: pd.DataFrame,
    datasets: dict[str, Path],
    outcome: str,
    clinical: list[dict[str, Any]],
    sequences: list[dict[str, Any]],
    raters: list[dict[str, Any]],
    content: bool,
    workers: int = 2,
) -> CohortTables:
    """Check patients of a sheet, their participants' values and the files of each.

    Parameters
    ----------
    rows
        Rows of the sheet.
    datasets
        Data set → folder.
    outcome, clinical, sequences, raters
        Of the plan; the first sequence is the grid that masks must lie on.
    content
        Whether to read voxels and hash files, too; otherwise headers alone.
    workers
        Threads that read files.

    Raises
    ------
    BadInput
        With every problem found, each naming patient and file.
    """
    participants = _participants(rows, datasets, text_columns(clinical))
    patients, problems = patient_table(rows, participants, outcome, clinical)
    listed = [
        _list_files(row, datasets[row["dataset"]], sequences, raters)
        for row in rows.to_dict("records")
    ]
    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda files: _check_patient(files, content), listed))
    for _, found in results:
        problems += found
    if problems:
        raise BadInput(problems)
    files = pd.DataFrame([row for table, _ in results for row in table])
    return CohortTables(patients, files, flow_of(patients))


def merge_cohort(tables: Iterable[CohortTables]) -> CohortTables:
    """Join the tables of the sets of a study.

    Raises
    ------
    BadInput
        If a patient stands in two sets, or two patients share a file byte for byte.
    """
    tables = list(tables)
    patients, files, flow = (
        pd.concat([getattr(table, name) for table in tables], ignore_index=True)
        for name in ("patients", "files", "flow")
    )
    problems = [
        Problem("patient stands in two sets", patient=str(patient))
        for patient in patients.loc[patients["patient"].str.lower().duplicated(), "patient"]
    ]
    for _, same in files.groupby("sha256"):
        if same["patient"].nunique() > 1:
            owners = ", ".join(sorted(same["patient"].unique()))
            problems.append(
                Problem(
                    "two patients have the same file",
                    patient=owners,
                    file=str(same["file"].iloc[-1]),
                    remedy="one person twice, or a file copied by mistake: correct it",
                )
            )
    if problems:
        raise BadInput(problems)
    return CohortTables(patients, files, flow)


def flow_of(patients: pd.DataFrame) -> pd.DataFrame:
    """Return the flow of each set: in the sheet, with sound data, analysed."""
    rows = []
    for name, group in patients.groupby("set", sort=False):
        counts = {"set": name, "n": len(group), "n_events": int(group["outcome"].sum())}
        steps = ("in the sheet", "data sound", "analysed")
        rows += [{**counts, "step": step, "note": None} for step in steps]
    return pd.DataFrame(rows, columns=["set", "step", "n", "n_events", "note"])


def _participants(
    rows: pd.DataFrame, datasets: dict[str, Path], text: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    tables, problems = {}, []
    for name in sorted(rows["dataset"].unique()):
        if not datasets[name].is_dir():
            remedy = f"give DATASETS={name}=PATH with the folder that holds participants.tsv"
            problems.append(Problem("data set is missing", file=str(datasets[name]), remedy=remedy))
        else:
            tables[name] = read_participants(datasets[name], text)
    if problems:
        raise BadInput(problems)
    return tables


def _list_files(
    row: Mapping[Hashable, Any],
    folder: Path,
    sequences: list[dict[str, Any]],
    raters: list[dict[str, Any]],
) -> list[_File]:
    files = []
    for role, entries in (("image", sequences), ("mask", raters)):
        for entry in entries:
            file = entry["file"].format(patient=row["patient"])
            files.append(
                _File(
                    patient=row["patient"],
                    dataset=row["dataset"],
                    role=role,
                    name=entry["name"],
                    path=folder / file,
                    file=file,
                    label=entry.get("label", 0),
                )
            )
    return files


def _check_patient(files: list[_File], content: bool) -> tuple[list[dict[str, Any]], list[Problem]]:
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    reference: Grid | None = None
    for file in files:
        header, found = read_header(file.path, file.patient)
        problems += found
        if header is None or found:
            continue
        if file.role == "image" and reference is None and file is files[0]:
            reference = header
        if file.role == "mask" and reference is not None:
            problems += _grid_problems(header, reference, file)
        row = {key: getattr(file, key) for key in ("patient", "dataset", "role", "name", "file")}
        row |= {"bytes": file.path.stat().st_size} | geometry_columns(header)
        if content:
            facts, found = _read_content(file, header)
            problems += found
            row |= facts
        rows.append(row)
    return rows, problems


def _grid_problems(header: Grid, reference: Grid, file: _File) -> list[Problem]:
    differences = grid_differences(header, reference)
    if not differences:
        return []
    return [
        Problem(
            "mask lies on another grid than the reference sequence",
            patient=file.patient,
            file=str(file.path),
            found="; ".join(differences),
            remedy="resample the mask onto the reference sequence, or name the right file",
        )
    ]


def _read_content(file: _File, header: Grid) -> tuple[dict[str, Any], list[Problem]]:
    try:
        array = read_voxels(file.path, file.patient)
    except BadInput as error:
        return {}, error.problems
    facts: dict[str, Any] = {"sha256": sha256_of(file.path)}
    if file.role == "image":
        return facts, image_problems(array, file.path, file.patient)
    problems = mask_problems(array, file.label, file.path, file.patient)
    if not problems:
        voxels = int((array == file.label).sum())
        volume_ml = voxels * float(np.prod(header.GetSpacing())) / 1000
        facts |= {"voxels_in_mask": voxels, "volume_ml": volume_ml}
    return facts, problems
