"""Loss and Dice of whole validation volumes, by which an epoch is chosen."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from radproof.segmentation.slices import Slices

AT_ONCE = 32
Loss = Callable[[tf.Tensor, tf.Tensor, dict[str, Any]], tf.Tensor]
Logits = Callable[[tf.Tensor], tf.Tensor]


def compile_logits(network: keras.Model) -> Logits:
    """Return the function from images (n, y, x, channel) to logits (n, y, x, 1), float32.

    It is compiled once for each in-plane size, whatever the number of images.
    """

    @tf.function(autograph=False)
    def logits(images: tf.Tensor) -> tf.Tensor:
        return tf.cast(network(images, training=False), tf.float32)

    def compiled(images: tf.Tensor) -> tf.Tensor:
        spec = tf.TensorSpec((None, *images.shape[1:]), tf.float32)
        return logits.get_concrete_function(spec)(images)

    return compiled


def evaluate(
    logits: Logits, slices: Slices, loss: Loss, settings: dict[str, Any]
) -> tuple[float, float]:
    """Return the mean over patients of the loss and of the Dice of their volumes.

    Parameters
    ----------
    slices
        Every slice of the validation patients.
    loss, settings
        The module's function of the kind of loss, and its entry in the plan.
    """
    losses, dices = [], []
    for patient in range(slices.patients[-1] + 1):
        volume = slices.stack[slices.patients == patient]
        images, masks = volume[..., :-1], volume[..., -1:]
        starts = range(0, len(volume), AT_ONCE)
        found = tf.concat(
            [logits(tf.constant(images[start : start + AT_ONCE])) for start in starts], axis=0
        )
        losses.append(float(loss(tf.constant(masks), found, settings)))
        dices.append(_dice(masks > 0, found.numpy() > 0))
    return float(np.mean(losses)), float(np.mean(dices))


def _dice(first: np.ndarray, second: np.ndarray) -> float:
    total = int(first.sum()) + int(second.sum())
    return 2.0 * int((first & second).sum()) / total if total else 1.0
