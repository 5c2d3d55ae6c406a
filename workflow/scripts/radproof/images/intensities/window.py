"""Window: CT numbers between two bounds brought to -1 and 1."""

from typing import Any

import SimpleITK as sitk

from radproof.errors import BadInput, Problem


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image clipped to ``lower``..``upper`` (HU) and mapped linearly to -1..1.

    Raises
    ------
    BadInput
        If the lower bound is not below the upper.
    """
    lower, upper = settings["lower"], settings["upper"]
    if lower >= upper:
        found, expected = f"{lower:g} to {upper:g}", "lower below upper"
        raise BadInput(
            Problem(
                "intensity window is empty",
                found=found,
                expected=expected,
                remedy="correct the plan",
            )
        )
    clipped = sitk.Clamp(image, sitk.sitkFloat32, lower, upper)
    return (clipped - (lower + upper) / 2) / ((upper - lower) / 2)
