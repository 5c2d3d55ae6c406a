"""Content: what the voxels of an image or a mask say."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from radproof.errors import Problem


def image_problems(image: sitk.Image, path: Path, patient: str) -> list[Problem]:
    """Return what is wrong with the voxels of an image: not finite, or all the same."""
    array = sitk.GetArrayViewFromImage(image)
    if not np.isfinite(array).all():
        found = f"{int((~np.isfinite(array)).sum())} voxels"
        return [Problem("image has values that are not finite", patient, str(path), found)]
    if array.min() == array.max():
        return [Problem("image is constant", patient, str(path), f"{array.flat[0]:g} everywhere")]
    return []


def mask_problems(mask: sitk.Image, label: int, path: Path, patient: str) -> list[Problem]:
    """Return what is wrong with a mask: empty, another label, fractions, one voxel, one slice."""
    array = sitk.GetArrayViewFromImage(mask)
    values = np.unique(array)
    if not np.array_equal(values, np.round(values)):
        remedy = "export the mask as labels, not as probabilities"
        return [Problem("mask has fractional values", patient, str(path), remedy=remedy)]
    labels = [int(value) for value in values if value != 0]
    if not labels:
        remedy = "draw the tumour, or take the patient out of the sheet"
        return [Problem("mask is empty", patient, str(path), remedy=remedy)]
    if label not in labels:
        found, expected = f"labels {labels}", f"label {label}"
        return [Problem("mask lacks the label of the plan", patient, str(path), found, expected)]
    if len(labels) > 1:
        found, expected = f"labels {labels}", f"label {label} alone"
        return [Problem("mask has several labels", patient, str(path), found, expected)]
    inside = array == label
    if inside.sum() == 1:
        return [Problem("mask is a single voxel", patient, str(path))]
    if inside.any(axis=(1, 2)).sum() == 1:
        return [Problem("mask lies in a single slice", patient, str(path))]
    return []
