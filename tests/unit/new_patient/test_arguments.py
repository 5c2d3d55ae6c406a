"""What is given of a patient is held against the plan, all problems together."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.new_patient.arguments import Patient, check_given, unused_notes, values_of
from radproof.new_patient.needs import chain_of, needs_of
from radproof.volumes import write_volume

from tests.unit.new_patient.finished import PLAN, fitted


def patient(images=None, mask=None, clinical=None, center=None, label="new") -> Patient:
    return Patient(label, images or {}, mask, clinical or {}, center)


def problems(model: str, given: Patient, plan=PLAN, models=None) -> str:
    models = models or fitted(*chain_of(plan, model))
    with pytest.raises(BadInput) as caught:
        check_given(given, needs_of(plan, models), plan, models)
    return str(caught.value)


def test_names_are_refused_with_those_alike():
    given = patient({"t1W": Path("a.nii")}, clinical={"aeg": "3", "stage": "2"}, label="a b")
    said = problems("nomogram", given)
    assert "study has no such sequence (found t1W, expected T1w" in said
    assert "sequence T2w is not given, and is needed for features of drawn" in said
    assert "study has no such clinical variable (found aeg, expected age or stage)" in said
    assert "patient is not a plain label (found a b" in said
    assert "measures the mask of a rater, and none is given" in said


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("age", "130", "0 to 120 years"),
        ("age", "nan", "0 to 120 years"),
        ("age", "old", "a number"),
        ("stage", "4", "one of 1, 2, 3"),
    ],
)
def test_values_keep_to_the_plan(name, value, expected):
    said = problems("clinical", patient(clinical={name: value}))
    assert f"clinical variable {name} is wrong (found {value}, expected {expected})" in said


def test_what_a_model_refuses_to_fill_must_be_given():
    models = fitted("strict")
    models["strict"]["variables"] = [
        {"variable": name, "refuse": True} for name in ("age", "stage")
    ]
    said = problems("strict", patient(clinical={"age": "n/a", "stage": "1"}), models=models)
    assert "age is not given, and strict refuses patients without it" in said
    assert "stage is not given" not in said


def test_outlines_of_another_making_are_refused():
    images = {name: Path(f"{name}.nii") for name in ("T1w", "T2w", "DWI")}
    said = problems("automated", patient(images, mask=Path("m.nii")))
    assert "automated was fitted on masks of unet, not on drawn ones" in said
    assert "name a model of drawn masks: drawn, second" in said
    assert "measures no mask" in problems("clinical", patient(mask=Path("m.nii")))
    assert "masks of several raters" in problems("both", patient(images, mask=Path("m.nii")))


def test_a_center_is_asked_for_where_features_are_harmonised():
    models = fitted("drawn")
    models["drawn"]["harmonisation"] = {"clinical": []}
    said = problems("drawn", patient(), models=models)
    assert "harmonised by center, and none is given" in said


def scan(path: Path, array: np.ndarray, spacing: float = 1.0) -> Path:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing([spacing] * 3)
    write_volume(image, path)
    return path


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    noise = np.random.default_rng(1).normal(size=(2, 6, 8, 8)).astype(np.float32)
    return {
        name: scan(tmp_path / f"{name}.nii.gz", array)
        for name, array in zip(("T1w", "T2w"), noise, strict=True)
    }


def test_a_patient_as_it_should_be_passes(files, tmp_path):
    box = np.zeros((6, 8, 8), np.uint8)
    box[1:4, 2:5, 2:5] = 1
    given = patient(files, scan(tmp_path / "mask.nii.gz", box))
    models = fitted("drawn")
    check_given(given, needs_of(PLAN, models), PLAN, models)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("grid", "mask lies on another grid than the sequence T1w"),
        ("fractions", "mask has fractional values"),
        ("labels", "mask has several labels"),
        ("label", "mask lacks the label of the plan"),
        ("empty", "mask is empty"),
    ],
)
def test_masks_are_checked_as_those_of_raters(files, tmp_path, kind, said):
    box = np.zeros((6, 8, 8), np.float32)
    box[1:4, 2:5, 2:5] = {"fractions": 0.5, "label": 3, "empty": 0}.get(kind, 1)
    box[4, 4, 4] = 2 if kind == "labels" else box[4, 4, 4]
    mask = scan(tmp_path / "mask.nii.gz", box, 1.1 if kind == "grid" else 1.0)
    assert said in problems("drawn", patient(files, mask))


def test_files_are_checked_as_those_of_the_study(files, tmp_path):
    same = {"T1w": files["T1w"], "T2w": files["T1w"]}
    assert "is the same file as" in problems("drawn", patient(same, files["T2w"]))
    gone = files | {"T2w": tmp_path / "none.nii.gz"}
    assert "file is missing" in problems("drawn", patient(gone, files["T2w"]))


def test_missing_sequences_are_filled_where_the_plan_says_so(files):
    plan = PLAN | {"cohort": PLAN["cohort"] | {"missing_sequence": "zero_channel"}}
    said = problems("drawn", patient({"T2w": files["T2w"]}, files["T2w"]), plan)
    assert "sequence T1w is not given" in said and "sequence T2w" not in said
    said = problems("drawn", patient({"T1w": files["T1w"]}, files["T2w"]), plan)
    assert "is not given" not in said


def test_values_are_typed_and_what_is_not_read_is_said():
    needs = needs_of(PLAN, fitted("clinical"))
    given = patient({"T2w": Path("x")}, clinical={"age": "61", "sex": "F"}, center="here")
    assert values_of(given, needs, PLAN) == {"age": 61.0, "stage": None}
    (said,) = unused_notes(given, needs)
    assert said == "Given, but not read by clinical: sequence T2w, clinical variable sex, center."
