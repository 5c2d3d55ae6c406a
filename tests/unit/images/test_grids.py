"""Grids: masks stay where they are and keep their volume, whatever frame and spacing."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.images.grids import analysis_grid, resample_image, resample_mask
from scipy.spatial.transform import Rotation

from tests.unit.images.phantoms import centroid_mm, corner_mask, head, pear_mask, volume_mm3

MIRROR = np.diag([1.0, 1.0, -1.0])
STEPS = st.tuples(*[st.floats(0.7, 1.3)] * 3).map(np.array)
# No header holds direction cosines near the smallest numbers there are.
ANGLES = st.tuples(*[st.floats(-np.pi, np.pi)] * 3).map(lambda angles: np.round(angles, 6))


@pytest.mark.parametrize(
    ("interpolation", "most_mm", "kept"),
    [("nearest", 0.1, 0.02), ("linear", 0.1, 0.02), ("label_gaussian", 0.2, 0.1)],
)
def test_an_asymmetric_mask_in_an_oblique_frame_stays_put(
    interpolation: str, most_mm: float, kept: float
) -> None:
    mask = corner_mask(head())
    grid = analysis_grid(mask, [0.55, 0.55, 1.1], None)
    moved = resample_mask(mask, grid, interpolation)
    assert np.abs(centroid_mm(moved) - centroid_mm(mask)).max() < most_mm
    assert volume_mm3(moved) == pytest.approx(volume_mm3(mask), rel=kept)


# The nearest voxel's centre is up to half a voxel away, and may lie on the same side each time.
@pytest.mark.parametrize(
    ("interpolation", "share"), [("nearest", 0.5), ("linear", 0.1), ("label_gaussian", 0.1)]
)
@settings(max_examples=40, deadline=None)
@given(before_mm=STEPS, after_mm=STEPS, angles=ANGLES, left_handed=st.booleans())
def test_no_frame_and_no_spacing_moves_a_mask(
    interpolation: str,
    share: float,
    before_mm: np.ndarray,
    after_mm: np.ndarray,
    angles: np.ndarray,
    left_handed: bool,
) -> None:
    axes = Rotation.from_euler("xyz", angles).as_matrix() @ (MIRROR if left_handed else np.eye(3))
    mask = pear_mask(before_mm, axes)
    moved = resample_mask(mask, analysis_grid(mask, after_mm.tolist(), None), interpolation)
    diagonal_mm = np.linalg.norm(np.maximum(before_mm, after_mm))
    assert np.linalg.norm(centroid_mm(moved) - centroid_mm(mask)) < share * diagonal_mm
    assert volume_mm3(moved) == pytest.approx(volume_mm3(mask), rel=0.1)


@pytest.mark.parametrize(
    ("interpolation", "least_mm", "most_mm"),
    [("nearest", 0.4, 0.6), ("linear", 0.0, 0.05), ("label_gaussian", 0.1, 0.2)],
)
def test_voxels_midway_between_those_of_the_mask(
    interpolation: str, least_mm: float, most_mm: float
) -> None:
    mask = pear_mask(np.ones(3), np.eye(3))
    grid = analysis_grid(mask, [2.0, 2.0, 2.0], None)
    shift = centroid_mm(resample_mask(mask, grid, interpolation)) - centroid_mm(mask)
    assert least_mm <= np.abs(shift).max() < most_mm


def test_a_gaussian_weight_rounds_corners_and_loses_what_is_thin() -> None:
    mask = corner_mask(head())
    before, after = (
        sitk.GetArrayFromImage(each) for each in (mask, resample_mask(mask, mask, "label_gaussian"))
    )
    assert not (after > before).any()
    assert 0 < (after < before).sum() < 0.02 * before.sum()
    line = mask * 0
    line[5:30, 12, 6] = 1
    assert not sitk.GetArrayFromImage(resample_mask(line, line, "label_gaussian")).any()


@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_a_mask_already_on_the_grid_is_unchanged(interpolation: str) -> None:
    mask = corner_mask(head())
    grid = analysis_grid(mask, list(mask.GetSpacing()), None)
    assert grid.GetSize() == mask.GetSize()
    same = resample_mask(mask, grid, interpolation)
    assert np.array_equal(*(sitk.GetArrayFromImage(each) for each in (mask, same)))


def test_the_grid_keeps_centre_and_axes() -> None:
    image = head()
    grid = analysis_grid(image, [1.0, 1.0, 3.0], [40, 40, 14])
    centres = [
        each.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in each.GetSize()])
        for each in (image, grid)
    ]
    assert np.allclose(*centres)
    assert grid.GetDirection() == image.GetDirection()


def test_what_lies_outside_the_image_takes_its_least_value() -> None:
    image = head()
    wide = analysis_grid(image, [1.1, 1.1, 3.3], [80, 80, 20])
    found = sitk.GetArrayFromImage(resample_image(image, wide, sitk.Transform(), "linear"))
    assert found[0, 0, 0] == pytest.approx(sitk.GetArrayFromImage(image).min())
