"""Slices: reading, padding, drawing and validation patients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.segmentation.slices import (
    canvas,
    draw_slices,
    inner,
    padded,
    read_slices,
    validation_patients,
)

from tests.unit.segmentation.phantoms import write_phantoms


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
