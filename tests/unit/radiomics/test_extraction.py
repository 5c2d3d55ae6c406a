"""Extraction: PyRadiomics' own values, shared filters, and masks that cannot be used."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor
from radproof.radiomics.extractors.pyradiomics import extract, grey_levels

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


FEW = {"Original": {}, "LoG": {"sigma": [2.0]}}


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


def drawn(image: sitk.Image, where: tuple) -> sitk.Image:
    array = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    array[where] = 1
    mask = sitk.GetImageFromArray(array)
    mask.CopyInformation(image)
    return mask


def test_bad_masks_are_outcomes_and_leave_the_others_alone() -> None:
    image = phantom()
    masks = {
        "good": box(image, 5, 15),
        "empty": drawn(image, (slice(0), 0, 0)),
        "voxel": drawn(image, (5, 5, 5)),
        "line": drawn(image, (5, 5, slice(3, 12))),
        "slice": drawn(image, (5, slice(3, 12), slice(3, 12))),
    }
    found = extract({"t1": image}, masks, SETTINGS)
    assert list(found.features.index) == list(masks)
    alone = extract({"t1": image}, {"good": masks["good"]}, SETTINGS)
    assert found.features.loc["good"].equals(alone.features.loc["good"])
    assert "good" not in {row["mask"] for row in found.outcomes}
    outcome = {row["mask"]: row["outcome"] for row in found.outcomes}
    assert outcome == {
        "empty": "empty",
        "voxel": "one voxel",
        "line": "one line",
        "slice": "one slice",
    }
    missing = found.features.isna()
    assert missing.loc["empty"].all()
    assert not missing.loc["slice"].any()
    of_first_order = found.features.columns.str.contains("_firstorder_")
    for name in ("voxel", "line"):
        assert (missing.loc[name] == ~of_first_order).all()
        noted = sum(row["n_missing"] for row in found.outcomes if row["mask"] == name)
        assert noted == missing.loc[name].sum()


def test_one_grey_level_leaves_first_order_and_shape() -> None:
    image = phantom()
    coarse = SETTINGS | {"setting": {"binWidth": 1e4}, "imageType": {"Original": {}, "Square": {}}}
    found = extract({"t1": image + 5e3}, {"one": box(image, 5, 15)}, coarse)
    present = found.features.loc["one"].dropna().index
    assert {name.split("_")[-2] for name in present} == {"shape", "firstorder"}
    assert {(row["filter"], row["outcome"], row["n_missing"]) for row in found.outcomes} == {
        ("original", "one grey level", 6),
        ("square", "one grey level", 6),
    }


def test_masks_smaller_than_asked_for_are_not_measured() -> None:
    image = phantom()
    asked = SETTINGS | {"setting": {"binWidth": 0.2, "minimumROISize": 600}}
    found = extract({"t1": image}, {"s": box(image, 5, 15), "l": box(image, 5, 16)}, asked)
    assert [(row["mask"], row["outcome"]) for row in found.outcomes] == [("s", "too few voxels")]
    assert "600, and the settings ask for more than 600" in found.outcomes[0]["reason"]
    assert found.features.loc["s"].isna().all()
    assert found.features.loc["l"].notna().all()


def test_a_sequence_that_is_missing_is_said_for_each_mask() -> None:
    image = phantom()
    found = extract({"t1": image, "t2": image * 0}, {"one": box(image, 5, 15)}, SETTINGS)
    assert [row["outcome"] for row in found.outcomes] == ["sequence missing"]
    assert found.outcomes[0]["sequence"] == "t2"


def test_intensities_left_out_are_left_out_of_textures_and_not_of_shape() -> None:
    image = phantom()
    setting = {"binWidth": 0.2, "resegmentRange": [-1.0, 1.0], "resegmentMode": "sigma"}
    for of_shape in (False, True):
        settings = SETTINGS | {"setting": setting | {"resegmentShape": of_shape}}
        assert_identical(image, {"one": box(image, 5, 15)}, settings | {"imageType": FEW})


@pytest.mark.parametrize(
    "setting",
    [
        {"binCount": 12},
        {"binWidth": 0.2, "force2D": True},
        {"binWidth": 0.2, "force2D": True, "force2Ddimension": 2},
        {"binWidth": 0.2, "distances": [1, 2], "gldm_a": 2},
        {"binWidth": 0.2, "weightingNorm": "euclidean"},
        {"binWidth": 0.2, "symmetricalGLCM": False, "voxelArrayShift": 100},
        {"binWidth": 0.1, "normalize": True, "normalizeScale": 2, "removeOutliers": 2.0},
        {"binWidth": 0.2, "preCrop": True, "padDistance": 2},
        {"binWidth": 0.2, "resampledPixelSpacing": [1.5, 1.5, 0], "interpolator": "sitkLinear"},
    ],
    ids=str,
)
def test_settings_do_what_they_do_in_pyradiomics(setting: dict) -> None:
    image = phantom()
    masks = {"one": box(image, 5, 15), "two": box(image, 2, 20)}
    whole = {name: [] for name in SETTINGS["featureClass"]}
    assert_identical(image, masks, {"setting": setting, "imageType": FEW, "featureClass": whole})


@pytest.mark.parametrize(
    "image_type",
    [
        {"Wavelet": {"wavelet": "haar", "level": 2}},
        {"Wavelet": {"wavelet": "db2", "start_level": 1}},
        {"Square": {}, "SquareRoot": {}, "Logarithm": {}, "Gradient": {}},
        {"Exponential": {"binWidth": 0.01}},
        {"LBP2D": {"binWidth": 1.0, "lbp2DRadius": 2.0}},
    ],
    ids=str,
)
def test_filters_are_those_of_pyradiomics(image_type: dict) -> None:
    image = phantom()
    masks = {"one": box(image, 8, 15), "two": box(image, 9, 20)}
    assert_identical(image, masks, SETTINGS | {"imageType": image_type})


def test_wavelets_are_made_of_as_much_of_the_image_as_they_depend_on() -> None:
    noise = np.random.default_rng(1).normal(size=(40, 60, 61)).astype(np.float32)
    image = sitk.GetImageFromArray(noise)
    where = (slice(18, 22), slice(28, 33), slice(1, 5))
    assert_identical(image, {"one": drawn(image, where)}, SETTINGS | {"imageType": {"Wavelet": {}}})


def test_a_shape_in_one_slice() -> None:
    image = phantom()
    one = drawn(image, (5, slice(3, 12), slice(3, 12)))
    flat = {
        "setting": {"binWidth": 0.2, "force2D": True},
        "imageType": {"Original": {}},
        "featureClass": {"shape2D": []},
    }
    assert_identical(image, {"one": one}, flat)
    thick = extract({"t1": image}, {"two": box(image, 5, 15)}, flat)
    assert thick.features.isna().all(axis=None)
    assert thick.outcomes[0]["outcome"] == "undefined"


def test_grey_levels_are_counted_and_a_width_is_suggested() -> None:
    image = phantom()
    coarse = SETTINGS | {"setting": {"binWidth": 1000.0}, "imageType": {"Original": {}}}
    row = extract({"t1": image}, {"one": box(image, 5, 15)}, coarse).grey_levels[0]
    assert row["levels"] <= 2
    assert not row["usual"]
    better = coarse | {"setting": {"binWidth": row["bin_width_for_64"]}}
    assert extract({"t1": image}, {"one": box(image, 5, 15)}, better).grey_levels[0]["usual"]


def test_counting_levels_alone_counts_what_extraction_sees() -> None:
    image = phantom()
    masks = {"one": box(image, 5, 15), "two": box(image, 8, 20)}
    assert grey_levels({"t1": image}, masks, SETTINGS) == [
        *extract({"t1": image}, masks, SETTINGS).grey_levels
    ]


@pytest.mark.parametrize("pixel_type", [sitk.sitkUInt8, sitk.sitkInt16])
@pytest.mark.parametrize("width", [25, 40000])
def test_bins_do_not_end_where_the_numbers_of_a_file_end(pixel_type: int, width: int) -> None:
    image = sitk.Clamp(sitk.RescaleIntensity(phantom(), -200, 455), lowerBound=0, upperBound=255)
    settings = SETTINGS | {"setting": {"binWidth": width}, "imageType": {"Original": {}}}
    whole = sitk.Cast(image, pixel_type)
    masks = {"one": box(image, 5, 15), "two": box(image, 8, 20)}
    found = extract({"t1": whole}, masks, settings).features
    same = extract({"t1": sitk.Cast(whole, sitk.sitkFloat64)}, masks, settings).features
    np.testing.assert_allclose(found, same, rtol=1e-12)


def test_a_filter_without_a_value_somewhere_is_an_outcome_and_leaves_the_others_alone() -> None:
    image = sitk.Cast(phantom() * 100, sitk.sitkInt16)
    image[0:12, 0:12, :] = 7
    masks = {"flat": box(image, 1, 9), "good": box(image, 13, 21)}
    settings = SETTINGS | {"setting": {"binWidth": 1}, "imageType": {"LBP3D": {}}}
    found = extract({"t1": image}, masks, settings)
    alone = extract({"t1": image}, {"good": masks["good"]}, settings).features
    assert found.features.loc["good"].equals(alone.loc["good"])
    assert found.features.loc["good"].notna().all()
    kurtosis = found.features.columns.str.contains("lbp-3D-k")
    assert found.features.loc["flat", kurtosis].isna().all()
    (said,) = [row for row in found.outcomes if row["filter"] == "lbp-3D-k"]
    assert (said["mask"], said["outcome"]) == ("flat", "undefined")
    assert said["reason"].startswith("no finite intensity in ")
    assert said["n_missing"] == kurtosis.sum()


def test_a_mask_with_no_room_for_a_filter_in_its_own_image_leaves_the_others_alone() -> None:
    image = phantom()
    masks = {
        "large": box(image, 3, 20),
        "small": drawn(image, (slice(4, 6), slice(4, 7), slice(4, 7))),
        "line": drawn(image, (4, 4, slice(4, 9))),
    }
    setting = {"binWidth": 0.2, "preCrop": True, "padDistance": 0}
    settings = SETTINGS | {"imageType": FEW, "setting": setting}
    found = extract({"t1": image}, masks, settings)
    assert_identical(image, {"large": masks["large"]}, settings)
    assert found.features.loc["large"].notna().all()
    log = found.features.columns.str.contains("log-sigma")
    assert found.features.loc["small"].isna().tolist() == log.tolist()
    said = {(row["mask"], row["filter"]): row["outcome"] for row in found.outcomes}
    assert said["small", "log-sigma-2-0-mm-3D"] == "undefined"
    assert said["line", ""] == "one line"
