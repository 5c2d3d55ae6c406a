"""The digital phantom of IBSI 1: features agree with its reference values, or deviate as said."""

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.radiomics.dictionary import MATRICES, aggregation
from radproof.radiomics.extractors.pyradiomics import extract
from radproof.radiomics.features import read_dictionary
from radproof.volumes import read_mask, read_volume

IBSI = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "ibsi"
pytestmark = pytest.mark.skipif(not IBSI.is_dir(), reason="shared reference folder not present")

# Intensities are whole numbers from 1, so that bins of width 1 leave grey levels as they are.
AGGREGATIONS: dict[str, dict[str, Any]] = {
    "3D, mean over directions (ITBB)": {},
    "3D, directions merged (IAZD)": {"weightingNorm": "no_weighting"},
    "2.5D, mean over directions (JJUI)": {"force2D": True},
    "2.5D, directions merged (ZW7Z)": {"force2D": True, "weightingNorm": "no_weighting"},
}
TABLE = read_dictionary()
SHARED = TABLE[TABLE["ibsi_tag"] != ""]
FEATURES = [f"{row['class']}_{row['feature']}" for row in SHARED.to_dict("records")]
VOXELS = 74
PER_DEGREE_OF_FREEDOM = math.sqrt(VOXELS / (VOXELS - 1))
TRANSFORMED: dict[str, Callable[[float], float]] = {
    "firstorder_Kurtosis": lambda value: value - 3,
    **dict.fromkeys(
        ("shape_MajorAxisLength", "shape_MinorAxisLength", "shape_LeastAxisLength"),
        lambda value: value * PER_DEGREE_OF_FREEDOM,
    ),
}


@cache
def phantom() -> tuple[sitk.Image, sitk.Image]:
    folder = IBSI / "ibsi_1_digital_phantom" / "nifti"
    image = read_volume(folder / "image" / "phantom.nii.gz")
    return sitk.Cast(image, sitk.sitkFloat64), read_mask(folder / "mask" / "mask.nii.gz")


def values_of(image: sitk.Image, setting: dict[str, Any]) -> pd.Series:
    """Return every feature that gives a value, as ``class_feature``."""
    there = TABLE[(TABLE["deprecated"] != "no value") & (TABLE["class"] != "shape2D")]
    classes = {name: list(rows["feature"]) for name, rows in there.groupby("class")}
    settings = {"setting": setting, "imageType": {"Original": {}}, "featureClass": classes}
    row = extract({"x": image}, {"mask": phantom()[1]}, settings).features.loc["mask"]
    return row.rename(lambda name: name.removeprefix("x__original_"))


@cache
def measured(name: str) -> pd.Series:
    return values_of(phantom()[0], {"binWidth": 1.0, **AGGREGATIONS[name]})


@cache
def references() -> pd.DataFrame:
    return pd.read_csv(IBSI / "ibsi_1_dig_phantom.csv", sep=";", index_col="tag")


def reference(feature: str, name: str) -> tuple[float, float, float]:
    """Return a reference value, its tolerance, and half a unit of its third digit."""
    row = SHARED.iloc[FEATURES.index(feature)]
    tag = row["ibsi_tag"]
    if row["class"] in MATRICES:
        stem, _, directions = tag.partition("_3D")
        plane = "_2_5D" if "force2D" in AGGREGATIONS[name] else "_3D"
        merged = "weightingNorm" in AGGREGATIONS[name] and directions
        tag = stem + plane + ("_comb" if merged else directions)
    value, tolerance = references().loc[tag]
    return value, tolerance, 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 2)


def test_the_phantom_has_its_own_grey_levels() -> None:
    image, mask = phantom()
    inside = sitk.GetArrayFromImage(image)[sitk.GetArrayFromImage(mask) == 1]
    assert inside.size == VOXELS
    frequencies = np.unique(inside, return_counts=True)[1] / VOXELS
    assert measured(next(iter(AGGREGATIONS)))["firstorder_Uniformity"] == pytest.approx(
        (frequencies**2).sum()
    )


@pytest.mark.parametrize("name", AGGREGATIONS)
@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_agrees_with_ibsi_or_deviates_as_the_dictionary_says(
    feature: str, name: str
) -> None:
    value = measured(name)[feature]
    wanted, tolerance, rounding = reference(feature, name)
    if SHARED.iloc[FEATURES.index(feature)]["standardised"] == "yes":
        assert value == pytest.approx(wanted, rel=1e-9, abs=max(tolerance, rounding))
    else:
        assert abs(value - wanted) > rounding
        assert TRANSFORMED[feature](value) == pytest.approx(wanted, rel=1e-9, abs=rounding)


def test_how_many_agree() -> None:
    counts = SHARED["standardised"].value_counts()
    assert counts.to_dict() == {"yes": 101, "deviates": 4}
    assert set(TRANSFORMED) == {
        feature
        for feature, standing in zip(FEATURES, SHARED["standardised"], strict=True)
        if standing == "deviates"
    }


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_the_dictionary_names_the_aggregation_that_agrees(name: str) -> None:
    assert aggregation("glcm", AGGREGATIONS[name]) == name
    assert aggregation("glrlm", AGGREGATIONS[name]) == name


def test_shape_knows_no_grey_levels() -> None:
    ours = measured(next(iter(AGGREGATIONS))).filter(like="shape_")
    other = values_of(phantom()[0] * 100 - 7, {"binCount": 5}).filter(like="shape_")
    assert len(ours) == 17
    assert ours.equals(other)


def test_a_fixed_width_counts_bins_from_zero_and_not_from_the_least_value() -> None:
    """IBSI's bins of width 2 begin at the least value, 1: the image shifted by it has them."""
    image, mask = phantom()
    inside = sitk.GetArrayFromImage(image)[sitk.GetArrayFromImage(mask) == 1]
    of_ibsi = np.floor((inside - inside.min()) / 2)
    frequencies = np.unique(of_ibsi, return_counts=True)[1] / VOXELS
    entropy = -(frequencies * np.log2(frequencies)).sum()
    ours = values_of(image, {"binWidth": 2.0})["firstorder_Entropy"]
    assert abs(ours - entropy) > 0.01
    shifted = values_of(image - float(inside.min()), {"binWidth": 2.0})["firstorder_Entropy"]
    assert shifted == pytest.approx(entropy)


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_a_fixed_number_of_bins_is_that_of_ibsi(count: int) -> None:
    image, mask = phantom()
    inside = sitk.GetArrayFromImage(image)[sitk.GetArrayFromImage(mask) == 1]
    scaled = count * (inside - inside.min()) / np.ptp(inside)
    levels = np.minimum(np.floor(scaled), count - 1)
    frequencies = np.unique(levels, return_counts=True)[1] / VOXELS
    ours = values_of(image, {"binCount": count})["firstorder_Uniformity"]
    assert ours == pytest.approx((frequencies**2).sum())
