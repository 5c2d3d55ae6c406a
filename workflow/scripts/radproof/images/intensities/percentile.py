"""Percentile: two percentiles inside the body mask brought to 0 and 1."""

from typing import Any

import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.images.percentiles import percentiles_inside


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image mapped linearly: percentile ``lower`` of the body to 0, ``upper`` to 1.

    Voxels outside the body are mapped alike. With ``clip`` values end at 0 and 1, else they go on.

    Raises
    ------
    BadInput
        If ``lower`` is not below ``upper``, or both percentiles are the same value.
    """
    chosen = [settings["lower"], settings["upper"]]
    if chosen[0] >= chosen[1]:
        raise BadInput(
            Problem(
                "range of percentiles is empty",
                found=f"{chosen[0]:g} to {chosen[1]:g} %",
                expected="lower below upper",
                remedy="correct the plan",
            )
        )
    lower, upper = map(float, percentiles_inside(image, body, chosen))
    scaled = (image - lower) / (upper - lower)
    return sitk.Clamp(scaled, scaled.GetPixelID(), 0.0, 1.0) if settings["clip"] else scaled
