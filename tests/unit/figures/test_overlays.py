from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.figures.overlays import best_slice, choose_cases, draw, read_case


def scores_of(dice: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient": [f"p{number:02d}" for number in range(len(dice))],
            "set": "test",
            "reference": "rater1",
            "candidate": "unet",
            "dice": dice,
        }
    )


@given(st.lists(st.floats(0, 1), min_size=3, max_size=30))
@settings(max_examples=50, deadline=None)
def test_worst_median_and_best_by_rank(dice):
    chosen = choose_cases(scores_of(dice), "test", "rater1", "unet").set_index("rank")
    ordered = sorted(dice)
    assert chosen.loc["worst", "dice"] == ordered[0]
    assert chosen.loc["median", "dice"] == ordered[(len(dice) - 1) // 2]
    assert chosen.loc["best", "dice"] == ordered[-1]
    assert set(chosen["n"]) == {len(dice)}


def test_order_of_the_rows_does_not_matter():
    scores = scores_of([0.5, 0.5, 0.5, 0.7, 0.7])
    first = choose_cases(scores, "test", "rater1", "unet")
    second = choose_cases(scores.iloc[::-1], "test", "rater1", "unet")
    pd.testing.assert_frame_equal(first, second)


def test_few_patients_are_shown_once_and_none_is_bad_input():
    assert choose_cases(scores_of([0.4]), "test", "rater1", "unet")["rank"].tolist() == ["worst"]
    with pytest.raises(BadInput, match="set train"):
        choose_cases(scores_of([0.4]), "train", "rater1", "unet")


def test_best_slice_is_the_first_of_the_largest():
    mask = np.zeros((5, 4, 4), dtype=np.uint8)
    mask[1, :2] = mask[3, :2] = 1
    mask[2, 0] = 1
    assert best_slice(mask) == 1


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A patient whose volumes are stored right to left and back to front (NIfTI's RAS)."""
    image = np.zeros((6, 40, 50), dtype=np.float32)
    mask = np.zeros((6, 40, 50), dtype=np.uint8)
    mask[2, 10:14, 20:30] = 1
    image[mask > 0] = 5
    image[2, 10, 20] = 9
    paths = {}
    for name, array in (("T1w", image), ("rater1", mask), ("unet", 0 * mask)):
        volume = sitk.GetImageFromArray(array)
        volume.SetSpacing((0.5, 1.0, 3.0))
        volume.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
        paths[name] = tmp_path / f"{name}.nii.gz"
        sitk.WriteImage(volume, str(paths[name]))
    return paths


def test_case_is_cut_out_and_turned_front_up(files):
    row = pd.Series({"rank": "best", "patient": "p01", "set": "test", "n": 3, "dice": 0.0})
    masks = {name: files[name] for name in ("rater1", "unet")}
    case = read_case(row, {"T1w": files["T1w"]}, masks)
    assert case["slice"] == 2
    assert case["spacing_mm"] == (0.5, 1.0)
    outline = case["outlines"]["rater1"]
    assert outline.sum() == 40
    assert case["images"]["T1w"].shape == outline.shape
    y, x = np.argwhere(case["images"]["T1w"] == 9)[0]
    inside = np.argwhere(outline)
    assert (y, x) == tuple(inside.max(axis=0)), "the corner stored first is shown last"
    height, width = outline.shape
    assert (inside.min(axis=0) > 0).all() and (inside.max(axis=0) < [height - 1, width - 1]).all()


def test_an_empty_mask_is_told_from_one_that_lies_elsewhere(files):
    row = pd.Series({"rank": "worst", "patient": "p01", "set": "test", "n": 3, "dice": 0.0})
    elsewhere = sitk.GetArrayFromImage(sitk.ReadImage(str(files["rater1"])))[::-1]
    volume = sitk.GetImageFromArray(elsewhere)
    volume.CopyInformation(sitk.ReadImage(str(files["rater1"])))
    sitk.WriteImage(volume, str(files["T1w"].with_name("rater2.nii.gz")))
    masks = {
        name: files["T1w"].with_name(f"{name}.nii.gz") for name in ("rater1", "rater2", "unet")
    }
    case = read_case(row, {"T1w": files["T1w"]}, masks)
    figure, plotted = draw([case], simulated=False)
    shown = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert shown == ["rater2: not in this slice\nunet: empty mask"]
    areas = plotted.set_index("outline")["area_mm2"].to_dict()
    assert areas == {"rater1": 20.0, "rater2": 0.0, "unet": 0.0}


def test_an_empty_mask_is_the_worst():
    chosen = choose_cases(scores_of([0.7, 0.0, 0.9]), "test", "rater1", "unet")
    assert chosen.set_index("rank").loc["worst", "patient"] == "p01"
