"""Content: what the voxels of an image or a mask say."""

import zlib
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError

from radproof.errors import BadInput, Problem

LEAVE_OUT = "correct the file, or take the patient out of the sheet"


def read_voxels(path: Path, patient: str) -> npt.NDArray[Any]:
    """Return the voxels of a NIfTI file, in the order x, y, z.

    NiBabel reads them because SimpleITK's NIfTI reader turns values that are not finite into 0
    and takes a truncated archive for a whole one.

    Raises
    ------
    BadInput
        If the file ends before its voxels do.
    """
    try:
        return np.asanyarray(nibabel.loadsave.load(path).dataobj)  # type: ignore[attr-defined]
    except (OSError, EOFError, ValueError, zlib.error, ImageFileError) as error:
        what, found = "image cannot be read to its end", str(error).strip().splitlines()[0]
        remedy = "replace the file by an intact NIfTI image"
        raise BadInput(Problem(what, patient, str(path), found, remedy=remedy)) from error


def image_problems(array: npt.NDArray[Any], path: Path, patient: str) -> list[Problem]:
    """Return what is wrong with the voxels of an image: not finite, or all the same."""
    if not np.isfinite(array).all():
        what = "image has values that are not finite"
        found = f"{int((~np.isfinite(array)).sum())} voxels"
        return [Problem(what, patient, str(path), found, remedy=LEAVE_OUT)]
    if array.min() == array.max():
        found = f"{array.flat[0]:g} everywhere"
        return [Problem("image is constant", patient, str(path), found, remedy=LEAVE_OUT)]
    return []


def mask_problems(array: npt.NDArray[Any], label: int, path: Path, patient: str) -> list[Problem]:
    """Return what is wrong with a mask; at most one problem, the first that stands in the way.

    Values that are no labels, nothing drawn, another label than the plan's or further ones, and a
    tumour of one voxel or one slice, which has neither shape nor texture in three dimensions.
    """

    def problem(what: str, found: str = "", expected: str = "", remedy: str = "") -> list[Problem]:
        return [Problem(what, patient, str(path), found, expected, remedy or LEAVE_OUT)]

    if not np.isfinite(array).all():
        return problem("mask has values that are not finite")
    values = np.unique(array)
    fractions = values[values != np.round(values)]
    if len(fractions):
        found, remedy = f"{fractions[0]:g}", "export the mask as labels, not as probabilities"
        return problem("mask has fractional values", found, "whole numbers", remedy)
    labels = [int(value) for value in values if value != 0]
    if not labels:
        return problem("mask is empty", "no voxel", f"label {label}", "draw the tumour")
    if label not in labels:
        remedy = "correct the label in the plan, or the mask"
        return problem(
            "mask lacks the label of the plan", f"labels {labels}", f"label {label}", remedy
        )
    if len(labels) > 1:
        remedy = "write the tumour to a mask of its own"
        return problem("mask has several labels", f"labels {labels}", f"label {label}", remedy)
    inside = array == label
    if inside.sum() == 1:
        return problem("mask is a single voxel", "1 voxel", "a volume")
    if inside.any(axis=(0, 1)).sum() == 1:
        return problem("mask lies in a single slice", "1 slice", "at least 2 slices")
    return []
