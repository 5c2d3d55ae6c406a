"""Percentiles of an image inside the body."""

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk

from radproof.errors import BadInput, Problem


def values_inside(image: sitk.Image, body: sitk.Image) -> np.ndarray:
    """Return an image's values in the body as float64, shape (voxels,), in the image's unit."""
    inside = sitk.GetArrayViewFromImage(body) > 0
    return sitk.GetArrayViewFromImage(image)[inside].astype(np.float64)


def percentiles_inside(
    image: sitk.Image,
    body: sitk.Image,
    percentiles: Sequence[float],
    patient: str = "",
    file: str = "",
) -> np.ndarray:
    """Return percentiles (0 to 100, rising) of the body's voxels, float64, in the image's unit.

    Values between two voxels are interpolated linearly. ``patient`` and ``file`` are named in the
    message.

    Raises
    ------
    BadInput
        If the first and the last percentile are equal, so that they span no range.
    """
    found = np.percentile(values_inside(image, body), percentiles)
    if not found[0] < found[-1]:
        raise BadInput(
            Problem(
                "percentiles of the image inside the body are equal",
                patient=patient,
                file=file,
                found=f"{found[0]:g} at {percentiles[0]:g} and at {percentiles[-1]:g} %",
                remedy="see whether the image is constant, or take percentiles further apart",
            )
        )
    return found
