"""Optimiser, schedule and fused normalisation against their definitions and Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from radproof.segmentation.normalisation import with_fused_normalisation
from radproof.segmentation.optimisation import AdamW, warm_up_cosine

pytestmark = pytest.mark.usefixtures("tensorflow_ready")


def test_the_optimiser_is_keras_adamw() -> None:
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(3, 4)).astype("f"), rng.normal(size=4).astype("f")
    ours = [tf.Variable(kernel), tf.Variable(bias)]
    theirs = [keras.Variable(kernel, name="kernel"), keras.Variable(bias, name="bias")]
    reference = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    reference.exclude_from_weight_decay([theirs[1]])
    reference.build(theirs)
    optimiser = AdamW(ours, weight_decay=0.1)
    for _ in range(5):
        gradients = [tf.constant(rng.normal(size=(3, 4)).astype("f")), tf.constant(bias)]
        optimiser.apply(gradients, tf.constant(0.01))
        reference.apply(gradients)
    for first, second in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(first.numpy(), second.numpy(), rtol=1e-4, atol=1e-6)


def test_an_optimiser_that_was_reset_remembers_nothing() -> None:
    variable = tf.Variable([1.0, 2.0])
    optimiser = AdamW([variable], weight_decay=0.1)
    for _ in range(2):
        variable.assign([1.0, 2.0])
        optimiser.apply([tf.constant([0.3, -0.2])], tf.constant(0.01))
        optimiser.apply([tf.constant([0.1, 0.4])], tf.constant(0.01))
        state = [array.numpy().tolist() for array in (variable, *optimiser.state)]
        optimiser.reset()
    assert state[0] != [1.0, 2.0]
    variable.assign([1.0, 2.0])
    optimiser.apply([tf.constant([0.3, -0.2])], tf.constant(0.01))
    optimiser.apply([tf.constant([0.1, 0.4])], tf.constant(0.01))
    assert state == [array.numpy().tolist() for array in (variable, *optimiser.state)]


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nil() -> None:
    rates = [warm_up_cosine(step, 100, 10, 0.5) for step in range(100)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[9] == rates[10] == 0.5
    assert all(np.diff(rates[10:]) < 0)
    assert rates[55] == pytest.approx(0.25)
    assert warm_up_cosine(100, 100, 10, 0.5) == pytest.approx(0, abs=1e-12)
    assert warm_up_cosine(0, 10, 0, 0.5) == 0.5


def test_fused_normalisation_is_keras_normalisation() -> None:
    inputs = keras.Input((4, 4, 3))
    plain = keras.Model(inputs, keras.layers.BatchNormalization(momentum=0.9)(inputs))
    fused = with_fused_normalisation(plain)
    image = np.random.default_rng(0).normal(2, 3, (5, 4, 4, 3)).astype(np.float32)
    for training in (False, True):
        outputs = [model(image, training=training).numpy() for model in (plain, fused)]
        np.testing.assert_allclose(*outputs, atol=1e-4)
    for first, second in zip(plain.get_weights()[:3], fused.get_weights()[:3], strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)
    expected = 0.9 + 0.1 * image.var(axis=(0, 1, 2), ddof=1)
    np.testing.assert_allclose(fused.get_weights()[3], expected, rtol=1e-4)


def test_bfloat16_computes_in_bfloat16_and_keeps_its_weights_in_float32() -> None:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3)(inputs)
    plain = keras.Model(inputs, keras.layers.BatchNormalization(momentum=0.9)(x))
    fused = with_fused_normalisation(plain, "bfloat16")
    image = np.random.default_rng(0).normal(0, 1, (5, 8, 8, 3)).astype(np.float32)
    output = fused(image, training=True)
    assert output.dtype == tf.bfloat16
    assert {weight.dtype for weight in fused.weights} == {"float32"}
    np.testing.assert_allclose(tf.cast(output, tf.float32), plain(image, training=True), atol=0.1)
