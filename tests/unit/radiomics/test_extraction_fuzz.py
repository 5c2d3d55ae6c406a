"""Whatever the mask and the settings: no exception, nothing missing unsaid, PyRadiomics' values."""

import math
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from radiomics.featureextractor import RadiomicsFeatureExtractor
from radproof.radiomics.extractors.pyradiomics import extract
from radproof.radiomics.measurement.compatibility import old_spherical_harmonics

SHAPES = [(8, 9, 10), (5, 12, 7), (1, 10, 10)]
SPACINGS_MM = [(1.0, 1.0, 1.0), (0.9, 0.9, 3.0), (1.0, 2.0, 0.5)]
CLASSES = ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
FILTERS = ("Original", "Wavelet", "Square", "Logarithm", "Exponential", "Gradient", "LBP3D")
SETTINGS = {
    "binCount": st.sampled_from([2, 16]),
    "force2D": st.just(True),
    "force2Ddimension": st.integers(0, 2),
    "distances": st.sampled_from([[1, 2], [2], [1, 4]]),
    "weightingNorm": st.sampled_from(["manhattan", "infinity", "no_weighting"]),
    "symmetricalGLCM": st.just(False),
    "gldm_a": st.integers(0, 3),
    "normalize": st.just(True),
    "resampledPixelSpacing": st.sampled_from([[2, 2, 2], [1.5, 1.5, 0]]),
    "preCrop": st.just(True),
    "padDistance": st.integers(0, 3),
    "resegmentRange": st.just([-1, 1]),
    "resegmentMode": st.just("sigma"),
    "minimumROIDimensions": st.integers(1, 3),
    "minimumROISize": st.integers(1, 50),
}
# Where every value is the same, deviations from the mean are rounding and nothing else.
NEARLY_ZERO = 1e-9
# The root of what is nearly zero in a direction in which neighbours are independent.
ROOTS = ("glcm_Imc2", "glcm_MCC")


@st.composite
def boxes(draw: st.DrawFn, shape: tuple[int, int, int]) -> tuple[slice, ...]:
    """Draw a box; one voxel, a line, a slice and the whole image are among them."""
    ends = [draw(st.sampled_from([(0, size), None])) for size in shape]
    ends = [
        end or sorted((draw(st.integers(0, size - 1)), draw(st.integers(1, size))))
        for end, size in zip(ends, shape, strict=True)
    ]
    return tuple(slice(low, max(high, low + 1)) for low, high in ends)


@st.composite
def regions(draw: st.DrawFn, shape: tuple[int, int, int]) -> np.ndarray:
    """Draw the union of boxes, or scattered voxels; either may be empty."""
    array = np.zeros(shape, dtype=np.uint8)
    for box in draw(st.lists(boxes(shape), max_size=2)):
        array[box] = 1
    if draw(st.booleans()):
        rng = np.random.default_rng(draw(st.integers(0, 9)))
        array &= rng.random(shape) < draw(st.sampled_from([0.05, 0.5]))
    return array


@st.composite
def images(draw: st.DrawFn, shape: tuple[int, int, int]) -> np.ndarray:
    """Draw noise, half or all of which may be constant."""
    noise = np.random.default_rng(draw(st.integers(0, 9))).normal(50, 10, shape)
    noise[:, : draw(st.sampled_from([0, shape[1] // 2, shape[1]]))] = 7
    return noise.astype(draw(st.sampled_from(["int16", "float32", "float64"])))


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(list(SETTINGS)), max_size=4, unique=True))
    setting = {name: draw(SETTINGS[name]) for name in names}
    if "binCount" not in setting:
        setting["binWidth"] = draw(st.sampled_from([0.5, 5, 25]))
    chosen = draw(st.lists(st.sampled_from(FILTERS), min_size=1, max_size=2, unique=True))
    image_types: dict[str, Any] = {name: {} for name in chosen}
    if "resampledPixelSpacing" in setting or "preCrop" in setting:
        # Where the image is cropped to the mask there may be no room for this filter.
        image_types["LoG"] = {"sigma": [2.0]}
    return {
        "setting": setting,
        "imageType": image_types,
        "featureClass": {name: [] for name in CLASSES},
    }


@st.composite
def cases(draw: st.DrawFn) -> tuple[sitk.Image, dict[str, sitk.Image], dict[str, Any]]:
    shape, spacing_mm = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(SPACINGS_MM))
    image, *masks = (
        sitk.GetImageFromArray(array)
        for array in (draw(images(shape)), draw(regions(shape)), draw(regions(shape)))
    )
    for volume in (image, *masks):
        volume.SetSpacing(spacing_mm)
    return image, dict(zip(("one", "two"), masks, strict=True)), draw(parameters())


def by_pyradiomics(image: sitk.Image, mask: sitk.Image, chosen: dict[str, Any]) -> dict[str, float]:
    """Return PyRadiomics' own values; none where it refuses."""
    setting = {**chosen["setting"], "additionalInfo": False}
    try:
        with old_spherical_harmonics():
            found = RadiomicsFeatureExtractor({**chosen, "setting": setting}).execute(image, mask)
    except ValueError:
        return {}
    return {f"x__{name}": float(value) for name, value in found.items()}


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
@pytest.mark.filterwarnings("ignore")
def test_anything_is_measured_or_said(
    case: tuple[sitk.Image, dict[str, sitk.Image], dict[str, Any]],
) -> None:
    image, masks, chosen = case
    ours = extract({"x": image}, masks, chosen)
    for name, mask in masks.items():
        row = ours.features.loc[name]
        said = [outcome for outcome in ours.outcomes if outcome["mask"] == name]
        assert sum(outcome["n_missing"] for outcome in said) == row.isna().sum()
        assert all(outcome["sequence"] == "x" and outcome["outcome"] for outcome in said)
        theirs = by_pyradiomics(image, mask, chosen)
        assert set(theirs) <= set(row.index)
        for feature, value in theirs.items():
            scaled = feature.endswith(("firstorder_Skewness", "firstorder_Kurtosis"))
            spread = theirs.get(feature.rpartition("_")[0] + "_Variance", 0)
            if not math.isnan(row[feature]) and not (scaled and spread < NEARLY_ZERO):
                absolute = 1e-7 if feature.endswith(ROOTS) else NEARLY_ZERO
                assert row[feature] == pytest.approx(value, rel=1e-9, abs=absolute), feature
