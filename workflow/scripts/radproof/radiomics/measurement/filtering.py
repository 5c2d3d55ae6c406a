"""Filtered images, each made once for all the masks that it is measured in."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pywt
import SimpleITK as sitk
from radiomics import imageoperations

from radproof.errors import BadInput, Problem
from radproof.radiomics.measurement.compatibility import old_spherical_harmonics
from radproof.radiomics.measurement.placing import Placed

Filtered = tuple[sitk.Image, str, dict[str, Any], np.ndarray]


def filtered(
    image: sitk.Image, masks: list[Placed], image_types: dict[str, Any], settings: dict[str, Any]
) -> Iterator[Filtered]:
    """Yield each filtered image with its name, its settings and where it starts in the image.

    Raises
    ------
    BadInput
        If a filter gives no image, as LoG does where the volume is thinner than its sigma.
    """
    for image_type, own in image_types.items():
        arguments = {**settings, **own}
        start, source = np.zeros(3, dtype=int), image
        if image_type == "Wavelet":
            start, source = _reach_of_wavelet(image, masks, arguments)
        generator = getattr(imageoperations, f"get{image_type}Image")
        where, count = _union(masks) if image_type == "LBP3D" else None, 0
        with old_spherical_harmonics():
            for result, name, used in generator(source, where, **arguments):
                count += 1
                yield result, name, used, start
        if count < (len(arguments.get("sigma", [])) if image_type == "LoG" else 1):
            raise BadInput(
                Problem(
                    f"PyRadiomics' filter {image_type} gives no image",
                    found=f"volume of {image.GetSize()} voxels, settings {own}",
                    remedy="leave the filter or the large sigma out of the plan",
                )
            )


def _union(masks: list[Placed]) -> sitk.Image:
    """Return all masks in one, for patterns that are made where a mask is, voxel by voxel."""
    union = masks[0].mask
    for placed in masks[1:]:
        union = sitk.Maximum(union, placed.mask)
    return union


def _reach_of_wavelet(
    image: sitk.Image, masks: list[Placed], arguments: dict[str, Any]
) -> tuple[np.ndarray, sitk.Image]:
    """Cut out what the wavelets inside the masks depend on, and say where it starts.

    A filter reaches half its length at each level; an axis that leaves no room for that is kept
    whole, because the transform wraps around at the ends of the image, and so is one of odd length,
    which it pads. The cut is of even length.
    """
    length = pywt.Wavelet(arguments.get("wavelet", "coif1")).dec_len
    reach = length * (arguments.get("start_level", 0) + arguments.get("level", 1))
    boxes = np.array([placed.box for placed in masks])
    size = np.array(image.GetSize())
    low = boxes[:, 0::2].min(axis=0) - reach
    high = boxes[:, 1::2].max(axis=0) + 1 + reach
    high += (high - low) % 2
    whole = (low < 0) | (high > size)
    low, high = np.where(whole, 0, low), np.where(whole, size, high)
    return low, sitk.RegionOfInterest(image, (high - low).tolist(), low.tolist())
