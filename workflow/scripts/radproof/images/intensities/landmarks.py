"""Landmarks: percentiles inside the body mask brought to a standard scale.

Source: Nyúl, Udupa & Zhang, IEEE Trans Med Imaging 19:143 (2000).
"""

from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.images.percentiles import percentiles_inside
from radproof.images.standard_scale import piecewise_linear, read_landmarks
from radproof.volumes import on_grid_of


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image, float32, with its percentiles in the body at the values of ``file``.

    Linear between two landmarks; below the first and above the last the outermost slopes go on.
    Voxels outside the body are mapped alike.

    Raises
    ------
    BadInput
        If the file cannot be used, or the image's first and last landmark are the same value.
    """
    standard = read_landmarks(settings["file"])
    own = percentiles_inside(image, body, standard["percentiles"])
    array = sitk.GetArrayViewFromImage(image).astype(np.float64)
    mapped = piecewise_linear(array, own, np.array(standard["values"]))
    return on_grid_of(mapped.astype(np.float32), image)
