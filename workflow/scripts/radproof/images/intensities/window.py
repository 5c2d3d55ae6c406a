"""Window: CT numbers between two bounds brought to -1 and 1."""

from typing import Any

import SimpleITK as sitk


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image clipped to ``lower``..``upper`` (HU) and mapped linearly to -1..1."""
    lower, upper = settings["lower"], settings["upper"]
    clipped = sitk.Clamp(image, sitk.sitkFloat32, lower, upper)
    return (clipped - (lower + upper) / 2) / ((upper - lower) / 2)
