"""Agreement: masks of one tumour must lie in the same place, whoever drew them, on what image."""

import numpy as np
import SimpleITK as sitk

from radproof.cohort.twins import RawFile
from radproof.errors import Problem
from radproof.volumes import read_mask


def agreement_problems(masks: list[RawFile], least: float) -> list[Problem]:
    """Return the masks of a patient that agree too little with the first one.

    Compared in world coordinates, so that the header of an image that was shifted is found through
    a mask drawn on it, and a mask of another patient too.

    Parameters
    ----------
    masks
        Readable and not empty, the first rater's first.
    least
        Least Dice coefficient.
    """
    if least == 0 or len(masks) < 2:
        return []
    first = read_mask(masks[0].path, masks[0].label, masks[0].patient)
    problems = []
    for file in masks[1:]:
        other = read_mask(file.path, file.label, file.patient)
        found = _dice(first, other)
        if found < least:
            shift = np.subtract(_centre(other), _centre(first))
            problems.append(
                Problem(
                    f"{file.role} {file.name} lies elsewhere than mask {masks[0].name}",
                    patient=file.patient,
                    file=str(file.path),
                    found=f"Dice {found:.2f}, centre {np.linalg.norm(shift):.1f} mm away",
                    expected=f"at least {least:g}",
                    remedy="see whether a header is shifted, or a mask is of another patient",
                )
            )
    return problems


def _dice(first: sitk.Image, other: sitk.Image) -> float:
    moved = sitk.Resample(other, first, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    one, two = (sitk.GetArrayViewFromImage(mask) > 0 for mask in (first, moved))
    # What lies beyond the first mask's volume counts, too, at the size of its voxels.
    voxels = sitk.GetArrayViewFromImage(other).sum() * np.prod(other.GetSpacing())
    whole = max(float(voxels / np.prod(first.GetSpacing())), float(two.sum()))
    return float(2 * (one & two).sum() / (one.sum() + whole))


def _centre(mask: sitk.Image) -> tuple[float, ...]:
    """Return the centre of a mask, x y z in mm."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(mask)
    return tuple(shape.GetCentroid(1))
