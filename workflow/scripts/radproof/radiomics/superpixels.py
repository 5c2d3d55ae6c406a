"""Contours drawn anew along the superpixels of the image: kept or dropped by lot."""

from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.images.threads import one_thread
from radproof.segmentation.masks import largest_components, without_holes
from radproof.volumes import on_grid_of

ITERATIONS = 10
# Grey levels are clipped this far beyond those inside, in shares of their range.
CLIPPED_BEYOND = 0.1


def randomise_contour(
    mask: sitk.Image, image: sitk.Image, settings: dict[str, Any], generator: np.random.Generator
) -> sitk.Image:
    """Return a mask made of whole superpixels, each kept with the probability of its overlap.

    A superpixel that lies inside by ``inside`` or more stays, one by less than ``outside`` goes;
    that of the largest overlap always stays, so that the mask is never empty. Holes are closed, and
    the result has no more components than the mask had, the largest ones.

    Parameters
    ----------
    mask
        0/1, type uint8, not empty.
    image
        On the same grid.
    settings
        ``size_mm`` (edge of a superpixel at the start), ``compactness``, ``inside``, ``outside``.
    generator
        Draws one number a superpixel, in order of their labels.

    Source: Zwanenburg et al., Sci Rep 9:614 (2019), contour randomisation; superpixels by SLIC,
    Achanta et al., IEEE Trans Pattern Anal Mach Intell 34:2274 (2012).
    """
    drawn = sitk.GetArrayFromImage(mask) > 0
    box = _around(drawn, mask, settings["size_mm"])
    inside = drawn[box]
    labels = _superpixels(image, box, inside, settings)
    sizes = np.bincount(labels.ravel())
    overlap = np.bincount(labels.ravel(), weights=inside.ravel()) / np.maximum(sizes, 1)
    chance = np.where(overlap < settings["outside"], 0.0, overlap)
    chance[overlap >= settings["inside"]] = 1.0
    chance[np.argmax(overlap)] = 1.0
    chosen = (generator.random(chance.size) < chance)[labels]
    changed = np.zeros_like(drawn)
    _, components = largest_components(drawn, None)
    changed[box], _ = largest_components(without_holes(chosen), components)
    return on_grid_of(changed.astype(np.uint8), mask)


def _around(drawn: np.ndarray, mask: sitk.Image, size_mm: float) -> tuple[slice, ...]:
    """Return the box (z, y, x) around a mask with room for two superpixels on each side."""
    places = np.argwhere(drawn)
    room = np.ceil(2 * size_mm / np.array(mask.GetSpacing()[::-1])).astype(int)
    low = np.maximum(places.min(axis=0) - room, 0)
    high = np.minimum(places.max(axis=0) + room + 1, drawn.shape)
    return tuple(slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True))


def _superpixels(
    image: sitk.Image, box: tuple[slice, ...], inside: np.ndarray, settings: dict[str, Any]
) -> np.ndarray:
    """Return the label of each voxel of the box (z, y, x).

    Seeds stand as far apart in every direction, in mm, as voxels allow. Grey levels count in
    standard deviations of those inside the mask.
    """
    grey = sitk.GetArrayFromImage(image)[box].astype(np.float64)
    own = grey[inside]
    beyond = CLIPPED_BEYOND * np.ptp(own)
    grey = np.clip(grey, own.min() - beyond, own.max() + beyond) / (own.std() or 1.0)
    apart = settings["size_mm"] / np.array(image.GetSpacing())
    grid = np.clip(np.round(apart), 1, grey.shape[::-1]).astype(int).tolist()
    with one_thread():
        labels = sitk.SLIC(
            sitk.GetImageFromArray(grey.astype(np.float32)),
            maximumNumberOfIterations=ITERATIONS,
            superGridSize=grid,
            spatialProximityWeight=settings["compactness"],
        )
    return sitk.GetArrayFromImage(labels).astype(np.int64)
