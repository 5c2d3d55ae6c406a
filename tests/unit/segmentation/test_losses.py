"""Losses against their formulas, on whole batches."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from radproof.kinds import available_kinds
from radproof.segmentation.losses import dice, dice_cross_entropy, dice_focal, tversky

pytestmark = pytest.mark.usefixtures("tensorflow_ready")

KINDS = {
    "dice": (dice, {}),
    "dice_cross_entropy": (dice_cross_entropy, {}),
    "dice_focal": (dice_focal, {"gamma": 2.0}),
    "tversky": (tversky, {"missed": 0.7}),
}
MASKS = np.zeros((2, 2, 2, 1), np.float32)
MASKS[0] = 1


def loss_of(name: str, masks: np.ndarray, logits: np.ndarray, **changed: float) -> float:
    module, entry = KINDS[name]
    return float(module.loss(tf.constant(masks), tf.constant(logits), entry | changed))


def test_every_kind_is_tested() -> None:
    assert sorted(KINDS) == available_kinds("loss")


@pytest.mark.parametrize("name", KINDS)
def test_a_perfect_mask_costs_nothing_and_an_empty_one_is_defined(name: str) -> None:
    sure = (200 * (2 * MASKS - 1)).astype(np.float32)
    assert loss_of(name, MASKS, sure) == pytest.approx(0, abs=1e-6)
    assert loss_of(name, MASKS, -sure) > 0.5
    assert np.isfinite(loss_of(name, np.zeros_like(MASKS), np.zeros_like(MASKS)))


def test_losses_at_probability_one_half() -> None:
    # 8 voxels, 4 of them tumour: soft Dice (2 · 2 + 1) / (4 + 4 + 1), entropy log 2.
    half = np.zeros_like(MASKS)
    assert loss_of("dice", MASKS, half) == pytest.approx(4 / 9, rel=1e-6)
    expected = 4 / 9 + np.log(2)
    assert loss_of("dice_cross_entropy", MASKS, half) == pytest.approx(expected, rel=1e-6)
    expected = 4 / 9 + 0.25 * np.log(2)
    assert loss_of("dice_focal", MASKS, half) == pytest.approx(expected, rel=1e-6)
    # 2 shared, 2 missed, 2 superfluous.
    expected = 1 - 2.5 / (2.5 + 0.7 * 2 + 0.3 * 2)
    assert loss_of("tversky", MASKS, half) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    arrays(np.float32, (2, 3, 4, 1), elements=st.sampled_from([0.0, 1.0])),
    arrays(np.float32, (2, 3, 4, 1), elements=st.floats(-30, 30, width=32)),
)
def test_kinds_agree_where_their_settings_make_them_the_same(masks, logits) -> None:
    plain = loss_of("dice", masks, logits)
    assert loss_of("tversky", masks, logits, missed=0.5) == pytest.approx(plain, abs=1e-5)
    entropy = loss_of("dice_cross_entropy", masks, logits)
    assert loss_of("dice_focal", masks, logits, gamma=0.0) == pytest.approx(entropy, rel=1e-5)
    assert loss_of("dice_focal", masks, logits, gamma=2.0) <= entropy + 1e-5
