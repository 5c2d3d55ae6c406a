"""MobileNetV2 as an encoder: its outputs, and weights from elsewhere that are loaded or refused.

Source: Sandler et al., MobileNetV2, CVPR 2018 (doi:10.1109/CVPR.2018.00474).
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import h5py
import keras
import numpy as np

from radproof.errors import BadInput, Problem
from radproof.provenance import project_path

IMAGENET_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
RGB = 3
Weights = list[np.ndarray]


def encode(
    image: keras.KerasTensor,
    alpha: float,
    ends: Sequence[str],
    weights: Weights | None,
    prefix: str = "",
) -> list[keras.KerasTensor]:
    """Lay an encoder of its own on an image and return its outputs at the named layers.

    Parameters
    ----------
    image
        Symbolic image (n, y, x, channels).
    alpha
        Width of the encoder relative to MobileNetV2.
    ends
        Layers by the names that Keras gives them.
    weights
        Those of ``pretrained_weights``; None starts at random.
    prefix
        Put before the names of all layers, so that one network can hold several encoders.
    """
    encoder = keras.applications.MobileNetV2(
        input_tensor=image, alpha=alpha, include_top=False, weights=None
    )
    if weights is not None:
        kernel, *others = weights
        encoder.set_weights([_adapted(kernel, image.shape[-1]), *others])
    outputs = [encoder.get_layer(end).output for end in ends]
    first = encoder.layers.index(encoder.get_layer("Conv1"))
    for layer in encoder.layers[first:]:
        layer.name = f"{prefix}{layer.name}"
    return outputs


def _adapted(kernel: np.ndarray, channels: int) -> np.ndarray:
    """Average over red, green and blue, and scale so that the response keeps its size."""
    if channels == RGB:
        return kernel
    averaged = kernel.mean(axis=2, keepdims=True).repeat(channels, axis=2)
    return averaged * np.float32(RGB / channels)


def pretrained_weights(alpha: float, source: str) -> Weights | None:
    """Return the arrays of an encoder of three channels, in Keras' order; None for ``none``.

    Parameters
    ----------
    source
        none, imagenet (downloaded by Keras) or a file of Keras weights (``.weights.h5``, ``.h5``
        or ``.keras``).

    Raises
    ------
    BadInput
        If the weights cannot be had, are not there, or are not those of this encoder, all of it.
    """
    if source == "none":
        return None
    if source == "imagenet":
        return _imagenet_weights(alpha)
    return _weights_of_file(alpha, str(project_path(source)))


def _imagenet_weights(alpha: float) -> Weights:
    if alpha not in IMAGENET_WIDTHS:
        raise BadInput(
            Problem(
                "there are no ImageNet weights of this width",
                found=f"alpha {alpha}",
                expected=" or ".join(map(str, IMAGENET_WIDTHS)),
                remedy="change alpha in the plan, or give encoder_weights as a file or none",
            )
        )
    try:
        return _encoder(alpha, "imagenet").get_weights()
    # Keras raises a bare Exception when its download fails.
    except Exception as error:
        raise BadInput(
            Problem(
                "ImageNet weights cannot be had",
                found=_in_one_line(error),
                expected=f"MobileNetV2 of width {alpha} without its top, from the internet",
                remedy="give a local file, or none, as encoder_weights in the plan",
            )
        ) from error


def _weights_of_file(alpha: float, file: str) -> Weights:
    if not Path(file).is_file():
        raise BadInput(
            Problem(
                "file of encoder weights is not there",
                file=file,
                remedy="correct encoder_weights in the plan, or say none",
            )
        )
    channels = _channels_of_first_kernel(file)
    if channels not in (RGB, None):
        raise BadInput(
            Problem(
                "encoder weights are for another number of channels",
                file=file,
                found=f"{channels} in the first kernel",
                expected=f"{RGB}, which are adapted to the sequences",
                remedy="give weights of an encoder of colour images as encoder_weights in the plan",
            )
        )
    try:
        return _loaded(_encoder(alpha), file)
    # Keras raises several kinds for a wrong file.
    except Exception as error:
        raise BadInput(
            Problem(
                "encoder weights do not fit",
                file=file,
                found=_in_one_line(error),
                expected=f"MobileNetV2 of width {alpha} without its top, three channels",
                remedy="give another file, or none, as encoder_weights in the plan",
            )
        ) from error


def _channels_of_first_kernel(file: str) -> int | None:
    """Read the channels from a file in HDF5; None where they cannot be told."""
    shapes: list[tuple[int, ...]] = []
    try:
        with h5py.File(file) as content:
            content.visititems(lambda _, item: shapes.append(getattr(item, "shape", ())))
    except OSError:
        return None
    # The first is the one kernel of MobileNetV2 that spans voxels and is not depthwise.
    found = [shape[2] for shape in shapes if shape[:2] == (3, 3) and shape[3:] > (1,)]
    return found[0] if len(found) == 1 else None


def _loaded(encoder: keras.Model, file: str) -> Weights:
    """Return the weights of a file, every one of them."""
    # Keras may do no more than warn of a layer that it finds nothing for: now it gives itself away.
    encoder.set_weights([np.full_like(array, np.nan) for array in encoder.get_weights()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        encoder.load_weights(file)
    weights = encoder.get_weights()
    missing = sum(not np.isfinite(array).all() for array in weights)
    if missing:
        raise ValueError(f"no numbers for {missing} of {len(weights)} arrays")
    return weights


def _encoder(alpha: float, weights: str | None = None) -> keras.Model:
    return keras.applications.MobileNetV2(
        (224, 224, RGB), alpha=alpha, include_top=False, weights=weights
    )


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
