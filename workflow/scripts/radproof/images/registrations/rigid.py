"""Rigid registration by mutual information."""

from typing import Any

import SimpleITK as sitk

from radproof.images.alignment import best_aligned, initial_rigid, turned_starts


def register(
    fixed: sitk.Image, moving: sitk.Image, settings: dict[str, Any], seed: int
) -> sitk.Euler3DTransform:
    """Return the rigid transform from points of the fixed to points of the moving image (mm).

    Mattes mutual information on a seeded sample of voxels, coarse to fine, regular steps along the
    gradient, rotation about the centre of the fixed image. The coarsest resolution is also tried
    from rotations by ``search_deg`` about each axis.

    Raises
    ------
    RuntimeError
        If the images do not overlap.

    Source: Mattes et al., IEEE Trans Med Imaging 22:120 (2003).
    """
    start = initial_rigid(fixed, moving, settings["initial"])
    starts = turned_starts(start, settings["search_deg"])
    return sitk.Euler3DTransform(best_aligned(fixed, moving, starts, settings, seed))
