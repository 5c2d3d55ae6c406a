"""Landmarks of a sequence, learned from the raw scans of training patients alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.cohort.screening import screen
from radproof.errors import BadInput, Problem
from radproof.images.body import body_mask
from radproof.images.percentiles import percentiles_inside
from radproof.images.standard_scale import PERCENTILES, learn_landmarks
from radproof.images.threads import one_thread
from radproof.kinds import load_kind
from radproof.study import Study
from radproof.volumes import read_volume


def training_landmarks(
    study: Study, sequence: str, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Return the standard scale of a sequence, as a file of landmarks holds it.

    Learned from the patients of the set ``train`` that the study keeps and that have the sequence;
    one image at a time is in memory. Neither outcome nor masks of raters are looked at.

    Parameters
    ----------
    study
        Its plan says how the bias field is corrected.
    sequence
        Name of a sequence of the plan.
    progress
        Told after each patient how many are done, of how many.

    Returns
    -------
    dict
        ``sequence``, ``percentiles`` (0 to 100), ``values`` (0 to 100) and ``patients``.

    Raises
    ------
    BadInput
        If the plan has no such sequence, no training patient has it, or a scan cannot be read or
        is constant.
    """
    entry = _entry_of(study, sequence)
    scans = _training_scans(study, sequence)
    rows = []
    with one_thread():
        for patient, path in scans.items():
            rows.append(_percentiles_of(patient, path, entry["bias_field"]))
            progress(len(rows), len(scans))
    values = learn_landmarks(np.array(rows))
    return {
        "sequence": sequence,
        "percentiles": list(PERCENTILES),
        "values": values.tolist(),
        "patients": list(scans),
    }


def _entry_of(study: Study, sequence: str) -> dict[str, Any]:
    entries = {entry["name"]: entry for entry in study.plan["sequences"]}
    if sequence not in entries:
        expected = f"one of {', '.join(entries)}"
        raise BadInput(Problem("plan has no such sequence", found=sequence, expected=expected))
    return entries[sequence]


def _training_scans(study: Study, sequence: str) -> dict[str, str]:
    """Return the path of the sequence of each training patient that has it."""
    rows = study.sheet["set"] == "train"
    training = replace(study, sheet=study.sheet[rows].reset_index(drop=True))
    training = screen(training, content=True)
    files = {patient: training.raw_images(patient) for patient in training.patients()}
    scans = {patient: paths[sequence] for patient, paths in files.items() if sequence in paths}
    if not scans:
        raise BadInput(Problem("no training patient has the sequence", found=sequence))
    return scans


def _percentiles_of(patient: str, path: str, bias_field: dict[str, Any]) -> np.ndarray:
    """Return the landmarks' percentiles in the body of the scan without its bias field."""
    image = sitk.Cast(read_volume(path, patient), sitk.sitkFloat32)
    correction = load_kind("bias_field", bias_field["kind"])
    corrected = correction.correct(image, body_mask(image), bias_field)
    return percentiles_inside(corrected, body_mask(corrected), PERCENTILES, patient, path)
