"""One minus the soft Dice of a batch."""

from typing import Any

import tensorflow as tf


def loss(masks: tf.Tensor, logits: tf.Tensor, settings: dict[str, Any]) -> tf.Tensor:
    """Return one minus the soft Dice of all slices together.

    Taken over the batch, slices without tumour keep it defined.

    Parameters
    ----------
    masks, logits
        Float32 (n, y, x, 1): 0 or 1, and the network's output before the sigmoid.
    settings
        The plan's entry; this kind has no setting of its own.

    Source: Milletari et al., V-Net, 3DV 2016 (doi:10.1109/3DV.2016.79), with squares left out.
    """
    probabilities = tf.sigmoid(logits)
    shared = tf.reduce_sum(probabilities * masks)
    total = tf.reduce_sum(probabilities) + tf.reduce_sum(masks)
    return 1.0 - (2.0 * shared + 1.0) / (total + 1.0)
