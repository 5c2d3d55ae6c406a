"""The check finds every problem at once, and says where, what, and what to do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.cohort.check import check_cohort, merge_cohort
from radproof.cohort.sheet import read_sheet
from radproof.errors import BadInput
from radproof.plan import load_plan
from radproof.provenance import PROJECT, sha256_of
from radproof.tables import read_table, write_table

from tests.unit.cohort.dataset import (
    PATIENTS,
    RATERS,
    SEQUENCES,
    check,
    file_of,
    make_dataset,
    participants,
    write_image,
)

STS = PROJECT.parent / "shared" / "data" / "sts"


def image_path(folder: Path) -> Path:
    return file_of(folder, SEQUENCES[1], "A2")


def mask_path(folder: Path) -> Path:
    return file_of(folder, RATERS[0], "A2")


def mask(changes: Callable[[np.ndarray], object], folder: Path, dtype: type = np.uint8) -> None:
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(mask_path(folder)))).astype(dtype)
    changes(array)
    write_image(array, mask_path(folder))


def keep_only(array: np.ndarray, *places: tuple) -> None:
    array[:] = 0
    for place in places:
        array[place] = 1


def truncate(folder: Path) -> None:
    path = image_path(folder)
    path.write_bytes(path.read_bytes()[:-200])


def move_mask(folder: Path) -> None:
    moved = sitk.ReadImage(str(mask_path(folder)))
    moved.SetOrigin((0.0, 0.0, 3.0))
    sitk.WriteImage(moved, str(mask_path(folder)))


def spoil_voxel(folder: Path) -> None:
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(image_path(folder))))
    array[0, 0, 0] = np.nan
    write_image(array, image_path(folder))


SPOILED_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda folder: image_path(folder).unlink(), "file is missing"),
    "zero bytes": (lambda folder: image_path(folder).write_bytes(b""), "file has zero bytes"),
    "not gzip": (lambda folder: image_path(folder).write_bytes(b"x" * 900), "not an intact gzip"),
    "truncated": (truncate, "not an intact gzip archive"),
    "two dimensions": (
        lambda folder: write_image(np.ones((8, 8), dtype=np.float32), image_path(folder)),
        "not a volume",
    ),
    "absurd spacing": (
        lambda folder: write_image(
            np.random.default_rng(0).random((6, 8, 8)).astype(np.float32),
            image_path(folder),
            (1000.0, 1000.0, 2000.0),
        ),
        "spacing is absurd",
    ),
    "not finite": (spoil_voxel, "not finite"),
    "constant": (
        lambda folder: write_image(np.ones((6, 8, 8), dtype=np.float32), image_path(folder)),
        "image is constant",
    ),
    "another grid": (move_mask, "mask lies on another grid than the reference sequence"),
    "another size": (
        lambda folder: write_image(np.ones((6, 8, 9), dtype=np.uint8), mask_path(folder)),
        "size (9, 8, 6) against (8, 8, 6)",
    ),
    "empty": (lambda folder: mask(lambda a: a.fill(0), folder), "mask is empty"),
    "wrong label": (
        lambda folder: mask(lambda a: np.multiply(a, 2, out=a), folder),
        "lacks the label of the plan",
    ),
    "several labels": (
        lambda folder: mask(lambda a: a.__setitem__((0, 0, 0), 2), folder),
        "several labels",
    ),
    "fractional": (
        lambda folder: mask(lambda a: np.multiply(a, 0.5, out=a), folder, np.float32),
        "fractional values",
    ),
    "one voxel": (
        lambda folder: mask(lambda a: keep_only(a, (2, 2, 2)), folder),
        "single voxel",
    ),
    "one slice": (
        lambda folder: mask(lambda a: keep_only(a, (2, 2, slice(2, 5))), folder),
        "single slice",
    ),
}


def test_a_sound_cohort_passes(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    tables = check(tmp_path, sheet)
    assert list(tables.patients["outcome"]) == [0, 1, 0, 1]
    assert list(tables.patients["grade"]) == ["1", "2", "2", "1"]
    assert tables.patients["age"].isna().tolist() == [False, False, False, True]
    first = tables.files.iloc[0]
    assert first["sha256"] == sha256_of(file_of(tmp_path, SEQUENCES[0], "A1"))
    assert (first["size_x"], first["spacing_z_mm"]) == (8, 2.0)
    flow = tables.flow.set_index(["set", "step"])
    assert flow.loc[("train", "analysed"), "n"] == 2
    assert flow.loc[("test", "analysed"), "n_events"] == 1


@pytest.mark.parametrize("name", SPOILED_FILES)
def test_a_spoiled_file_is_named_with_its_patient(name: str, tmp_path: Path) -> None:
    spoil, said = SPOILED_FILES[name]
    sheet = make_dataset(tmp_path)
    spoil(tmp_path)
    with pytest.raises(BadInput) as caught:
        check(tmp_path, sheet)
    assert len(caught.value.problems) == 1
    problem = caught.value.problems[0]
    assert said in str(problem)
    assert problem.patient == "A2"
    assert problem.file in (str(image_path(tmp_path)), str(mask_path(tmp_path)))


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    image_path(tmp_path).unlink()
    mask(lambda array: array.fill(0), tmp_path)
    file_of(tmp_path, SEQUENCES[0], "B1").write_bytes(b"")
    with pytest.raises(BadInput) as caught:
        check(tmp_path, sheet)
    assert sorted(problem.patient for problem in caught.value.problems) == ["A2", "A2", "B1"]


def test_headers_alone_find_missing_files_and_other_grids(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    move_mask(tmp_path)
    with pytest.raises(BadInput, match="origin by 3 mm"):
        check(tmp_path, sheet, content=False)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("event", 2, "outcome event is wrong (found 2"),
        ("event", None, "found missing, expected 0 or 1"),
        ("age", 300.0, "clinical variable age is wrong (found 300.0, expected 0 to 120 years)"),
        ("age", "old", "expected a number"),
        ("grade", 7, "clinical variable grade is wrong (found 7, expected one of 1, 2)"),
    ],
)
def test_wrong_values_are_named(column: str, value: object, said: str, tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    table = participants().astype(object)
    table.loc[1, column] = value
    write_table(table, tmp_path / "participants.tsv")
    with pytest.raises(BadInput) as caught:
        check(tmp_path, sheet, content=False)
    assert said in str(caught.value)
    assert "patient A2" in str(caught.value)


def test_sheet_and_participants_disagreeing(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().iloc[:3], tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match=r"patient B2: .*not among the participants"):
        check(tmp_path, sheet, content=False)


def test_duplicate_participants_differing_by_case(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    table = pd.concat([participants(), participants().head(1)], ignore_index=True)
    table.loc[4, "participant_id"] = "sub-a1"
    write_table(table, tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match="participant stands twice"):
        check(tmp_path, sheet, content=False)


def test_a_missing_data_set_is_one_problem(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path / "here")
    with pytest.raises(BadInput) as caught:
        check(tmp_path / "nowhere", sheet)
    assert len(caught.value.problems) == 1
    assert "data set is missing" in str(caught.value)


def test_the_same_file_for_two_patients_is_found_when_sets_are_joined(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    copied = file_of(tmp_path, SEQUENCES[0], "A1").read_bytes()
    file_of(tmp_path, SEQUENCES[0], "B1").write_bytes(copied)
    tables = [check(tmp_path, sheet[sheet["set"] == name]) for name in ("train", "test")]
    with pytest.raises(BadInput, match=r"A1, B1: .*two patients have the same file"):
        merge_cohort(tables)


def test_sets_are_joined_in_order(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    tables = [check(tmp_path, sheet[sheet["set"] == name]) for name in ("train", "test")]
    assert list(merge_cohort(tables).patients["patient"]) == PATIENTS


@pytest.mark.skipif(not STS.is_dir(), reason="shared data folder not present")
def test_the_sarcoma_study_is_sound() -> None:
    plan = load_plan(PROJECT / "config/studies/sts.yaml")
    sheet = read_sheet(PROJECT / plan["sheet"])
    tables = check_cohort(
        sheet,
        {"sts": STS},
        plan["outcome"]["name"],
        plan["clinical"],
        plan["sequences"],
        plan["raters"],
        content=True,
    )
    assert len(tables.patients) == 36
    assert tables.patients["outcome"].sum() == 14
    assert tables.patients["grade"].isna().sum() == 3
    measured = tables.files[tables.files["role"] == "mask"].set_index("patient")["volume_ml"]
    stated = read_table(STS / "participants.tsv").set_index("participant_id")["gtv_volume_mm3"]
    stated.index = stated.index.str.removeprefix("sub-")
    assert measured.to_dict() == pytest.approx((stated / 1000).to_dict(), rel=0.01)
