"""Dice for the whole tumour, focal loss for each voxel."""

from typing import Any

import tensorflow as tf

from radproof.segmentation.losses import dice


def loss(masks: tf.Tensor, logits: tf.Tensor, settings: dict[str, Any]) -> tf.Tensor:
    """Return one minus the soft Dice of a batch, plus its mean focal loss without class weight.

    Parameters
    ----------
    masks, logits
        As for kind ``dice``.
    settings
        ``gamma``: power of the weight of a voxel, one minus the probability of its true class.

    Source: Lin et al., Focal loss for dense object detection, ICCV 2017, equation 4.
    """
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=masks, logits=logits)
    # The probability of the wrong class, without the loss of digits of one minus the right one.
    wrong = tf.sigmoid(logits * (1.0 - 2.0 * masks))
    return dice.loss(masks, logits, settings) + tf.reduce_mean(wrong ** settings["gamma"] * entropy)
