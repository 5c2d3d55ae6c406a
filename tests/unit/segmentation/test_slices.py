"""Slices: reading, padding, drawing, validation patients and augmentation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.segmentation.slices import (
    Slices,
    canvas,
    draw_slices,
    inner,
    padded,
    read_slices,
    validation_patients,
)

from tests.unit.segmentation.phantoms import SETTINGS, write_phantoms

STILL = {"flip": False, "rotation_deg": 0.0, "scale": 0.0, "intensity": 0.0}


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.floats(0, 0.9), st.integers(0, 99))
def test_an_epoch_has_every_slice_with_tumour_and_a_share_without(tumour, share, seed) -> None:
    has_tumour = np.array(tumour)
    drawn = draw_slices(has_tumour, share, np.random.default_rng(seed))
    assert len(set(drawn)) == len(drawn)
    assert set(np.flatnonzero(has_tumour)) <= set(drawn)
    without = len(drawn) - has_tumour.sum()
    wanted = round(has_tumour.sum() * share / (1 - share))
    assert without == min(wanted, (~has_tumour).sum())
    np.testing.assert_array_equal(
        drawn, draw_slices(has_tumour, share, np.random.default_rng(seed))
    )


@given(st.integers(2, 80), st.floats(0.01, 0.5), st.integers(0, 99))
def test_validation_patients_do_not_depend_on_the_order_of_patients(count, fraction, seed) -> None:
    patients = [f"p{number}" for number in range(count)]
    kept = validation_patients(patients, fraction, np.random.default_rng(seed))
    again = validation_patients(patients[::-1], fraction, np.random.default_rng(seed))
    assert kept == again
    assert set(kept) < set(patients)
    assert len(kept) == max(1, round(count * fraction))


def test_one_patient_cannot_be_trained_and_validated() -> None:
    with pytest.raises(BadInput, match="too few patients"):
        validation_patients(["a"], 0.2, np.random.default_rng(0))


def test_slices_of_different_patients_share_one_size(tmp_path) -> None:
    images, masks = write_phantoms(tmp_path, ["a"], (4, 30, 40))
    more_images, more_masks = write_phantoms(tmp_path, ["b"], (5, 50, 33))
    slices = read_slices(["a", "b"], images | more_images, masks | more_masks, [32, 48])
    assert slices.stack.shape == (9, 64, 64, 3)
    assert slices.patients.tolist() == [0] * 4 + [1] * 5
    assert slices.extents[0].tolist() == [30, 40]
    assert slices.extents[-1].tolist() == [50, 33]
    assert set(np.unique(slices.stack[..., 2])) == {0, 1}
    second = slices.of(np.array([1]))
    np.testing.assert_array_equal(second.stack, slices.stack[4:])
    assert set(second.patients) == {0}
    index = int(np.flatnonzero(slices.has_tumour)[0])
    rows, columns = np.nonzero(slices.stack[index, ..., 2])
    np.testing.assert_allclose(slices.centres[index], [rows.mean(), columns.mean()])


def test_padding_takes_each_channel_s_minimum() -> None:
    image = np.arange(24, dtype=np.float32).reshape(1, 3, 4, 2)
    assert canvas((3, 33), (20, 20)) == canvas((3, 4), (40, 32)) == (32, 64)
    grown = padded(image, 32, 64)
    assert grown.shape == (1, 32, 64, 2)
    np.testing.assert_array_equal(grown[:, 14:17, 30:34], image)
    np.testing.assert_array_equal(grown[inner((3, 4), (32, 64))], image)
    grown[:, 14:17, 30:34] = [0, 1]
    assert (grown == [0, 1]).all()


def stack_of(shape: tuple[int, int], rng: np.random.Generator) -> Slices:
    mask = np.zeros((3, *shape, 1), np.float32)
    mask[:2, 5:15, 20:26] = 1
    image = rng.normal(size=(3, *shape, 2)).astype(np.float32)
    centres = np.array([[9.5, 22.5], [9.5, 22.5], [np.nan, np.nan]])
    stack = np.concatenate([image + 3 * mask, mask], axis=-1)
    floors = stack.min(axis=(1, 2), keepdims=True)
    return Slices(stack, floors, np.full((3, 2), shape), centres, np.arange(3))


def changed(slices: Slices, augmentation: dict, size: list[int], seed: int = 1):
    from radproof.segmentation.augmentation import apply_changes, draw_changes

    settings = {**SETTINGS["training"], "size": size, "augmentation": augmentation}
    chosen = np.arange(len(slices.stack))
    changes = draw_changes(slices, chosen, settings, np.random.default_rng(seed))
    found = apply_changes(
        slices.stack,
        slices.floors,
        changes.transforms,
        changes.gains,
        changes.shifts,
        (size[1], size[0]),
    )
    return [part.numpy() for part in found]


@pytest.mark.usefixtures("tensorflow_ready")
def test_no_augmentation_changes_nothing() -> None:
    slices = stack_of((32, 64), np.random.default_rng(0))
    image, mask = changed(slices, STILL, [64, 32])
    np.testing.assert_allclose(image, slices.stack[..., :2], atol=1e-5)
    np.testing.assert_array_equal(mask, slices.stack[..., 2:])


@pytest.mark.usefixtures("tensorflow_ready")
def test_a_flip_changes_left_and_right_only() -> None:
    slices = stack_of((32, 64), np.random.default_rng(0))
    image, mask = changed(slices, {**STILL, "flip": True}, [64, 32], seed=3)
    for index in range(3):
        kept = np.allclose(image[index], slices.stack[index, ..., :2], atol=1e-4)
        mirrored = np.allclose(image[index], slices.stack[index, :, ::-1, :2], atol=1e-4)
        assert kept != mirrored
        expected = slices.stack[index, :, :: -1 if mirrored else 1, 2:]
        np.testing.assert_array_equal(mask[index], expected)


@pytest.mark.usefixtures("tensorflow_ready")
def test_image_and_mask_move_together_and_crops_see_the_tumour() -> None:
    slices = stack_of((96, 96), np.random.default_rng(0))
    slices.stack[..., 0] = slices.stack[..., 2]
    augmentation = {"flip": True, "rotation_deg": 30.0, "scale": 0.2, "intensity": 0.0}
    for seed in range(20):
        image, mask = changed(slices, augmentation, [32, 32], seed)
        np.testing.assert_array_equal(image[..., :1] > 0.5, mask > 0.5)
        assert mask[:2].sum(axis=(1, 2, 3)).min() > 20
        assert mask[2].sum() == 0


@pytest.mark.usefixtures("tensorflow_ready")
def test_a_rotation_by_a_right_angle_is_that_of_numpy() -> None:
    from radproof.segmentation.augmentation import apply_changes, draw_changes

    slices = stack_of((32, 32), np.random.default_rng(0))
    augmentation = {**STILL, "rotation_deg": 90.0}
    settings = {**SETTINGS["training"], "size": [32, 32], "augmentation": augmentation}

    class Fixed:
        """Draws the upper end of every range."""

        def uniform(self, low: float, high: float, size: object) -> np.ndarray:
            return np.full(size, high, float)

        def random(self, size: int) -> np.ndarray:
            return np.ones(size)

    changes = draw_changes(slices, np.arange(3), settings, Fixed())
    _, mask = apply_changes(
        slices.stack,
        slices.floors,
        changes.transforms,
        changes.gains,
        changes.shifts,
        (32, 32),
    )
    np.testing.assert_array_equal(mask[0], np.rot90(slices.stack[0, ..., 2:]))
