"""Scale: values in a physical unit divided by a constant, such as SUV by 5."""

from typing import Any

import SimpleITK as sitk


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image over ``divisor`` (in the image's own unit)."""
    return image / settings["divisor"]
