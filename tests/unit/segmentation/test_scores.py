"""Scores of masks: definitions, edge cases, tables and intervals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from radproof.errors import BadInput
from radproof.segmentation.scores import (
    DISTANCES,
    METRICS,
    pairs_of,
    score_masks,
    score_pair,
    summarise,
)
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


def test_empty_masks_are_scored_as_documented() -> None:
    empty, drawn = np.zeros((2, 3, 3)), np.ones((2, 3, 3))
    both = score_pair(empty, empty, SPACING)
    assert (both["dice"], both["iou"], both["empty"]) == (1, 1, "both")
    missed = score_pair(drawn, empty, SPACING)
    assert (missed["dice"], missed["sensitivity"], missed["empty"]) == (0, 0, "candidate")
    assert np.isnan(missed["precision"])
    assert np.isnan(missed["hd95_mm"])
    assert score_pair(empty, drawn, SPACING)["empty"] == "reference"
    assert np.isnan(score_pair(empty, drawn, SPACING)["sensitivity"])


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


def test_a_summary_counts_what_is_defined_and_repeats() -> None:
    rng = np.random.default_rng(1)
    scores = pd.DataFrame({metric: rng.random(30) for metric in METRICS})
    scores = scores.assign(set="test", reference="rater1", candidate="unet")
    scores.loc[:4, "hd95_mm"] = np.nan
    table = summarise(scores, seed=3).set_index("metric")
    assert table.loc["dice", "n"] == 30
    assert table.loc["hd95_mm", "n"] == 25
    assert table.loc["hd95_mm", "mean"] == pytest.approx(scores["hd95_mm"].mean())
    assert (table["ci_low"] < table["mean"]).all()
    assert (table["mean"] < table["ci_high"]).all()
    standard_error = scores["dice"].std() / np.sqrt(30)
    width = table.loc["dice", "ci_high"] - table.loc["dice", "ci_low"]
    assert width == pytest.approx(2 * 1.96 * standard_error, rel=0.15)
    pd.testing.assert_frame_equal(table, summarise(scores, seed=3).set_index("metric"))


def test_one_patient_has_a_mean_and_no_interval() -> None:
    scores = pd.DataFrame({metric: [0.5] for metric in METRICS})
    table = summarise(scores.assign(set="test", reference="a", candidate="b"), seed=3)
    assert (table["mean"] == 0.5).all()
    assert table[["sd", "ci_low", "ci_high"]].isna().all(axis=None)
