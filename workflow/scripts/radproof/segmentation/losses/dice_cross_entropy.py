"""Dice for the whole tumour, cross-entropy for each voxel."""

from typing import Any

import tensorflow as tf

from radproof.segmentation.losses import dice


def loss(masks: tf.Tensor, logits: tf.Tensor, settings: dict[str, Any]) -> tf.Tensor:
    """Return one minus the soft Dice of a batch, plus its mean binary cross-entropy.

    Parameters
    ----------
    masks, logits, settings
        As for kind ``dice``.

    Source: Isensee et al., nnU-Net, Nat Methods 2021 (doi:10.1038/s41592-020-01008-z).
    """
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=masks, logits=logits)
    return dice.loss(masks, logits, settings) + tf.reduce_mean(entropy)
