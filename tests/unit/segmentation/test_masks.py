"""Masks from probabilities: threshold, components, holes, and what is said of empty ones."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from radproof.errors import CheckFailed
from radproof.segmentation.masks import (
    COLUMNS,
    check_empty,
    draw_mask,
    largest_components,
    without_holes,
)
from radproof.volumes import grid_differences

from tests.unit.segmentation.phantoms import placed

ALL: dict[str, Any] = {"components": None, "fill_holes": False}

masks = st.tuples(*[st.integers(1, 5)] * 3).flatmap(lambda shape: arrays(bool, shape))


def flooded(passable: np.ndarray, starts: list[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """Voxels that paths by faces through passable ones reach, one step at a time."""
    waiting = [voxel for voxel in starts if passable[voxel]]
    seen = set(waiting)
    while waiting:
        voxel = waiting.pop()
        for axis in range(3):
            for step in (-1, 1):
                near = (*voxel[:axis], voxel[axis] + step, *voxel[axis + 1 :])
                if not 0 <= near[axis] < passable.shape[axis] or near in seen:
                    continue
                if passable[near]:
                    seen.add(near)
                    waiting.append(near)
    return seen


def parts_of(mask: np.ndarray) -> list[set[tuple[int, ...]]]:
    """Parts of a mask in the order of their first voxels."""
    parts: list[set[tuple[int, ...]]] = []
    for voxel in map(tuple, np.argwhere(mask).tolist()):
        if not any(voxel in part for part in parts):
            parts.append(flooded(mask, [voxel]))
    return parts


@given(masks, st.integers(1, 4))
def test_components_are_those_of_a_flood(mask: np.ndarray, count: int) -> None:
    parts = parts_of(mask)
    kept, found = largest_components(mask, count)
    assert found == len(parts)
    # Sorting is stable: of equal parts the first stays.
    largest = sorted(parts, key=len, reverse=True)[:count]
    assert set(map(tuple, np.argwhere(kept).tolist())) == set().union(*largest)
    everything, _ = largest_components(mask, None)
    np.testing.assert_array_equal(everything, mask)


@given(masks)
def test_holes_are_what_no_flood_from_the_margin_reaches(mask: np.ndarray) -> None:
    _, height, width = mask.shape
    margin = [
        (z, y, x)
        for z, y, x in np.ndindex(mask.shape)
        if y in (0, height - 1) or x in (0, width - 1)
    ]
    outside = flooded(~mask, margin)
    filled = without_holes(mask)
    assert set(map(tuple, np.argwhere(~filled).tolist())) == outside
    np.testing.assert_array_equal(without_holes(filled), filled)


def ring(slices: int) -> np.ndarray:
    mask = np.zeros((slices, 7, 7), bool)
    mask[:, 2:5, 2:5] = True
    mask[:, 3, 3] = False
    return mask


def test_a_hole_is_one_of_the_volume() -> None:
    cavity = ring(5)
    cavity[0, 3, 3] = True
    cavity[4] = False
    assert not without_holes(cavity)[2, 3, 3], "open to the last slice, where no mask is"
    cavity[4] = cavity[0]
    assert without_holes(cavity)[:, 2:5, 2:5].all()
    corner = ring(1)
    corner[0, 2, 2] = False
    assert without_holes(corner)[0, 3, 3], "a corner is no way out"


@pytest.mark.parametrize("slices", [1, 2, 4])
def test_the_first_and_the_last_slice_are_no_way_out(slices: int) -> None:
    assert without_holes(ring(slices))[:, 2:5, 2:5].all()
    assert without_holes(ring(slices)).sum() == 9 * slices


def image_of(values: np.ndarray) -> sitk.Image:
    return placed(sitk.GetImageFromArray(values.astype(np.uint16)))


def test_a_mask_is_drawn_and_described() -> None:
    values = np.zeros((3, 9, 9))
    values[0, 0, 0] = 65535
    values[:, 1:4, 1:4] = 32768
    values[1, 2, 2] = 32767
    values[2, 6:8, 6:8] = 40000
    image = image_of(values)
    mask, row = draw_mask(image, 0.5, {"components": 2, "fill_holes": False})
    assert mask.GetPixelID() == sitk.sitkUInt8
    assert grid_differences(mask, image) == []
    assert sitk.GetArrayFromImage(mask).sum() == 26 + 4 == row["voxels"]
    assert row["components_found"] == 3
    assert row["most_probable"] == 1.0
    assert row["volume_ml"] == pytest.approx(30 * 0.8 * 0.9 * 3.0 / 1000)
    assert not row["empty"]
    full, _ = draw_mask(image, 0.5, {"components": 1, "fill_holes": True})
    assert sitk.GetArrayFromImage(full).sum() == 27
    everything, _ = draw_mask(image, 0.5, ALL)
    assert sitk.GetArrayFromImage(everything).sum() == 31


@given(arrays(np.uint16, (2, 3, 3)), st.floats(0.01, 0.99))
def test_more_is_inside_at_a_lower_threshold(values: np.ndarray, threshold: float) -> None:
    low, high = (
        sitk.GetArrayFromImage(draw_mask(image_of(values), at, ALL)[0])
        for at in (threshold / 2, threshold)
    )
    assert (low >= high).all()
    np.testing.assert_array_equal(high, values >= round(threshold * 65535))


@pytest.mark.parametrize("settings", [ALL, {"components": 1, "fill_holes": True}])
def test_an_empty_mask_is_a_result(settings: dict[str, Any]) -> None:
    mask, row = draw_mask(image_of(np.full((2, 4, 4), 6554)), 0.5, settings)
    assert not sitk.GetArrayFromImage(mask).any()
    assert row["empty"]
    assert (row["voxels"], row["volume_ml"], row["components_found"]) == (0, 0.0, 0)
    assert row["most_probable"] == pytest.approx(0.1, abs=1e-5)


def test_empty_masks_stop_the_study_only_where_the_plan_says_so() -> None:
    rows = []
    for patient, probable in (("p1", 0.9), ("p2", 0.31), ("p3", 0.02)):
        _, row = draw_mask(image_of(np.full((2, 4, 4), probable * 65535)), 0.5, ALL)
        rows.append({"patient": patient, "set": "test", **row})
    table = pd.DataFrame(rows, columns=COLUMNS)
    check_empty(table, "missing")
    check_empty(table[:1], "stop")
    with pytest.raises(CheckFailed) as caught:
        check_empty(table, "stop")
    said = str(caught.value)
    assert "p2 (largest probability 0.310, threshold 0.5)" in said
    assert "p3" in said and "p1" not in said
    assert "on_empty: missing" in said
