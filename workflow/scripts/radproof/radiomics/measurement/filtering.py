"""Filtered images, each made once for all the masks that it is measured in."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import SimpleITK as sitk
from radiomics import imageoperations

from radproof.errors import BadInput, Problem
from radproof.radiomics.filter_names import filter_names
from radproof.radiomics.measurement.compatibility import old_spherical_harmonics
from radproof.radiomics.measurement.placing import Placed, has_own_image
from radproof.radiomics.measurement.wavelets import wavelets, within_reach

Filtered = tuple[np.ndarray, str, dict[str, Any], np.ndarray]


def filtered(
    image: sitk.Image, masks: list[Placed], image_types: dict[str, Any], settings: dict[str, Any]
) -> Iterator[Filtered]:
    """Yield each filtered image (z, y, x) with its name, its settings and where it starts (x y z).

    Where PyRadiomics resamples or crops an image for each mask, a filter may have no room in one of
    them: its image is then NaN throughout.

    Raises
    ------
    BadInput
        If a filter gives no image, as LoG does where the volume is thinner than its sigma.
    """
    for image_type, own in image_types.items():
        arguments, made = {**settings, **own}, set()
        for made_image in _made(image, masks, image_type, arguments):
            made.add(made_image[1])
            yield made_image
        lacking = [name for name in filter_names(image_type, arguments) if name not in made]
        if lacking and not has_own_image(settings):
            raise BadInput(
                Problem(
                    f"PyRadiomics' filter {image_type} gives no image",
                    found=f"volume of {image.GetSize()} voxels, settings {own}",
                    remedy="leave out the filter, or its large sigma",
                )
            )
        for name in lacking:
            nowhere = np.full(image.GetSize()[::-1], np.nan)
            yield nowhere, name, arguments, np.zeros(3, dtype=int)


def _made(
    image: sitk.Image, masks: list[Placed], image_type: str, arguments: dict[str, Any]
) -> Iterator[Filtered]:
    """Yield the images that there are of one type."""
    if image_type == "Wavelet":
        start, part = within_reach(image, masks, arguments)
        for array, name in wavelets(part, arguments):
            yield array, name, arguments, start
        return
    generator = getattr(imageoperations, f"get{image_type}Image")
    where = _union(masks) if image_type == "LBP3D" else None
    with old_spherical_harmonics():
        for result, name, used in generator(image, where, **arguments):
            yield sitk.GetArrayViewFromImage(result), name, used, np.zeros(3, dtype=int)


def _union(masks: list[Placed]) -> sitk.Image:
    """Return all masks in one, for patterns that are made where a mask is, voxel by voxel."""
    union = masks[0].mask
    for placed in masks[1:]:
        union = sitk.Maximum(union, placed.mask)
    return union
