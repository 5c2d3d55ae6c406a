"""Networks that others would use, held against ours with the same data and training."""

from typing import Any

import keras
from keras import layers

# Keras' default of 0.99 lags behind in trainings of some hundred steps, and would be no fair peer.
MOMENTUM = 0.9


def plain_unet(settings: dict[str, Any], channels: int) -> keras.Model:
    """Return a full-width U-Net of 32 to 512 filters (7.8 M parameters).

    Source: Ronneberger et al., U-Net, MICCAI 2015 (doi:10.1007/978-3-319-24574-4_28), with padding,
    batch normalisation and half its filters.
    """
    image = keras.Input((None, None, channels), name="image")
    x, skips = image, []
    for filters in (32, 64, 128, 256):
        x = _two_convolutions(x, filters)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = _two_convolutions(x, 512)
    for filters, skip in zip((256, 128, 64, 32), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = _two_convolutions(layers.Concatenate()([x, skip]), filters)
    return _model(image, layers.Conv2D(1, 1, name="logits")(x), "plain_unet")


def _two_convolutions(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
    return x


def customary(settings: dict[str, Any], channels: int) -> keras.Model:
    """Return the customary MobileNetV2 U-Net: whole encoder, 512-256-128-64 transposed filters."""
    image = keras.Input((None, None, channels), name="image")
    encoder = keras.applications.MobileNetV2(
        input_tensor=image, alpha=1.0, include_top=False, weights=None
    )
    names = ["block_13", "block_6", "block_3", "block_1"]
    skips = [encoder.get_layer(f"{name}_expand_relu").output for name in names]
    x = encoder.output
    for filters, skip in zip((512, 256, 128, 64), skips, strict=True):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
        x = layers.Concatenate()([x, skip])
    logits = layers.Conv2DTranspose(1, 3, strides=2, padding="same", name="logits")(x)
    model = _model(image, logits, "customary")
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model


def _model(image: keras.KerasTensor, logits: keras.KerasTensor, name: str) -> keras.Model:
    return keras.Model(image, layers.Activation("sigmoid", name="probability")(logits), name=name)


PEERS = {"plain_unet": plain_unet, "customary": customary}
