"""No bias-field correction."""

from typing import Any

import SimpleITK as sitk


def correct(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image as it is."""
    return image
