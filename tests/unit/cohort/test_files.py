"""Whatever can be wrong with a file is found, and said with its patient."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.cohort.check import check_cohort
from radproof.errors import BadInput
from radproof.study import EXCLUDED_COLUMNS
from radproof.volumes import write_volume

from tests.unit.cohort.dataset import (
    PATIENTS,
    RATERS,
    SEQUENCES,
    check,
    cohort_settings,
    file_of,
    image_path,
    make_dataset,
    mask,
    mask_path,
    move_mask,
    write_image,
)

NOBODY = pd.DataFrame(columns=EXCLUDED_COLUMNS)


def keep_only(array: np.ndarray, *places: tuple) -> None:
    array[:] = 0
    for place in places:
        array[place] = 1


def truncate(folder: Path) -> None:
    path = image_path(folder)
    path.write_bytes(path.read_bytes()[:-200])


def spoil_voxel(folder: Path) -> None:
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(image_path(folder))))
    array[0, 0, 0] = np.nan
    write_image(array, image_path(folder))


def rewrite(path: Path, change: Callable) -> None:
    """Write a NIfTI file again with its array and affine changed."""
    image = nibabel.loadsave.load(path)
    array, affine = change(np.asanyarray(image.dataobj), image.affine)
    nibabel.loadsave.save(nibabel.Nifti1Image(array, affine), path)


def colours(folder: Path) -> None:
    pixels = sitk.GetImageFromArray(np.ones((6, 8, 8, 3), np.uint8), isVector=True)
    sitk.WriteImage(pixels, str(image_path(folder)))


def edit_header(path: Path, **fields: object) -> None:
    raw = bytearray(gzip.decompress(path.read_bytes()))
    header = nibabel.Nifti1Header(bytes(raw[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    raw[:348] = header.binaryblock
    path.write_bytes(gzip.compress(bytes(raw)))


def without_affine(folder: Path) -> None:
    edit_header(image_path(folder), qform_code=0, sform_code=0)


def singular_affine(folder: Path) -> None:
    edit_header(image_path(folder), sform_code=1, srow_z=[0, 0, 0, 0], qform_code=0)


def link_outside(folder: Path) -> None:
    path, away = image_path(folder), folder.parent / f"{folder.name}-away.nii.gz"
    shutil.move(path, away)
    path.symlink_to(away)


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
    "another grid": (move_mask, "mask lies on another grid than the sequence t1"),
    "another size": (
        lambda folder: write_image(
            np.pad(np.ones((2, 4, 5), dtype=np.uint8), 2), mask_path(folder)
        ),
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
    "not NIfTI inside": (
        lambda folder: image_path(folder).write_bytes(gzip.compress(b"x" * 900)),
        "header that cannot be read",
    ),
    "four dimensions": (
        lambda folder: rewrite(
            image_path(folder), lambda array, affine: (np.stack([array] * 2, -1), affine)
        ),
        "not a volume",
    ),
    "colours": (colours, "colours or complex numbers"),
    "complex": (
        lambda folder: rewrite(image_path(folder), lambda array, affine: (array + 1j, affine)),
        "colours or complex numbers",
    ),
    "no affine": (without_affine, "image has no affine"),
    "singular affine": (singular_affine, "axes are not independent"),
    "link outside": (link_outside, "leads outside its data set by a link"),
    "several components": (
        lambda folder: mask(lambda a: a.__setitem__((3, 6, 1), 1), folder),
        "several components (found 2, expected at most 1)",
    ),
    "at the edge": (
        lambda folder: mask(lambda a: a.__setitem__((slice(0, 2), 2, 2), 1), folder),
        "touches the edge of the volume",
    ),
    "inverted": (
        lambda folder: mask(lambda a: np.subtract(1, a, out=a), folder),
        "fills too much of the volume (found 93 %, expected at most 50 %)",
    ),
}


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


def test_the_same_file_for_two_sequences_is_found(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    shutil.copy(file_of(tmp_path, SEQUENCES[0], "A2"), image_path(tmp_path))
    with pytest.raises(BadInput, match=r"patient A2: .*image t2 is the same file as image t1"):
        check(tmp_path, sheet, content=False)


def test_the_same_file_for_two_raters_is_found(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    second = {"name": "rater2", "file": "masks2/sub-{patient}_dseg.nii.gz", "label": 1}
    shutil.copytree(tmp_path / "masks", tmp_path / "masks2")
    settings = cohort_settings() | {"raters": [*RATERS, second]}
    with pytest.raises(BadInput) as caught:
        check_cohort(sheet, {"tiny": tmp_path}, settings, NOBODY, content=False)
    assert len(caught.value.problems) == len(sheet)
    assert "mask rater2 is the same file as mask rater1" in str(caught.value)


def test_limits_of_masks_are_those_of_the_plan(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    mask(lambda array: array.__setitem__((slice(0, 2), 6, 1), 1), tmp_path)
    check(
        tmp_path, sheet, masks={"components": 2, "share": 0.5, "edge": "allow", "distance_mm": None}
    )


@pytest.mark.parametrize("turn_deg", [0.0, 17.0])
@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_oblique_and_left_handed_axes_are_fine(
    turn_deg: float, mirror: float, tmp_path: Path
) -> None:
    sheet = make_dataset(tmp_path)
    turn = np.deg2rad(turn_deg)
    axes = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, mirror]]
    )
    for path in sorted(tmp_path.rglob("*.nii.gz")):
        image = sitk.ReadImage(str(path))
        image.SetDirection(axes.ravel().tolist())
        sitk.WriteImage(image, str(path))
    files = check(tmp_path, sheet).files
    assert files["direction_9"].to_numpy() == pytest.approx(mirror, abs=1e-6)


def with_control(folder: Path, shift_mm: float) -> dict:
    """Settings with a mask drawn on t2, the tumour's own but for a shift of all of t2."""
    control = {"name": "t2", "file": "masks/sub-{patient}_on-t2_dseg.nii.gz", "label": 1}
    for patient in PATIENTS:
        image = sitk.ReadImage(str(file_of(folder, SEQUENCES[1], patient)))
        drawn = sitk.ReadImage(str(file_of(folder, RATERS[0], patient)))
        drawn[5, 4, 3] = 0  # By the same hand, but not the same bytes.
        for volume, entry in ((image, SEQUENCES[1]), (drawn, control)):
            if patient == "A2":
                volume.SetOrigin((0.0, 0.0, shift_mm))
            write_volume(volume, file_of(folder, entry, patient))
    settings = cohort_settings()
    settings["controls"] = [control]
    settings["cohort"]["masks"]["distance_mm"] = 2.0
    return settings


@pytest.mark.parametrize("shift_mm", [0.0, 4.0])
def test_a_shifted_sequence_is_found_by_the_mask_drawn_on_it(
    shift_mm: float, tmp_path: Path
) -> None:
    sheet = make_dataset(tmp_path)
    settings = with_control(tmp_path, shift_mm)
    if not shift_mm:
        check_cohort(sheet, {"tiny": tmp_path}, settings, NOBODY, content=True)
        return
    with pytest.raises(BadInput) as caught:
        check_cohort(sheet, {"tiny": tmp_path}, settings, NOBODY, content=True)
    assert [problem.patient for problem in caught.value.problems] == ["A2"]
    said = str(caught.value)
    assert "control t2 lies elsewhere than mask rater1" in said
    assert "(found centre 4.0 mm away, expected at most 2 mm)" in said
