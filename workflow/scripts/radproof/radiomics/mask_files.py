"""Masks from files as they come: a label is chosen, and a mask that cannot be used says why."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from radproof.radiomics.intact import read_intact
from radproof.radiomics.parameter_file import Parameters
from radproof.volumes import grid_differences

EMPTY = "empty"
NO_LABEL = "no such label"
ANOTHER_GRID = "another grid"
OUTSIDE = "outside the image"
SEVERAL_LABELS = "several labels"

# What a region may stick out of an image, in voxels, by rounding.
ROUNDING = 1e-3
# Labels that a message names; a map of probabilities has thousands.
NAMED_LABELS = 5


class UnusableMask(Exception):
    """A mask in which nothing can be measured: the outcome, and the reason in words."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


def read_region(
    path: str | Path, image: sitk.Image, parameters: Parameters
) -> tuple[sitk.Image, str]:
    """Read the voxels of the label as a 0/1 mask on the grid of the image.

    Returns
    -------
    tuple
        The mask, and the other labels that it leaves out; empty where there are none.

    Raises
    ------
    BadInput
        If the file cannot be read.
    UnusableMask
        If no voxel has the label, or the mask lies on another grid.
    """
    labels = _channel(read_intact(path), parameters.label_channel)
    region = sitk.Cast(labels == parameters.label, sitk.sitkUInt8)
    others = _other_labels(labels, parameters.label)
    if sitk.GetArrayViewFromImage(region).any():
        return _on_grid(region, image, parameters), others
    if not others:
        raise UnusableMask(EMPTY, "the mask has no voxel")
    reason = f"no voxel has the label {parameters.label}, but {others}"
    raise UnusableMask(NO_LABEL, reason)


def _other_labels(labels: sitk.Image, label: int) -> str:
    values = np.unique(sitk.GetArrayViewFromImage(labels))
    others = [f"{value:g}" for value in values if value not in (0, label)]
    more = ["…"] if len(others) > NAMED_LABELS else []
    return ", ".join(others[:NAMED_LABELS] + more)


def _channel(mask: sitk.Image, number: int) -> sitk.Image:
    count = mask.GetNumberOfComponentsPerPixel()
    if count == 1:
        return mask
    if number >= count:
        reason = f"no channel {number} in a mask of {count}, counted from 0"
        raise UnusableMask(NO_LABEL, reason)
    return sitk.VectorIndexSelectionCast(mask, number)


def _on_grid(region: sitk.Image, image: sitk.Image, parameters: Parameters) -> sitk.Image:
    """Return the region with the geometry of the image, resampled to it where that is asked for."""
    tolerance_mm = 1e-3
    if parameters.tolerance_voxels is not None:
        tolerance_mm = max(tolerance_mm, parameters.tolerance_voxels * min(image.GetSpacing()))
    differences = "; ".join(grid_differences(region, image, tolerance_mm))
    if not differences:
        region.CopyInformation(image)
        return region
    if _sticks_out(region, image):
        raise UnusableMask(OUTSIDE, differences)
    if not parameters.correct_mask:
        raise UnusableMask(ANOTHER_GRID, differences)
    resampled = sitk.Resample(region, image, sitk.Transform(), sitk.sitkNearestNeighbor)
    if not sitk.GetArrayViewFromImage(resampled).any():
        raise UnusableMask(EMPTY, f"no voxel is left on the grid of the image; {differences}")
    return resampled


def _sticks_out(region: sitk.Image, image: sitk.Image) -> bool:
    """Say whether the box of a region reaches beyond the volume of the image."""
    if region.GetDimension() != image.GetDimension():
        return False
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(region)
    start, size = np.split(np.array(statistics.GetBoundingBox(1)), 2)
    ends = [start - 0.5, start + size - 0.5]
    corners = np.array(np.meshgrid(*np.transpose(ends))).reshape(len(start), -1).T
    places = [
        image.TransformPhysicalPointToContinuousIndex(
            region.TransformContinuousIndexToPhysicalPoint(corner.tolist())
        )
        for corner in corners
    ]
    low, high = -0.5 - ROUNDING, np.array(image.GetSize()) - 0.5 + ROUNDING
    return bool((np.array(places) < low).any() or (np.array(places) > high).any())
