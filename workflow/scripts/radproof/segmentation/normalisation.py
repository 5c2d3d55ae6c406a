"""Batch normalisation as one operation while a network trains."""

from typing import Any

import keras
import tensorflow as tf

# bfloat16 has the range of float32: losses need no scaling, as they would in float16.
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer, computed in training by TensorFlow's fused operation.

    Keras writes it out in a dozen operations, which doubles the time to trace a network and adds
    half to that of a step. The moving variance is that of a sample (n - 1), as in PyTorch.
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Normalise (n, y, x, channels); in training, also update the moving averages."""
        if not training:
            return super().call(inputs, training=False, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=self.moving_mean.value,
            variance=self.moving_variance.value,
            epsilon=self.epsilon,
            exponential_avg_factor=1.0 - self.momentum,
            is_training=True,
        )
        self.moving_mean.value.assign(mean)
        self.moving_variance.value.assign(variance)
        return outputs


def with_fused_normalisation(model: keras.Model, precision: str = "float32") -> keras.Model:
    """Return a copy of ``model``, with the same weights, whose batch normalisation is fused.

    Its operations are of ``precision``, float32 or bfloat16; its weights are float32 in both.
    Weights go back to the plain model by ``model.set_weights(copy.get_weights())``, so that what
    is saved needs no layer of ours.
    """

    def cloned(layer: keras.layers.Layer, *_: Any) -> keras.layers.Layer:
        plain = isinstance(layer, keras.layers.BatchNormalization)
        made = FusedBatchNormalization if plain else layer.__class__
        return made.from_config({**layer.get_config(), "dtype": POLICIES[precision]})

    copy = keras.models.clone_model(model, clone_function=cloned)
    copy.set_weights(model.get_weights())
    return copy
