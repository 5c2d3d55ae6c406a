"""The files of one patient: read, measured, and everything that is wrong with them."""

import os
from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from radproof.cohort.content import image_problems, mask_problems, read_voxels
from radproof.cohort.distances import distance_problems
from radproof.cohort.headers import geometry_columns, read_header
from radproof.cohort.privacy import header_findings, name_findings, sidecar_findings
from radproof.cohort.privacy import problems as privacy_problems
from radproof.cohort.twins import RawFile, twin_problems
from radproof.errors import BadInput, Problem
from radproof.provenance import sha256_of
from radproof.safety import leads_outside
from radproof.volumes import Grid, grid_differences


def list_files(
    row: Mapping[Hashable, Any], folder: Path, settings: Mapping[str, Any]
) -> list[RawFile]:
    """Return the files that the plan names for a row of the sheet, the reference sequence first.

    A sequence other than the reference is optional where the plan fills missing ones with zeros;
    the control of a sequence is wanted where the sequence is there.
    """
    fill = settings["cohort"]["missing_sequence"] == "zero_channel"
    reference = next((entry["name"] for entry in settings["sequences"]), None)
    return [
        RawFile(
            patient=row["patient"],
            dataset=row["dataset"],
            role=role,
            name=entry["name"],
            folder=folder,
            file=entry["file"].format(patient=row["patient"]),
            label=entry.get("label", 0),
            optional=fill and role == "image" and entry["name"] != reference,
        )
        for role, entries in (
            ("image", settings["sequences"]),
            ("mask", settings["raters"]),
            ("control", settings["controls"]),
        )
        for entry in entries
    ]


def check_files(
    files: list[RawFile], limits: Mapping[str, Any], *, content: bool
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return a row of ``files.tsv`` for each file of a patient, and what is wrong.

    Parameters
    ----------
    files
        Of one patient, the reference sequence first.
    limits
        The plan's ``cohort``: what a mask may be, what may hold personal data.
    content
        Whether to read voxels and hash files, too.
    """
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    grids: dict[str, Grid] = {}
    for file in files:
        if file.optional and not os.path.lexists(file.path):
            continue
        if file.role == "control" and file.name not in grids:
            continue
        header, found = read_header(file.path, file.patient)
        problems += _place_problems(file) + _personal_problems(file, limits["phi"]["allow"])
        problems += found
        if header is None or found:
            continue
        if file.role == "image":
            grids[file.name] = header
        else:
            drawn_on = files[0].name if file.role == "mask" else file.name
            problems += _grid_problems(header, grids.get(drawn_on), drawn_on, file)
        row = {key: getattr(file, key) for key in ("patient", "dataset", "role", "name", "file")}
        row |= {"bytes": file.path.stat().st_size} | geometry_columns(header)
        if content:
            facts, found = _read_content(file, header, limits["masks"])
            problems += found
            row |= facts
        rows.append(row)
    problems += twin_problems(files)
    if content and not problems:
        there = [
            file
            for file in files
            if file.role == "mask" or (file.role == "control" and file.name in grids)
        ]
        problems = distance_problems(there, limits["masks"]["distance_mm"])
    return rows, problems


def outside_problems(path: Path, folder: Path, patient: str = "") -> list[Problem]:
    """Return the problem of a file that a link takes out of its data set's folder."""
    if not leads_outside(path, folder):
        return []
    what = "file leads outside its data set by a link"
    remedy = "copy the file into the data set, or give the folder it belongs to"
    return [Problem(what, patient, str(path), remedy=remedy)]


def _place_problems(file: RawFile) -> list[Problem]:
    return outside_problems(file.path, file.folder, file.patient)


def _personal_problems(file: RawFile, allowed: list[str]) -> list[Problem]:
    problems, findings = [], header_findings(file.path) + name_findings(file.file)
    try:
        findings += sidecar_findings(file.path)
    except BadInput as error:
        problems = [replace(problem, patient=file.patient) for problem in error.problems]
    return problems + [
        # The user's own folders are no part of the data; only the name inside them is masked.
        replace(problem, file=f"{file.folder}/{problem.file}")
        for problem in privacy_problems(findings, set(allowed), file.patient, file.file)
    ]


def _grid_problems(header: Grid, image: Grid | None, sequence: str, file: RawFile) -> list[Problem]:
    """Return how a mask's grid differs from that of its image, where that one could be read."""
    differences = grid_differences(header, image) if image else []
    if not differences:
        return []
    return [
        Problem(
            f"mask lies on another grid than the sequence {sequence}",
            patient=file.patient,
            file=str(file.path),
            found="; ".join(differences),
            remedy="resample the mask onto the sequence, or name the right file",
        )
    ]


def _read_content(
    file: RawFile, header: Grid, limits: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    try:
        array = read_voxels(file.path, file.patient)
    except BadInput as error:
        return {}, error.problems
    facts: dict[str, Any] = {"sha256": sha256_of(file.path)}
    if file.role == "image":
        return facts, image_problems(array, file.path, file.patient)
    problems = mask_problems(array, file.label, limits, file.path, file.patient)
    if not problems:
        voxels = int((array == file.label).sum())
        volume_ml = voxels * float(np.prod(header.GetSpacing())) / 1000
        facts |= {"voxels_in_mask": voxels, "volume_ml": volume_ml}
    return facts, problems
