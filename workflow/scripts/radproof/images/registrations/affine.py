"""Affine registration by mutual information: a rigid one first, then scale and shear."""

from typing import Any

import SimpleITK as sitk

from radproof.images.alignment import best_aligned
from radproof.images.quality import negative_mutual_information
from radproof.images.registrations import rigid


def register(
    fixed: sitk.Image, moving: sitk.Image, settings: dict[str, Any], seed: int
) -> sitk.Transform:
    """Return the affine transform from points of the fixed to points of the moving image (mm).

    Starts at the rigid transform, whose settings it shares, and runs all resolutions again; the
    rigid one is returned where scale and shear do not improve the metric over all voxels.

    Raises
    ------
    RuntimeError
        If the images do not overlap.
    """
    near = rigid.register(fixed, moving, settings | {"kind": "rigid"}, seed)
    start = sitk.AffineTransform(near.GetMatrix(), near.GetTranslation(), near.GetCenter())
    found = best_aligned(fixed, moving, [start], settings, seed)
    return min(near, found, key=lambda each: negative_mutual_information(fixed, moving, each))
