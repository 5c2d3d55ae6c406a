"""Distances: masks of one tumour must lie in the same place, whoever drew them, on what image."""

import numpy as np
import SimpleITK as sitk

from radproof.cohort.twins import RawFile
from radproof.errors import Problem
from radproof.volumes import read_mask


def distance_problems(masks: list[RawFile], farthest_mm: float | None) -> list[Problem]:
    """Return the masks of a patient whose centre lies far from that of the first one.

    Centres are compared in world coordinates, so that a shifted header is found through a mask
    drawn on its image, and a mask of another patient too. Unlike an overlap, their distance hardly
    depends on how coarse the voxels are against the tumour.

    Parameters
    ----------
    masks
        Readable and not empty, the first rater's first.
    farthest_mm
        Largest distance; None asks for nothing.
    """
    if farthest_mm is None or len(masks) < 2:
        return []
    centres = [_centre(file) for file in masks]
    distances = [float(np.linalg.norm(centre - centres[0])) for centre in centres]
    return [
        Problem(
            f"{file.role} {file.name} lies elsewhere than mask {masks[0].name}",
            patient=file.patient,
            file=str(file.path),
            found=f"centre {distance:.1f} mm away",
            expected=f"at most {farthest_mm:g} mm",
            remedy="see whether a header is shifted, or a mask is of another patient",
        )
        for file, distance in zip(masks, distances, strict=True)
        if distance > farthest_mm
    ]


def _centre(file: RawFile) -> np.ndarray:
    """Return the centre of a mask, x y z in mm."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(read_mask(file.path, file.label, file.patient))
    return np.array(shape.GetCentroid(1))
