from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.simulation.acquisition import (
    SEQUENCES,
    STILL,
    Grid,
    acquire,
    draw_grid,
    draw_motion,
    over_slices,
    rotation_matrix,
)
from radproof.simulation.anatomy import Anatomy, draw_anatomy
from radproof.simulation.cohort import draw_cohort

Settings = dict[str, Any]


@pytest.fixture
def anatomy(settings: Settings, patients: list[str]) -> Anatomy:
    row = draw_cohort(settings, patients, 1).iloc[0]
    return draw_anatomy(settings, row, 1, patients[0])


def quiet(settings: Settings) -> Settings:
    """Without noise and bias, so that two scans of one anatomy can be compared."""
    settings["acquisition"].update(muscle_snr=1000.0, bias_strength=0.0)
    return settings


def test_sequences_lie_on_different_grids(settings: Settings, patients: list[str]) -> None:
    for patient in patients[:5]:
        grids = [draw_grid(settings, 1, patient, sequence) for sequence in SEQUENCES]
        for feature in ("spacing_mm", "origin_mm", "direction"):
            values = [getattr(grid, feature) for grid in grids]
            assert not np.allclose(values[0], values[1])
            assert not np.allclose(values[1], values[2])


def test_tilt_shift_and_motion_stay_in_their_bounds(
    settings: Settings, patients: list[str]
) -> None:
    motions = [
        draw_motion(settings, 1, patient, name) for patient in patients for name in SEQUENCES[1:]
    ]
    angles = np.abs([motion.angles_deg for motion in motions])
    shifts = np.linalg.norm([motion.translation_mm for motion in motions], axis=1)
    assert 2.5 < angles.max() <= 3
    assert 2.7 < shifts.max() <= 3
    grids = [draw_grid(settings, 1, patient, "T2w") for patient in patients]
    half_mm = np.array([63, 63, 18]) * [1.2, 1.2, 3.6] / 2
    centres = [grid.origin_mm + grid.direction @ half_mm for grid in grids]
    assert 3.5 < np.linalg.norm(centres, axis=1).max() <= 4
    assert all(np.allclose(one.direction @ one.direction.T, np.eye(3)) for one in grids)


def test_the_reference_does_not_move(settings: Settings) -> None:
    assert draw_motion(settings, 1, "OTS001", "ceT1w") is STILL


def test_points_are_those_of_the_image_header(settings: Settings) -> None:
    grid = draw_grid(settings, 1, "OTS001", "T2w")
    image = grid.image_of(np.zeros(grid.size[::-1], dtype=np.int16))
    x, y, z = grid.points(STILL)
    for index in ((0, 0, 0), (63, 5, 2), (10, 60, 18)):
        expected = image.TransformIndexToPhysicalPoint(index)
        here = index[::-1]
        assert (x[here], y[here], z[here]) == pytest.approx(expected, abs=1e-4)


def test_motion_takes_reference_points_to_where_they_are_seen(settings: Settings) -> None:
    motion = draw_motion(settings, 1, "OTS001", "T1w")
    grid = draw_grid(settings, 1, "OTS001", "T1w")
    seen = np.array([points[3, 7, 11] for points in grid.points(STILL)])
    anatomical = np.array([points[3, 7, 11] for points in grid.points(motion)])
    transform = sitk.Euler3DTransform()
    transform.SetRotation(*(float(angle) for angle in np.radians(motion.angles_deg)))
    transform.SetTranslation(motion.translation_mm.tolist())
    moved = transform.TransformPoint([float(value) for value in anatomical])
    assert seen == pytest.approx(moved, abs=1e-4)


def test_known_motion_aligns_two_scans(settings: Settings, anatomy: Anatomy) -> None:
    """The truth, used as a registration, brings the scan onto the reference; the header not."""
    quiet(settings)["sequences"]["T2w"] = settings["sequences"]["ceT1w"]
    fixed = acquire(settings, anatomy, 1, "OTS001", "ceT1w")
    moving = acquire(settings, anatomy, 1, "OTS001", "T2w")
    motion = draw_motion(settings, 1, "OTS001", "T2w")
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(motion.rotation.ravel().tolist())
    transform.SetTranslation(motion.translation_mm.tolist())

    def likeness(by: sitk.Transform) -> float:
        moved = sitk.Resample(moving, fixed, by, sitk.sitkLinear, 0.0, sitk.sitkFloat32)
        inner = (slice(4, -4), slice(8, -8), slice(8, -8))
        pair = [sitk.GetArrayFromImage(one)[inner].ravel() for one in (fixed, moved)]
        return float(np.corrcoef(pair)[0, 1])

    assert likeness(transform) > 0.95
    assert likeness(transform) > likeness(sitk.Transform()) + 0.03


def test_noise_grows_as_the_signal_to_noise_falls(settings: Settings, anatomy: Anatomy) -> None:
    def air_over_muscle(snr: float) -> float:
        settings["acquisition"].update(muscle_snr=snr, bias_strength=0.0)
        image = sitk.GetArrayFromImage(acquire(settings, anatomy, 1, "OTS001", "T1w"))
        return float(np.percentile(image, 1) / np.median(image))

    assert air_over_muscle(5.0) > 2 * air_over_muscle(25.0)


def test_slices_average_their_depths() -> None:
    fine = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    assert over_slices(fine, 3)[:, 0, 0].tolist() == [4.0, 16.0]
    grid = Grid((4, 5, 2), np.array([1.0, 1.0, 3.0]), np.eye(3), np.zeros(3))
    assert grid.points(STILL, 3)[2][:, 0, 0].tolist() == [-1, 0, 1, 2, 3, 4]


def test_rotation_is_a_rotation() -> None:
    matrix = rotation_matrix(np.array([3.0, -4.0, 30.0]))
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1)
