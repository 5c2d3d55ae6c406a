"""A 2-D U-Net on a MobileNetV2 encoder, with a light decoder of separable convolutions.

Sources: Sandler et al., MobileNetV2, CVPR 2018 (doi:10.1109/CVPR.2018.00474); Ronneberger et al.,
U-Net, MICCAI 2015 (doi:10.1007/978-3-319-24574-4_28).
"""

import warnings
from pathlib import Path
from typing import Any

import keras
from keras import layers

from radproof.errors import BadInput, Problem

# The last layer of the encoder at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's size.
ENCODER_ENDS = ("Conv1_relu", "block_2_add", "block_5_add", "block_12_add", "out_relu")

# Keras' MobileNetV2 has 0.999, with which the averages that inference uses lag thousands of steps
# behind: after a short training the network finds nothing at all.
MOMENTUM = 0.9


def build(settings: dict[str, Any], channels: int) -> keras.Model:
    """Return the untrained network: images (n, y, x, channels) to probabilities (n, y, x, 1).

    Any in-plane size that 32 divides is taken. The layer ``logits`` holds the output before the
    sigmoid.

    Parameters
    ----------
    settings
        ``alpha`` (width of the encoder), ``depth`` (halvings of the image, 2 to 5),
        ``decoder_filters``, ``encoder_weights`` (none, imagenet or a file of Keras weights).
    channels
        Number of sequences.

    Raises
    ------
    BadInput
        If the encoder's weights are not there or are of another network.
    """
    ends = ENCODER_ENDS[: settings["depth"]]
    encoder = _encoder(settings["alpha"], channels, settings["encoder_weights"])
    filters, image = settings["decoder_filters"], encoder.inputs[0]
    x = encoder.get_layer(ends[-1]).output
    for level in range(len(ends) - 1, 0, -1):
        skip = encoder.get_layer(ends[level - 1]).output
        x = _decoder_step(x, skip, filters, f"decoder_{level}")
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


def _decoder_step(
    x: keras.KerasTensor, skip: keras.KerasTensor, filters: int, name: str
) -> keras.KerasTensor:
    # Bilinear: the gradient of nearest-neighbour upsampling does not repeat on a GPU.
    x = layers.UpSampling2D(interpolation="bilinear", name=f"{name}_up")(x)
    x = layers.Concatenate(name=f"{name}_concat")([x, skip])
    convolution = layers.SeparableConv2D(
        filters, 3, padding="same", use_bias=False, name=f"{name}_conv"
    )
    return _normalised(convolution(x), name)


def _normalised(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _encoder(alpha: float, channels: int, weights: str) -> keras.Model:
    if weights == "none":
        return _mobilenetv2(alpha, channels, None)
    pretrained = _pretrained(alpha, weights)
    encoder = _mobilenetv2(alpha, channels, None)
    kernel, *others = pretrained.get_weights()
    # Averaged over red, green and blue, and scaled so that the response keeps its size.
    if channels != kernel.shape[2]:
        averaged = kernel.mean(axis=2, keepdims=True).repeat(channels, axis=2)
        kernel = averaged * (kernel.shape[2] / channels)
    encoder.set_weights([kernel, *others])
    return encoder


def _mobilenetv2(alpha: float, channels: int, weights: str | None) -> keras.Model:
    return keras.applications.MobileNetV2(
        input_tensor=keras.Input((None, None, channels), name="image"),
        alpha=alpha,
        include_top=False,
        weights=weights,
    )


def _pretrained(alpha: float, weights: str) -> keras.Model:
    if weights != "imagenet" and not Path(weights).is_file():
        raise BadInput(
            Problem(
                "file of encoder weights is not there",
                file=weights,
                remedy="correct encoder_weights in the plan, or say none",
            )
        )
    try:
        if weights == "imagenet":
            return _mobilenetv2(alpha, 3, "imagenet")
        encoder = _mobilenetv2(alpha, 3, None)
        with warnings.catch_warnings():
            # Keras only warns of layers that it finds nothing for.
            warnings.simplefilter("error", UserWarning)
            encoder.load_weights(weights)
    # Keras raises a bare Exception when its download fails, and several kinds for a wrong file.
    except Exception as error:
        online = weights == "imagenet"
        raise BadInput(
            Problem(
                "ImageNet weights cannot be had" if online else "encoder weights do not fit",
                file="" if online else weights,
                found=str(error).strip().splitlines()[0],
                expected=f"MobileNetV2 of width {alpha} without its top, three channels",
                remedy="give a local file, or none, as encoder_weights in the plan",
            )
        ) from error
    return encoder
