"""Batches: the order of an epoch follows from seed and epoch, and slices come as they are asked."""

import threading

import numpy as np
import pytest
from radproof.segmentation.batches import Ahead, epoch_order, make_batches

from tests.unit.segmentation.phantoms import SETTINGS
from tests.unit.segmentation.test_augmentation import stack_of

pytestmark = pytest.mark.usefixtures("tensorflow_ready")

TRAINING = SETTINGS["training"]


def test_the_order_follows_from_seed_and_epoch() -> None:
    slices = stack_of((32, 32))
    slices = type(slices)(*(np.repeat(part, 9, axis=0) for part in vars(slices).values()))
    first = epoch_order(slices, TRAINING, 1, 1)
    np.testing.assert_array_equal(first, epoch_order(slices, TRAINING, 1, 1))
    for seed, epoch in ((1, 2), (2, 1)):
        assert first.tolist() != epoch_order(slices, TRAINING, seed, epoch).tolist()


def test_a_slice_is_changed_alike_in_any_batch() -> None:
    slices = stack_of((32, 32))
    one = list(make_batches(slices, [np.array([0, 1, 2])], TRAINING, 5, 3))
    three = list(make_batches(slices, np.array([[0], [1], [2]]), TRAINING, 5, 3))
    for position, array in enumerate(one[0].changes.arrays()):
        parts = [batch.changes.arrays()[position] for batch in three]
        np.testing.assert_array_equal(array, np.concatenate(parts))


def test_an_item_is_made_while_the_one_before_is_used() -> None:
    made = [threading.Event() for _ in range(4)]

    def making():
        for number, event in enumerate(made):
            event.set()
            yield number

    items, taken = Ahead(making()), []
    for item in items:
        taken.append(item)
        assert item == 3 or made[item + 1].wait(timeout=30)
    assert taken == [0, 1, 2, 3]
    assert items.waited_s > 0.0


def test_an_error_in_the_making_reaches_the_user() -> None:
    def broken():
        yield 1
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(Ahead(broken()))
