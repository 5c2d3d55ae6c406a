"""Scores of masks: definitions, edge cases, the table of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from radproof.errors import BadInput
from radproof.segmentation.score_tables import pairs_of, score_masks
from radproof.segmentation.scores import DISTANCES, METRICS, OVERLAPS, VOLUMES, score_pair
from radproof.volumes import write_volume

SPACING = (3.0, 1.0, 0.5)
MASKS = st.tuples(*[st.integers(1, 6)] * 3).flatmap(
    lambda shape: st.tuples(*[arrays(np.uint8, shape, elements=st.integers(0, 1))] * 2)
)


@settings(max_examples=100, deadline=None)
@given(MASKS)
def test_scores_are_symmetric_bounded_and_tied_to_each_other(pair) -> None:
    there, back = score_pair(*pair, SPACING), score_pair(*pair[::-1], SPACING)
    assert there["dice"] == back["dice"]
    assert 0 <= there["dice"] <= 1
    assert there["iou"] == pytest.approx(there["dice"] / (2 - there["dice"]))
    assert there["sensitivity"] == pytest.approx(back["precision"], nan_ok=True)
    for name in DISTANCES:
        assert there[name] == pytest.approx(back[name], nan_ok=True)
    if pair[0].any() and pair[1].any():
        assert there["assd_mm"] <= there["hd_mm"]
        assert there["hd95_mm"] <= there["hd_mm"]
    else:
        assert all(np.isnan(there[name]) for name in DISTANCES)


def test_a_shift_by_two_slices_is_twice_the_slice_thickness() -> None:
    first, second = np.zeros((2, 6, 4, 4))
    first[1, 1:3, 1:3] = second[3, 1:3, 1:3] = 1
    scores = score_pair(first, second, SPACING)
    assert [scores[name] for name in DISTANCES] == [6.0, 6.0, 6.0]
    assert scores["dice"] == 0
    assert scores["volume_reference_ml"] == pytest.approx(4 * 1.5 / 1000)


NAN = np.nan
# dice iou sensitivity specificity precision, then volumes: 12 voxels of 1.5 mm3, of 18.
EMPTY = {
    "candidate": ([0, 0, 0, 1, NAN], [0.018, 0, -0.018, -100]),
    "reference": ([0, 0, NAN, 1 / 3, 0], [0, 0.018, 0.018, NAN]),
    "both": ([1, 1, NAN, 1, NAN], [0, 0, 0, NAN]),
}


@pytest.mark.parametrize("which", EMPTY)
def test_empty_masks_are_scored_as_documented(which: str) -> None:
    empty, drawn = np.zeros((2, 3, 3)), np.zeros((2, 3, 3))
    drawn[:, :2] = 1
    masks = {"candidate": (drawn, empty), "reference": (empty, drawn), "both": (empty, empty)}
    scores = score_pair(*masks[which], SPACING)
    overlaps, volumes = EMPTY[which]
    assert [scores[name] for name in OVERLAPS] == pytest.approx(overlaps, nan_ok=True)
    assert [scores[name] for name in VOLUMES] == pytest.approx(volumes, nan_ok=True)
    assert all(np.isnan(scores[name]) for name in DISTANCES)
    assert scores["empty"] == which


def test_the_error_of_the_volume_is_the_candidates_excess() -> None:
    reference, candidate = np.zeros((2, 2, 4, 4))
    reference[0, 0, :4] = candidate[0, 0, :3] = 1
    scores = score_pair(reference, candidate, SPACING)
    assert scores["volume_error_ml"] == pytest.approx(-0.0015)
    assert scores["volume_error_pct"] == pytest.approx(-25)
    back = score_pair(candidate, reference, SPACING)
    assert back["volume_error_ml"] == pytest.approx(0.0015)
    assert back["volume_error_pct"] == pytest.approx(100 / 3)


def test_masks_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        score_pair(np.zeros((2, 3, 3)), np.zeros((3, 3, 3)), SPACING)


def drawn(folder: Path, name: str, voxels: int, spacing_mm: float = 1.0) -> Path:
    array = np.zeros((3, 4, 5), np.uint8)
    array.flat[:voxels] = 1
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((spacing_mm, 1.0, 2.0))
    write_volume(image, folder / name)
    return folder / name


def test_a_table_of_scores_covers_every_patient_and_pair(tmp_path: Path) -> None:
    sheet = pd.DataFrame({"patient": ["b", "a"], "set": ["train", "test"], "fold": ["1", None]})
    masks = {
        who: {patient: drawn(tmp_path, f"{patient}-{who}.nii.gz", n) for patient in "ab"}
        for who, n in (("rater1", 10), ("rater2", 20), ("unet", 10))
    }
    pairs = pairs_of(["rater1", "rater2"], "unet")
    assert pairs == [("rater1", "unet"), ("rater2", "unet"), ("rater1", "rater2")]
    scores = score_masks(masks, pairs, sheet)
    assert scores["patient"].tolist() == ["b"] * 3 + ["a"] * 3
    assert scores["dice"].tolist() == pytest.approx([1, 2 / 3, 2 / 3] * 2)
    assert [*scores.columns[:5]] == ["patient", "set", "fold", "reference", "candidate"]
    assert set(METRICS) < set(scores.columns)


def test_masks_on_other_grids_are_all_named(tmp_path: Path) -> None:
    sheet = pd.DataFrame({"patient": ["a", "b"], "set": "train", "fold": "1"})
    masks = {
        "rater1": {patient: drawn(tmp_path, f"{patient}-1.nii.gz", 5) for patient in "ab"},
        "unet": {patient: drawn(tmp_path, f"{patient}-2.nii.gz", 5, 1.5) for patient in "ab"},
    }
    with pytest.raises(BadInput) as caught:
        score_masks(masks, [("rater1", "unet")], sheet)
    assert [problem.patient for problem in caught.value.problems] == ["a", "b"]
    assert "b-2.nii.gz" in str(caught.value)
