"""A 2-D U-Net on one MobileNetV2 encoder, or on one for each sequence.

Sources: Sandler et al., MobileNetV2, CVPR 2018 (doi:10.1109/CVPR.2018.00474); Ronneberger et al.,
U-Net, MICCAI 2015 (doi:10.1007/978-3-319-24574-4_28).
"""

from typing import Any

import keras
from keras import layers

from radproof.segmentation.mobilenetv2 import encode, pretrained_weights

# The last layer of the encoder at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's size.
ENCODER_ENDS = ("Conv1_relu", "block_2_add", "block_5_add", "block_12_add", "out_relu")

# Keras' MobileNetV2 has 0.999, with which the averages that inference uses lag thousands of steps
# behind: after a short training the network finds nothing at all.
MOMENTUM = 0.9

DECODERS = {"separable": layers.SeparableConv2D, "full": layers.Conv2D}


def build(settings: dict[str, Any], channels: int) -> keras.Model:
    """Return the untrained network: images (n, y, x, channels) to probabilities (n, y, x, 1).

    Any in-plane size that 32 divides is taken. The layer ``logits`` holds the output before the
    sigmoid.

    Parameters
    ----------
    settings
        ``alpha`` (width of the encoder), ``depth`` (halvings of the image, 2 to 5), ``fusion``
        (early: the sequences are the channels of one encoder; late: each has an encoder of its
        own, joined at every depth), ``decoder`` (separable or full convolutions),
        ``decoder_filters``, ``encoder_weights`` (none, imagenet or a file of Keras weights).
    channels
        Number of sequences.

    Raises
    ------
    BadInput
        If the encoder's weights are not there or are of another network.
    """
    image = keras.Input((None, None, channels), name="image")
    *skips, x = _encoded(image, settings)
    convolution = DECODERS[settings["decoder"]]
    for level in range(len(skips), 0, -1):
        name = f"decoder_{level}"
        x = _decoder_step(x, skips[level - 1], convolution, settings["decoder_filters"], name)
    # Drawn at half size and enlarged: a step at full size would add half to the time of training
    # and was no more accurate.
    drawn = layers.Conv2D(1, 1, name="drawn")(x)
    logits = layers.UpSampling2D(interpolation="bilinear", name="logits")(drawn)
    output = layers.Activation("sigmoid", name="probability")(logits)
    model = keras.Model(image, output, name="mobilenetv2_unet")
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model


def _encoded(image: keras.KerasTensor, settings: dict[str, Any]) -> list[keras.KerasTensor]:
    """Return the image encoded at each depth, from half size down."""
    alpha, ends = settings["alpha"], ENCODER_ENDS[: settings["depth"]]
    weights = pretrained_weights(alpha, settings["encoder_weights"])
    channels = image.shape[-1]
    if settings["fusion"] == "early" or channels == 1:
        return encode(image, alpha, ends, weights)
    encoded = [
        encode(_sequence(image, index), alpha, ends, weights, f"sequence_{index + 1}_")
        for index in range(channels)
    ]
    return [
        _joined(outputs, f"fusion_{level}")
        for level, outputs in enumerate(zip(*encoded, strict=True), start=1)
    ]


def _sequence(image: keras.KerasTensor, index: int) -> keras.KerasTensor:
    # Keras has no layer that takes a channel, and operations outside layers get names that count
    # on through a process. Cropping with "channels first" cuts the last two axes: x and channels.
    after = image.shape[-1] - 1 - index
    cropping = layers.Cropping2D(
        ((0, 0), (index, after)), data_format="channels_first", name=f"sequence_{index + 1}"
    )
    return cropping(image)


def _joined(outputs: tuple[keras.KerasTensor, ...], name: str) -> keras.KerasTensor:
    x = layers.Concatenate(name=f"{name}_concat")(outputs)
    filters = outputs[0].shape[-1]
    return _normalised(layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_conv")(x), name)


def _decoder_step(
    x: keras.KerasTensor,
    skip: keras.KerasTensor,
    convolution: type[keras.Layer],
    filters: int,
    name: str,
) -> keras.KerasTensor:
    # Bilinear: the gradient of nearest-neighbour upsampling does not repeat on a GPU.
    x = layers.UpSampling2D(interpolation="bilinear", name=f"{name}_up")(x)
    x = layers.Concatenate(name=f"{name}_concat")([x, skip])
    x = convolution(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return _normalised(x, name)


def _normalised(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
