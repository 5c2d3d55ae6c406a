"""Augmentation moves image and mask together, within its bounds, each sample by its own seed."""

import numpy as np
import pytest
from radproof.segmentation.slices import Slices

pytestmark = pytest.mark.usefixtures("tensorflow_ready")

STILL = {
    "flip": [],
    "rotation_deg": 0.0,
    "scale": 0.0,
    "elastic": 0.0,
    "intensity": 0.0,
    "bias": 0.0,
    "noise": 0.0,
}


def stack_of(shape: tuple[int, int]) -> Slices:
    """Three slices of two sequences, a tumour in the first two."""
    rng = np.random.default_rng(0)
    mask = np.zeros((3, *shape, 1), np.float32)
    mask[:2, 5:15, 20:26] = 1
    image = rng.normal(size=(3, *shape, 2)).astype(np.float32)
    centres = np.array([[9.5, 22.5], [9.5, 22.5], [np.nan, np.nan]])
    stack = np.concatenate([image + 3 * mask, mask], axis=-1)
    floors = stack.min(axis=(1, 2), keepdims=True)
    return Slices(stack, floors, np.full((3, 2), shape), centres, np.arange(3))


def changed(slices: Slices, changes: dict, size: list[int], seeds=(1, 2, 3), chosen=(0, 1, 2)):
    from radproof.segmentation.augmentation import apply_changes, draw_changes

    settings = {"size": size, "augmentation": STILL | changes}
    chosen = np.array(chosen)
    drawn = draw_changes(slices, chosen, settings, seeds)
    shape = (size[1], size[0])
    parts = apply_changes(slices.stack, slices.floors, chosen, drawn.arrays(), shape)
    return [part.numpy() for part in parts]


def test_no_augmentation_changes_nothing() -> None:
    slices = stack_of((32, 64))
    image, mask = changed(slices, {}, [64, 32])
    np.testing.assert_allclose(image, slices.stack[..., :2], atol=1e-5)
    np.testing.assert_array_equal(mask, slices.stack[..., 2:])


@pytest.mark.parametrize(("axis", "turned"), [("x", np.s_[:, ::-1]), ("y", np.s_[::-1, :])])
def test_a_flip_mirrors_its_axis_only_and_not_always(axis: str, turned) -> None:
    slices = stack_of((32, 64))
    seen = set()
    for seed in range(4):
        image, mask = changed(slices, {"flip": [axis]}, [64, 32], seeds=range(seed, seed + 3))
        for index in range(3):
            whole = slices.stack[index]
            kept = np.allclose(image[index], whole[..., :2], atol=1e-4)
            mirrored = np.allclose(image[index], whole[turned][..., :2], atol=1e-4)
            assert kept != mirrored
            expected = whole[turned] if mirrored else whole
            np.testing.assert_array_equal(mask[index], expected[..., 2:])
            seen.add(mirrored)
    assert seen == {True, False}


MOVES = {"flip": ["x", "y"], "rotation_deg": 30.0, "scale": 0.2, "elastic": 2.0}


def test_image_and_mask_move_together_and_crops_see_the_tumour() -> None:
    slices = stack_of((96, 96))
    slices.stack[..., 0] = slices.stack[..., 2]
    for seed in range(0, 60, 3):
        image, mask = changed(slices, MOVES, [32, 32], seeds=range(seed, seed + 3))
        np.testing.assert_array_equal(image[..., :1] > 0.5, mask > 0.5)
        assert mask[:2].sum(axis=(1, 2, 3)).min() > 20
        assert mask[2].sum() == 0


def test_a_sample_depends_on_its_seed_and_not_on_its_batch() -> None:
    slices = stack_of((32, 32))
    everything = MOVES | {"intensity": 0.1, "bias": 0.3, "noise": 0.2}
    together, masks = changed(slices, everything, [32, 32], seeds=(7, 8, 9))
    for index, seed in enumerate((7, 8, 9)):
        image, mask = changed(slices, everything, [32, 32], seeds=(seed,), chosen=(index,))
        np.testing.assert_array_equal(image[0], together[index])
        np.testing.assert_array_equal(mask[0], masks[index])
    other, _ = changed(slices, everything, [32, 32], seeds=(10, 11, 12))
    assert not np.isclose(other, together).all(axis=(1, 2, 3)).any()


def test_a_rotation_by_a_right_angle_is_that_of_numpy(monkeypatch) -> None:
    class Ends:
        """Draws the upper end of every range."""

        def uniform(self, low: float, high: float, size: object) -> np.ndarray:
            return np.full(size, high, float)

    slices = stack_of((32, 32))
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Ends())
    _, mask = changed(slices, {"rotation_deg": 90.0}, [32, 32])
    np.testing.assert_array_equal(mask[0], np.rot90(slices.stack[0, ..., 2:]))


def test_what_lies_beyond_a_slice_has_its_least_value() -> None:
    slices = stack_of((32, 32))
    slices.floors[:] = -50.0
    image, _ = changed(slices, {"rotation_deg": 45.0}, [64, 64])
    np.testing.assert_allclose(image[:, 0, 0], -50.0)


def test_an_elastic_deformation_moves_no_voxel_further_than_its_knots() -> None:
    slices = stack_of((64, 64))
    rows, columns = np.indices((64, 64), dtype=np.float32)
    slices.stack[..., 0], slices.stack[..., 1] = rows, columns
    image, _ = changed(slices, {"elastic": 3.0}, [64, 64])
    moved = (image - np.stack([rows, columns], axis=-1))[:, 5:-5, 5:-5]
    assert 0.3 < np.abs(moved).max() <= 3.0 + 1e-3
    # Smooth: neighbours move alike.
    assert np.abs(np.diff(moved, axis=1)).max() < 0.5


def test_a_bias_field_multiplies_smoothly_above_the_least_value() -> None:
    slices = stack_of((64, 64))
    slices.stack[..., :2], slices.floors[..., :2] = 3.0, -1.0
    image, mask = changed(slices, {"bias": 0.5}, [64, 64])
    logarithm = np.log((image + 1.0) / 4.0)
    assert 0.02 < np.abs(logarithm).max() <= 0.5
    assert np.abs(np.diff(logarithm, axis=2)).max() < 0.1
    assert not np.allclose(logarithm[..., 0], logarithm[..., 1])
    np.testing.assert_array_equal(mask, slices.stack[..., 2:])


def test_noise_and_intensity_stay_within_their_bounds() -> None:
    slices = stack_of((64, 64))
    image, _ = changed(slices, {"noise": 0.5}, [64, 64])
    spreads = (image - slices.stack[..., :2]).std(axis=(1, 2))
    assert (spreads <= 0.52).all()
    assert spreads.max() > 0.05
    scaled, _ = changed(slices, {"intensity": 0.1}, [64, 64])
    slope = scaled.std(axis=(1, 2)) / slices.stack[..., :2].std(axis=(1, 2))
    assert ((slope >= 0.9) & (slope <= 1.1)).all()
    assert len(np.unique(slope.round(4))) == slope.size


def test_a_sequence_that_a_patient_lacks_stays_zero() -> None:
    slices = stack_of((64, 64))
    slices.stack[1, ..., 0], slices.floors[1, ..., 0] = 0.0, 0.0
    everything = MOVES | {"intensity": 0.3, "bias": 0.3, "noise": 0.2}
    image, _ = changed(slices, everything, [64, 64])
    assert (image[1, ..., 0] == 0.0).all()
    assert image[1, ..., 1].std() > 0.1
    assert image[0, ..., 0].std() > 0.1


@pytest.mark.parametrize("extent", [(21, 40), (32, 33), (20, 21)])
def test_a_slice_smaller_than_the_canvas_stays_in_the_middle(extent: tuple[int, int]) -> None:
    from radproof.segmentation.slices import padded

    rng = np.random.default_rng(0)
    volume = rng.normal(size=(3, *extent, 3)).astype(np.float32)
    volume[..., 2] = volume[..., 2] > 0.5
    floors = volume.min(axis=(0, 1, 2))[None, None, None].repeat(3, axis=0)
    whole = padded(volume, 64, 64)
    slices = Slices(whole, floors, np.full((3, 2), extent), np.full((3, 2), np.nan), np.arange(3))
    image, mask = changed(slices, {}, [64, 64])
    # At even room the middle lies between voxels: half a voxel is interpolated at most.
    inside = np.abs(image - floors[..., :2]).max(axis=(0, 3)) > 1e-5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    for found, length in ((rows, extent[0]), (columns, extent[1])):
        assert length <= len(found) <= length + 1
        assert abs((found[0] + found[-1]) / 2 - 31.5) <= 0.5
    assert mask.shape == (3, 64, 64, 1)


def test_spline_weights_add_up_to_one() -> None:
    from radproof.segmentation.augmentation import spline_basis

    basis = spline_basis(37)
    assert (basis >= 0).all()
    np.testing.assert_allclose(basis.sum(axis=1), 1.0, rtol=1e-6)
