"""The compiled step of training: a batch in, its loss out, the network's weights moved."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from radproof.kinds import load_kind
from radproof.segmentation.augmentation import apply_changes
from radproof.segmentation.batches import Batch
from radproof.segmentation.normalisation import with_fused_normalisation
from radproof.segmentation.optimisation import AdamW
from radproof.segmentation.slices import Slices
from radproof.segmentation.validation import compile_logits


class Stepper:
    """A network under training; compiled once, it may begin anew with other weights and slices.

    Parameters
    ----------
    model
        Gives the layers; its own weights are left alone. Layer ``logits`` is before the sigmoid.
    settings
        Of training.
    """

    def __init__(self, model: keras.Model, settings: dict[str, Any]) -> None:
        self.fused = with_fused_normalisation(model, settings["precision"])
        self.loss = load_kind("loss", settings["loss"]["kind"]).loss
        self.network = keras.Model(self.fused.input, self.fused.get_layer("logits").output)
        variables = [variable.value for variable in self.fused.trainable_variables]
        self.optimiser = AdamW(variables, settings["weight_decay"])
        self.logits = compile_logits(self.network)
        self._step = self._compiled(variables, settings)

    def start(self, weights: Sequence[np.ndarray], slices: Slices) -> None:
        """Begin a training on these slices, with these weights and a fresh optimiser."""
        self.stack, self.floors = tf.constant(slices.stack), tf.constant(slices.floors)
        self.set_weights(weights)
        self.optimiser.reset()

    def weights(self) -> list[np.ndarray]:
        """Return a copy of the network's weights."""
        return self.fused.get_weights()

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Replace the network's weights."""
        self.fused.set_weights(weights)

    def state(self) -> list[np.ndarray]:
        """Return a copy of the weights and of all that the optimiser remembers."""
        return [*self.weights(), *(variable.numpy() for variable in self.optimiser.state)]

    def resume(self, state: Sequence[np.ndarray]) -> None:
        """Go back to a state."""
        n_weights = len(self.fused.weights)
        self.set_weights(state[:n_weights])
        for variable, value in zip(self.optimiser.state, state[n_weights:], strict=True):
            variable.assign(value)

    def step(self, batch: Batch, learning_rate: float) -> float:
        """Make one step; return the loss, NaN where it or a gradient is no finite number."""
        loss = self._step(
            self.stack,
            self.floors,
            batch.chosen,
            batch.changes.arrays(),
            np.float32(learning_rate),
        )
        return float(loss)

    def is_finite(self, number: int) -> bool:
        """Return whether a slice, unchanged and alone in its batch, gives finite logits.

        Normalised as in training, which moves the averages: for a training that has ended.
        """
        logits = self.network(self.stack[number : number + 1, ..., :-1], training=True)
        return bool(tf.reduce_all(tf.math.is_finite(logits)))

    def _compiled(self, variables: list[tf.Variable], settings: dict[str, Any]) -> Any:
        width, height = settings["size"]
        channels = self.fused.input_shape[-1]
        shapes = [(None, 2, 3), *[(None, None, None, count) for count in (2, *[channels] * 4)]]

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, None, None, channels + 1), tf.float32),
                tf.TensorSpec((None, 1, 1, channels + 1), tf.float32),
                tf.TensorSpec((None,), tf.int64),
                tuple(tf.TensorSpec(shape, tf.float32) for shape in shapes),
                tf.TensorSpec((), tf.float32),
            ],
            autograph=False,
        )
        def step(
            stack: tf.Tensor,
            floors: tf.Tensor,
            chosen: tf.Tensor,
            changes: tuple[tf.Tensor, ...],
            learning_rate: tf.Tensor,
        ) -> tf.Tensor:
            images, masks = apply_changes(stack, floors, chosen, changes, (height, width))
            with tf.GradientTape() as tape:
                logits = tf.cast(self.network(images, training=True), tf.float32)
                loss = self.loss(masks, logits, settings["loss"])
            gradients = tape.gradient(loss, variables)
            self.optimiser.apply(gradients, learning_rate)
            # No number in any gradient makes none of the loss: the step that broke is the one told.
            return loss + 0.0 * tf.linalg.global_norm(gradients)

        return step
