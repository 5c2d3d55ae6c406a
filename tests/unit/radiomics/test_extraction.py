"""Extraction: PyRadiomics' own values, shared filters, and masks that cannot be used."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor
from radproof.radiomics.extractors.pyradiomics import extract

STS = Path(__file__).resolve().parents[4] / "shared" / "data" / "sts"
SETTINGS = {
    "kind": "pyradiomics",
    "setting": {"binWidth": 0.2},
    "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}, "Wavelet": {}},
    "featureClass": {
        "shape": [],
        "firstorder": [],
        "glcm": ["Contrast", "Idm"],
        "glrlm": ["RunEntropy"],
        "glszm": ["ZonePercentage"],
        "gldm": ["DependenceEntropy"],
        "ngtdm": ["Coarseness"],
    },
}


def phantom(seed: int = 0) -> sitk.Image:
    noise = np.random.default_rng(seed).normal(size=(12, 24, 24)).astype(np.float32)
    image = sitk.SmoothingRecursiveGaussian(sitk.GetImageFromArray(noise), 1.0)
    image.SetSpacing((1.0, 1.0, 3.0))
    return image * 10


def box(image: sitk.Image, low: int, high: int) -> sitk.Image:
    array = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    array[3:9, low:high, low:high] = 1
    mask = sitk.GetImageFromArray(array)
    mask.CopyInformation(image)
    return mask


def assert_identical(image: sitk.Image, masks: dict[str, sitk.Image], settings: dict) -> None:
    ours = extract({"t1": image}, masks, settings).features
    parameters = {
        "setting": {**settings["setting"], "label": 1, "additionalInfo": False},
        "imageType": settings["imageType"],
        "featureClass": settings["featureClass"],
    }
    for name, mask in masks.items():
        theirs = RadiomicsFeatureExtractor(parameters).execute(image, mask)
        assert {f"t1__{key}" for key in theirs} == set(ours.columns)
        for key, value in theirs.items():
            assert ours.loc[name, f"t1__{key}"] == pytest.approx(float(value), rel=1e-9), key


def test_values_are_those_of_pyradiomics() -> None:
    image = phantom()
    assert_identical(image, {"one": box(image, 5, 15), "two": box(image, 8, 20)}, SETTINGS)


def test_values_are_those_of_pyradiomics_slice_by_slice() -> None:
    image = phantom()
    settings = SETTINGS | {"setting": {"binWidth": 0.2, "force2D": True}}
    assert_identical(image, {"one": box(image, 5, 15)}, settings)


@pytest.mark.skipif(not STS.is_dir(), reason="shared data folder not present")
@pytest.mark.parametrize(("image_name", "space"), [("anat/{}_T1w", "T1w"), ("pet/{}_pet", "PET")])
def test_values_are_those_of_pyradiomics_on_a_real_case(image_name: str, space: str) -> None:
    patient = "sub-STS003"
    image = sitk.ReadImage(str(STS / patient / f"{image_name.format(patient)}.nii.gz"))
    folder = STS / "derivatives/manual" / patient / image_name.split("/")[0]
    mask = sitk.ReadImage(str(folder / f"{patient}_space-{space}_desc-GTVmass_dseg.nii.gz"))
    image = sitk.Cast(image, sitk.sitkFloat32)
    spread = float(np.ptp(sitk.GetArrayViewFromImage(image)))
    settings = SETTINGS | {
        "setting": {"binWidth": spread / 64},
        "imageType": {"Original": {}, "LoG": {"sigma": [3.0]}},
    }
    assert_identical(image, {"manual": mask}, settings)


def test_shape_stands_once_under_the_first_sequence() -> None:
    image = phantom()
    found = extract({"t1": image, "t2": phantom(1)}, {"one": box(image, 5, 15)}, SETTINGS)
    shapes = [name for name in found.features if "_shape_" in name]
    assert shapes
    assert all(name.startswith("t1__original_shape_") for name in shapes)
    assert any(name.startswith("t2__original_glcm_") for name in found.features)


def test_bad_masks_are_outcomes_and_leave_the_others_alone() -> None:
    image = phantom()
    single = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    single[5, 5, 5] = 1
    voxel = sitk.GetImageFromArray(single)
    voxel.CopyInformation(image)
    good = box(image, 5, 15)
    found = extract({"t1": image}, {"good": good, "empty": good * 0, "voxel": voxel}, SETTINGS)
    alone = extract({"t1": image}, {"good": good}, SETTINGS)
    assert list(found.features.index) == ["good", "empty", "voxel"]
    assert found.features.loc[["empty", "voxel"]].isna().all(axis=None)
    assert found.features.loc["good"].equals(alone.features.loc["good"])
    reasons = {outcome["mask"]: outcome["reason"] for outcome in found.outcomes}
    assert reasons["empty"] == "mask is empty"
    assert "1 segmented voxel" in reasons["voxel"]


def test_grey_levels_are_counted_and_a_width_is_suggested() -> None:
    image = phantom()
    coarse = SETTINGS | {"setting": {"binWidth": 1000.0}, "imageType": {"Original": {}}}
    row = extract({"t1": image}, {"one": box(image, 5, 15)}, coarse).grey_levels[0]
    assert row["levels"] <= 2
    assert not row["usual"]
    better = coarse | {"setting": {"binWidth": row["bin_width_for_64"]}}
    assert extract({"t1": image}, {"one": box(image, 5, 15)}, better).grey_levels[0]["usual"]
