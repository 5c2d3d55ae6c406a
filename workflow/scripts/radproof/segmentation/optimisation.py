"""Optimiser and schedule of training."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


class AdamW:
    """Adam with decoupled weight decay on kernels, one fused operation a variable.

    Keras' own optimiser writes out ten operations a variable and takes three times as long to
    trace, which a short training feels.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019.
    """

    def __init__(self, variables: Sequence[tf.Variable], weight_decay: float) -> None:
        self.variables = list(variables)
        self.weight_decay = weight_decay
        self.first = [tf.Variable(tf.zeros_like(variable)) for variable in self.variables]
        self.second = [tf.Variable(tf.zeros_like(variable)) for variable in self.variables]
        self.powers = [tf.Variable(BETA_1), tf.Variable(BETA_2)]

    @property
    def state(self) -> list[tf.Variable]:
        """All that it remembers between steps."""
        return [*self.first, *self.second, *self.powers]

    def reset(self) -> None:
        """Forget every step."""
        for moment in (*self.first, *self.second):
            moment.assign(tf.zeros_like(moment))
        self.powers[0].assign(BETA_1)
        self.powers[1].assign(BETA_2)

    def apply(self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> None:
        """Make one step along the gradients, in the order of the variables."""
        decay = 1.0 - learning_rate * self.weight_decay
        moments = zip(self.variables, self.first, self.second, gradients, strict=True)
        for variable, first, second, gradient in moments:
            if self.weight_decay and variable.shape.rank > 1:
                variable.assign(variable * decay)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=self.powers[0],
                beta2_power=self.powers[1],
                lr=learning_rate,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=gradient,
            )
        self.powers[0].assign(self.powers[0] * BETA_1)
        self.powers[1].assign(self.powers[1] * BETA_2)


def warm_up_cosine(step: int, steps: int, warm_up_steps: int, peak: float) -> float:
    """Return the learning rate of a step: a linear rise to ``peak``, then half a cosine to nil.

    Source: Loshchilov and Hutter, SGDR, ICLR 2017, equation 5 without restarts.
    """
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps
    progress = (step - warm_up_steps) / max(steps - warm_up_steps, 1)
    return float(peak * 0.5 * (1.0 + np.cos(np.pi * progress)))
