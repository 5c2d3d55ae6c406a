"""Quality of preparation: numbers that tell a person which patient to look at."""

from typing import Any

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import convolve

METRIC_BINS = 32
# Cancels whatever is linear across three neighbours, so that it sees noise and fine texture.
NOISE_KERNEL = np.array([[[1, -2, 1], [-2, 4, -2], [1, -2, 1]]], dtype=np.float32)


def negative_mutual_information(
    reference: sitk.Image, moving: sitk.Image, transform: sitk.Transform
) -> float:
    """Return the negative mutual information over all voxels of the reference (lower is better).

    ``transform`` maps points of the reference to points of the moving image (mm).

    Raises
    ------
    RuntimeError
        If the images do not overlap.

    Source: Mattes et al., IEEE Trans Med Imaging 22:120 (2003).
    """
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(METRIC_BINS)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(transform)
    return float(method.MetricEvaluate(reference, moving))


def motion(transform: sitk.Transform, reference: sitk.Image) -> dict[str, float]:
    """Return how far the centre of the reference moves (mm), and by what angle it turns."""
    middle = [(count - 1) / 2 for count in reference.GetSize()]
    centre = np.array(reference.TransformContinuousIndexToPhysicalPoint(middle))
    moved = np.array(transform.TransformPoint(centre.tolist()))
    axes = [
        np.array(transform.TransformPoint((centre + step).tolist())) - moved for step in np.eye(3)
    ]
    cosine = np.clip((np.trace(np.array(axes)) - 1) / 2, -1, 1)
    return {
        "translation_mm": float(np.linalg.norm(moved - centre)),
        "rotation_deg": float(np.degrees(np.arccos(cosine))),
    }


def overlap(first: sitk.Image, second: sitk.Image) -> float:
    """Return the Dice coefficient of two masks on one grid; 1 where both are empty."""
    one, two = (sitk.GetArrayViewFromImage(mask) > 0 for mask in (first, second))
    both = one.sum() + two.sum()
    return float(2 * (one & two).sum() / both) if both else 1.0


def share_inside(mask: sitk.Image, seen: sitk.Image) -> float:
    """Return the share of a mask's voxels that another mask on its grid covers; 1 if empty."""
    voxels = sitk.GetArrayViewFromImage(mask) > 0
    covered = sitk.GetArrayViewFromImage(seen) > 0
    return float((voxels & covered).sum() / voxels.sum()) if voxels.any() else 1.0


def signal_to_noise(image: sitk.Image, body: sitk.Image) -> float | None:
    """Return the mean in the body over the noise's standard deviation there, estimated in-plane.

    The estimate needs no background, which a cropped image lacks; fine texture counts as noise.
    None where there is no noise at all.

    Source: Immerkær, Comput Vis Image Underst 64:300 (1996).
    """
    array = sitk.GetArrayFromImage(image).astype(np.float32)
    inside = sitk.GetArrayViewFromImage(body) > 0
    detail = np.abs(convolve(array, NOISE_KERNEL, mode="nearest"))[inside]
    noise = float(np.sqrt(np.pi / 2) * detail.mean(dtype=np.float64) / 6)
    return float(array[inside].mean(dtype=np.float64)) / noise if noise > 0 else None


def as_row(patient: str, sequence: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the quality table with its columns in order."""
    return {"patient": patient, "sequence": sequence} | {name: values.get(name) for name in COLUMNS}


COLUMNS = (
    "metric_before",
    "metric_after",
    "moved",
    "translation_mm",
    "rotation_deg",
    "body_voxels",
    "body_overlap",
    "body_covered",
    "signal_to_noise",
    "mask_outside",
)
