"""Masks placed on the image that is filtered for them, and what forbids to measure them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import SimpleITK as sitk
from radiomics import imageoperations

EMPTY = "empty"
SEQUENCE_MISSING = "sequence missing"
TOO_FEW_VOXELS = "too few voxels"
ONE_GREY_LEVEL = "one grey level"
UNDEFINED = "undefined"
FLAT = {0: "one voxel", 1: "one line", 2: "one slice"}


def has_own_image(settings: dict[str, Any]) -> bool:
    """Say whether PyRadiomics resamples or crops an image of its own for each mask."""
    return _resamples(settings) or bool(settings.get("preCrop"))


def _resamples(settings: dict[str, Any]) -> bool:
    return None not in (settings.get("resampledPixelSpacing"), settings.get("interpolator"))


class Unmeasurable(Exception):
    """A mask, of one image, in which nothing can be measured."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


@dataclass(frozen=True)
class Placed:
    """A mask on the image that is filtered for it.

    Attributes
    ----------
    mask, drawn
        Without and with the voxels that are left out by their intensity. Shape is measured on the
        latter, within the box of the former, as PyRadiomics does.
    box
        First and last voxel by axis: x, x, y, y, z, z.
    few
        Whether it is too flat for features that need neighbours or a surface.
    """

    name: str
    mask: sitk.Image
    drawn: sitk.Image
    box: np.ndarray
    few: bool

    @cached_property
    def inside(self) -> np.ndarray:
        """The mask within its box, boolean, (z, y, x)."""
        array = sitk.GetArrayViewFromImage(self.mask)
        return np.ascontiguousarray(array[self.slices()] > 0)

    @property
    def flat(self) -> str:
        """The outcome of a mask that is one voxel thin somewhere; empty for any other."""
        return FLAT.get(_dimensions(self.box), "")

    def slices(self, start: np.ndarray | int = 0) -> tuple[slice, ...]:
        """Return the box (z, y, x) in an array that begins ``start`` (x y z) after the image."""
        low, high = self.box[0::2] - start, self.box[1::2] - start
        return tuple(slice(int(low[axis]), int(high[axis]) + 1) for axis in (2, 1, 0))


def place(
    name: str, image: sitk.Image, mask: sitk.Image, settings: dict[str, Any]
) -> tuple[sitk.Image, Placed]:
    """Return the image that PyRadiomics filters for a mask, and the mask on it.

    Without resampling and cropping this is the image itself, whatever the mask.

    Raises
    ------
    Unmeasurable
        If the mask is empty or has too few voxels.
    """
    drawn, box = mask, _box(mask)
    if _resamples(settings):
        image, drawn = imageoperations.resampleImage(image, mask, **settings)
        _box(drawn, "no voxel is left of the mask after resampling")
    elif settings.get("preCrop"):
        image, drawn = imageoperations.cropToTumorMask(image, mask, box, **settings)
    kept = _within_range(image, drawn, settings)
    box = _box(kept)
    n_voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(kept)))
    least = settings.get("minimumROISize")
    if least is not None and n_voxels <= least:
        reason = f"{n_voxels}, and the settings ask for more than {least}"
        raise Unmeasurable(TOO_FEW_VOXELS, reason)
    # PyRadiomics refuses a single voxel whatever the settings.
    few = _dimensions(box) < max(settings["minimumROIDimensions"], 1)
    shaped = kept if settings.get("resegmentShape") else drawn
    return image, Placed(name, kept, shaped, box, few)


def _dimensions(box: np.ndarray) -> int:
    return int((box[1::2] > box[0::2]).sum())


def _box(mask: sitk.Image, otherwise: str = "the mask has no voxel") -> np.ndarray:
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(mask)
    if not statistics.HasLabel(1):
        raise Unmeasurable(EMPTY, otherwise)
    start, size = np.split(np.array(statistics.GetBoundingBox(1)), 2)
    return np.ravel([start, start + size - 1], order="F")


def _within_range(image: sitk.Image, mask: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the mask without the voxels outside the settings' range of intensities."""
    if settings.get("resegmentRange") is None:
        return mask
    try:
        kept = imageoperations.resegmentMask(image, mask, **settings)
    except ValueError as error:
        raise Unmeasurable(TOO_FEW_VOXELS, "at most one is within resegmentRange") from error
    return sitk.Cast(kept, sitk.sitkUInt8)
