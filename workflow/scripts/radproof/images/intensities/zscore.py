"""Z-score: mean 0 and standard deviation 1 inside the body mask."""

from typing import Any

import numpy as np
import SimpleITK as sitk


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image less its mean in the body, over its standard deviation there.

    Voxels outside the body are scaled alike. An image that is constant in the body becomes 0.
    """
    inside = sitk.GetArrayViewFromImage(image)[sitk.GetArrayViewFromImage(body) > 0]
    values = inside.astype(np.float64)
    spread = float(values.std())
    return (image - float(values.mean())) / (spread if spread > 0 else 1.0)
