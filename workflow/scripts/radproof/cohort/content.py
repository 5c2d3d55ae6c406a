"""Content: what the voxels of an image or a mask say."""

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from scipy.ndimage import label as connected_components

from radproof.errors import BadInput, Problem
from radproof.volumes import size_fault

# What NiBabel raises over a file that is not sound.
UNREADABLE = (
    *(OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error),
    *(ImageFileError, HeaderDataError),
)
LEAVE_OUT = "correct the file, or take the patient out of the sheet"


def read_voxels(path: Path, patient: str) -> npt.NDArray[Any]:
    """Return the voxels of a NIfTI file, in the order x, y, z.

    NiBabel reads them because SimpleITK's NIfTI reader turns values that are not finite into 0
    and takes a truncated archive for a whole one.

    Raises
    ------
    BadInput
        If the file ends before its voxels do, or announces more of them than any image has.
    """
    try:
        stored = nibabel.loadsave.load(path).dataobj  # type: ignore[attr-defined]
        if fault := size_fault(stored.shape):
            raise ValueError(fault)
        array = np.asanyarray(stored)
    except UNREADABLE as error:
        said = str(error).replace(str(path), path.name).strip().splitlines()
        what, found = "image cannot be read to its end", said[0] if said else ""
        remedy = "replace the file by an intact NIfTI image"
        raise BadInput(Problem(what, patient, str(path), found, remedy=remedy)) from error
    # A single volume may say that it is the first of one in time.
    return array.reshape(array.shape[:3])


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


def mask_problems(
    array: npt.NDArray[Any], label: int, limits: Mapping[str, Any], path: Path, patient: str
) -> list[Problem]:
    """Return what is wrong with a mask; at most one problem, the first that stands in the way.

    Values that are no labels, nothing drawn, another label than the plan's or further ones, a
    tumour of one voxel or one slice, which has neither shape nor texture in three dimensions, and
    what ``limits`` forbid: more ``components`` (voxels that touch by face, edge or corner), a
    larger ``share`` of the volume, a tumour cut by the ``edge`` of the volume.
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
    if inside.mean() > limits["share"]:
        found, expected = f"{100 * inside.mean():.0f} %", f"at most {100 * limits['share']:.0f} %"
        remedy = "see whether the mask is inverted, or raise cohort.masks.share"
        return problem("mask fills too much of the volume", found, expected, remedy)
    components = int(connected_components(inside, np.ones((3, 3, 3)))[1])
    if components > limits["components"]:
        remedy = "remove stray voxels, or raise cohort.masks.components"
        expected = f"at most {limits['components']}"
        return problem("mask has several components", f"{components}", expected, remedy)
    if limits["edge"] == "refuse" and _touches_edge(inside):
        remedy = "see whether the tumour was cropped, or set cohort.masks.edge to allow"
        return problem("mask touches the edge of the volume", remedy=remedy)
    return []


def _touches_edge(inside: npt.NDArray[np.bool_]) -> bool:
    return any(bool(inside.take([0, -1], axis=axis).any()) for axis in range(inside.ndim))
