"""The dictionary names what is extracted, and says of each feature what IBSI has of it."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics import getFeatureClasses
from radproof.radiomics.dictionary import aggregation, describe
from radproof.radiomics.extractors.pyradiomics import extract
from radproof.radiomics.features import feature_problems, read_dictionary
from radproof.radiomics.filter_names import NAMES, filter_names

CLASSES: dict[str, list[str]] = {name: [] for name in ("shape", "firstorder", "glcm", "ngtdm")}
FEW: dict[str, list[str]] = {"shape": ["Flatness"], "firstorder": ["Mean"], "gldm": []}


def phantom(slices: int) -> tuple[sitk.Image, sitk.Image]:
    """Return an image of whole numbers from 1 and a box in the middle of it."""
    noise = np.random.default_rng(3).normal(100, 20, size=(9, 14, 13)).round()
    image = sitk.GetImageFromArray(np.maximum(noise, 1).astype(np.float64))
    inside = np.zeros(noise.shape, dtype=np.uint8)
    inside[2 : 2 + slices, 3:11, 3:10] = 1
    mask = sitk.GetImageFromArray(inside)
    mask.CopyInformation(image)
    return image, mask


def settings_of(
    image_types: dict[str, Any], classes: dict[str, Any], **setting: Any
) -> dict[str, Any]:
    return {
        "kind": "pyradiomics",
        "setting": {"binCount": 8, **setting},
        "imageType": image_types,
        "featureClass": classes,
    }


POINTWISE: dict[str, Any] = {
    name: {} for name in ("Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D")
}
CASES = {
    "original": (settings_of({"Original": {}}, {**CLASSES, "glrlm": [], "glszm": []}), 6),
    "log of two widths": (settings_of({"LoG": {"sigma": [1.0, 2.5]}}, FEW), 6),
    "log of a whole width": (settings_of({"LoG": {"sigma": [2]}}, FEW), 6),
    "wavelet": (settings_of({"Original": {}, "Wavelet": {}}, FEW), 6),
    "two levels from the second": (
        settings_of({"Wavelet": {"level": 2, "start_level": 1, "wavelet": "haar"}}, FEW),
        6,
    ),
    "wavelet slice by slice": (settings_of({"Wavelet": {"level": 2}}, FEW, force2D=True), 6),
    "pointwise": (settings_of(POINTWISE, FEW), 6),
    "by name": (
        settings_of(
            {"Original": {}},
            {"shape": ["Compactness1", "Sphericity"], "firstorder": ["StandardDeviation"]},
        ),
        6,
    ),
    "one slice": (
        settings_of({"Original": {}}, {"shape2D": [], **FEW}, force2D=True),
        1,
    ),
    "shape2D without force2D": (settings_of({"Original": {}}, {"shape2D": [], **FEW}), 6),
}


@pytest.mark.parametrize("case", CASES)
def test_the_dictionary_of_a_plan_is_what_is_extracted(case: str) -> None:
    settings, slices = CASES[case]
    image, mask = phantom(slices)
    found = extract({"t1": image, "t2": image + 1}, {"one": mask}, settings)
    described = describe(["t1", "t2"], settings)
    assert described["name"].is_unique
    assert set(described["name"]) == set(found.features.columns)
    parts = described["sequence"] + "__" + described["filter"] + "_" + described["class"]
    assert (parts + "_" + described["feature"]).equals(described["name"])


def test_names_of_filters_that_need_no_image() -> None:
    assert set(NAMES) >= {"Original", "LoG", "Wavelet", "LBP2D", "LBP3D"}
    assert filter_names("LBP3D", {}) == ["lbp-3D-m1", "lbp-3D-m2", "lbp-3D-k"]
    assert filter_names("LoG", {"sigma": [0.5]}) == ["log-sigma-0-5-mm-3D"]
    names = filter_names("Wavelet", {"level": 2})
    assert names[0] == "wavelet-LLH"
    assert names[-1] == "wavelet2-LLL"
    assert "wavelet-LLL" not in names


def test_the_table_has_every_feature_of_pyradiomics_once() -> None:
    table = read_dictionary()
    known = {
        (name, feature): deprecated
        for name, family in getFeatureClasses().items()
        for feature, deprecated in family.getFeatureNames().items()
    }
    listed = dict(
        zip(zip(table["class"], table["feature"], strict=True), table["deprecated"], strict=True)
    )
    assert len(table) == len(listed)
    assert {key: mark != "no" for key, mark in listed.items()} == known
    assert (table["description"] != "").all()
    assert table["reference"].str.contains("; ").all()


def test_the_table_does_not_contradict_itself() -> None:
    table = read_dictionary()
    codes = table.loc[table["ibsi_code"] != "", "ibsi_code"]
    assert codes.is_unique
    assert codes.str.fullmatch("[A-Z0-9]{4}").all()
    assert set(table["standardised"]) == {"yes", "no", "deviates"}
    assert ((table["why"] == "") == (table["standardised"] == "yes")).all()
    assert ((table["ibsi_tag"] == "") == (table["standardised"] == "no")).all()


def one(settings: dict[str, Any], name: str) -> Any:
    return describe(["t1"], settings).set_index("name").loc[f"t1__{name}"]


WHOLE = {"firstorder": [], "glcm": [], "glrlm": [], "gldm": []}
CONTRAST = "original_glcm_Contrast"


@pytest.mark.parametrize(
    ("name", "setting", "standing", "cause"),
    [
        (CONTRAST, {}, "yes", ""),
        (CONTRAST, {"binCount": None, "binWidth": 25.0}, "deviates", "counted from 0"),
        ("original_firstorder_Entropy", {"binCount": None}, "deviates", "counted from 0"),
        ("original_firstorder_Mean", {"binCount": None}, "yes", ""),
        ("original_firstorder_Kurtosis", {}, "deviates", "minus 3"),
        ("original_firstorder_TotalEnergy", {}, "no", "no feature of IBSI"),
        ("original_firstorder_Energy", {"voxelArrayShift": 300}, "deviates", "shifted"),
        (CONTRAST, {"symmetricalGLCM": False}, "deviates", "one direction"),
        (CONTRAST, {"distances": [1, 2]}, "deviates", "distance 1"),
        ("original_glrlm_RunEntropy", {"distances": [1, 2]}, "yes", ""),
        ("original_glrlm_RunEntropy", {"weightingNorm": "euclidean"}, "deviates", "weighted"),
        ("original_glrlm_RunEntropy", {"weightingNorm": "no_weighting"}, "yes", ""),
        ("original_gldm_DependenceEntropy", {"gldm_a": 1}, "deviates", "equal"),
        ("square_firstorder_Mean", {}, "no", "IBSI 2"),
        ("log-sigma-2-0-mm-3D_glcm_Contrast", {}, "no", "IBSI 2"),
    ],
)
def test_settings_decide_what_is_standardised(
    name: str, setting: dict[str, Any], standing: str, cause: str
) -> None:
    types = {"Original": {}, "LoG": {"sigma": [2.0]}, "Square": {}}
    row = one(settings_of(types, WHOLE, **setting), name)
    assert row["standardised"] == standing
    assert cause in row["why"]
    assert bool(row["why"]) == (standing != "yes")


def test_a_filters_own_bins_count_for_it_alone() -> None:
    row = one(settings_of({"Original": {"binCount": None, "binWidth": 2.0}}, WHOLE), CONTRAST)
    assert row["standardised"] == "deviates"


def test_aggregation_is_named_with_its_code() -> None:
    assert aggregation("glcm", {}) == "3D, mean over directions (ITBB)"
    assert aggregation("glrlm", {"weightingNorm": "no_weighting", "force2D": True}).endswith(
        "(ZW7Z)"
    )
    assert aggregation("glszm", {"force2D": True}) == "2.5D (62GR)"
    assert aggregation("shape", {}) == ""


def test_features_that_are_not_there_are_named_with_the_nearest() -> None:
    classes = {"glcm": ["contrst", "Contrast"], "shape": None, "gclm": [], "ngtdm": []}
    first, second = feature_problems(classes, "plan.yaml")
    assert str(first).startswith("plan.yaml: unknown feature at featureClass.glcm (found contrst")
    assert "expected Contrast" in first.expected or first.expected.startswith("Contrast")
    assert "found gclm" in str(second)
    assert "glcm" in second.expected


def test_a_feature_that_gives_no_value_is_said_to() -> None:
    (problem,) = feature_problems({"glcm": ["Dissimilarity"]}, "plan.yaml")
    assert "equal to DifferenceAverage" in problem.found
    assert not feature_problems({"shape": ["Compactness1"]}, "plan.yaml")
