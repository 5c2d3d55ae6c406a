"""Quality of preparation: numbers that tell a person which patient to look at."""

from typing import Any

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import convolve

# Each with its meaning; limits of the plan are on those that are numbers.
COLUMNS = {
    "metric_before": "negative mutual information with the reference, as the headers say",
    "metric_after": "the same after registration; lower is better",
    "moved": "whether the registration was kept",
    "translation_mm": "how far the centre of the reference moves",
    "rotation_deg": "by what angle the reference turns",
    "body_voxels": "voxels of the sequence's body on the grid",
    "body_overlap": "Dice coefficient of that body with the reference's",
    "body_covered": "share of the reference's body in the sequence's field of view",
    "signal_to_noise": "mean in the body over the noise there, as scanned",
    "saturated": "share of the body at the largest value, as scanned",
    "mask_outside": "largest share of a rater's mask beyond the grid",
    "mask_unseen": "largest share of a rater's mask beyond the sequence's field of view",
    "grey_levels": "least number of values of the sequence in a rater's mask, as scanned",
    "flags": "values beyond the plan's limits",
}
MISSING = "sequence is missing"
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
    columns = [np.array(transform.TransformPoint((centre + step).tolist())) for step in np.eye(3)]
    # The rotation next to the transform: an affine one scales and shears besides.
    left, _, right = np.linalg.svd(np.array(columns).T - moved[:, None])
    cosine = np.clip((np.trace(left @ right) - 1) / 2, -1, 1)
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


def saturated_share(image: sitk.Image, body: sitk.Image) -> float:
    """Return the share of the body's voxels that have the image's largest value.

    More than a few say that brighter ones were cut off.
    """
    array = sitk.GetArrayViewFromImage(image)
    inside = array[sitk.GetArrayViewFromImage(body) > 0]
    return float((inside == array.max()).mean()) if inside.size else 0.0


def distinct_values(image: sitk.Image, mask: sitk.Image) -> int:
    """Return how many values an image has inside a mask on its grid: those textures are made of."""
    inside = sitk.GetArrayViewFromImage(image)[sitk.GetArrayViewFromImage(mask) > 0]
    return len(np.unique(inside))


def flags_of(values: dict[str, Any], limits: dict[str, dict[str, float]]) -> str | None:
    """Say which values lie beyond the plan's limits (column → minimum, maximum); None if none."""
    beyond = []
    for name, limit in limits.items():
        value = values.get(name)
        if value is None:
            continue
        if value < limit.get("minimum", -np.inf):
            beyond.append(f"{name} {value:.3g} is below {limit['minimum']:g}")
        if value > limit.get("maximum", np.inf):
            beyond.append(f"{name} {value:.3g} is above {limit['maximum']:g}")
    return "; ".join(beyond) or None


def as_row(patient: str, sequence: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the quality table with its columns in order."""
    return {"patient": patient, "sequence": sequence} | {name: values.get(name) for name in COLUMNS}
