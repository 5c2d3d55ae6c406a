"""One minus the Tversky index of a batch."""

from typing import Any

import tensorflow as tf


def loss(masks: tf.Tensor, logits: tf.Tensor, settings: dict[str, Any]) -> tf.Tensor:
    """Return one minus the soft Tversky index of all slices together.

    Parameters
    ----------
    masks, logits
        As for kind ``dice``.
    settings
        ``missed``: weight of missed voxels, superfluous ones have the rest; 0.5 is Dice.

    Source: Salehi et al., Tversky loss function, MLMI 2017 (doi:10.1007/978-3-319-67389-9_44).
    """
    probabilities = tf.sigmoid(logits)
    shared = tf.reduce_sum(probabilities * masks)
    missed = tf.reduce_sum((1.0 - probabilities) * masks)
    superfluous = tf.reduce_sum(probabilities * (1.0 - masks))
    weighted = settings["missed"] * missed + (1.0 - settings["missed"]) * superfluous
    return 1.0 - (shared + 0.5) / (shared + weighted + 0.5)
