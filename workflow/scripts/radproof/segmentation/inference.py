"""Masks drawn by trained networks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import SimpleITK as sitk
import tensorflow as tf

from radproof.errors import BadInput, Problem
from radproof.segmentation.model_files import load_model
from radproof.segmentation.runtime import configure
from radproof.segmentation.slices import canvas, inner, padded, read_channels

BATCH = 32
Predict = Callable[[np.ndarray], np.ndarray]


def segment(
    models: Sequence[str | Path],
    images: Mapping[str, Sequence[str | Path]],
    settings: dict[str, Any],
) -> Iterator[tuple[str, sitk.Image]]:
    """Draw the tumour of each patient with the mean of several networks' probabilities.

    A patient's mask depends on no other patient of the job. A mask without a voxel is a result.

    Parameters
    ----------
    models
        Files of one network or more.
    images
        Patient → files of the sequences, in the order of training.
    settings
        ``threshold`` (probability from which a voxel is inside), ``keep_largest`` (whether only
        the largest connected component stays), ``threads``, and the ``size`` of training.

    Yields
    ------
    tuple
        Patient, and the mask (uint8, 0 or 1) on the grid of the patient's images.

    Raises
    ------
    BadInput
        If a network or image cannot be read, or a network takes another number of sequences.
    """
    configure(settings["threads"], seed=0)
    networks = [load_model(path) for path in models]
    counts = {len(files) for files in images.values()}
    problems = [
        Problem(
            "network takes another number of sequences",
            file=str(path),
            found=str(network.input_shape[-1]),
            expected=str(max(counts)),
            remedy="train it again with this plan",
        )
        for path, network in zip(models, networks, strict=True)
        if counts != {network.input_shape[-1]}
    ]
    if problems:
        raise BadInput(problems)
    predict = _ensemble(networks)
    for patient, files in images.items():
        volume, grid = read_channels(patient, files)
        mask = _probabilities(predict, volume, settings["size"]) >= settings["threshold"]
        drawn = sitk.GetImageFromArray(mask.astype(np.uint8))
        drawn.CopyInformation(grid)
        yield patient, largest_component(drawn) if settings["keep_largest"] else drawn


def _ensemble(networks: Sequence[keras.Model]) -> Predict:
    """Return a function from slices to mean probabilities, compiled once for each in-plane size."""

    @tf.function(autograph=False)
    def mean(slices: tf.Tensor) -> tf.Tensor:
        return tf.add_n([net(slices, training=False) for net in networks]) / len(networks)

    def predict(slices: np.ndarray) -> np.ndarray:
        # The number of slices stays open, so that the last batch is not compiled anew.
        spec = tf.TensorSpec((None, *slices.shape[1:]), tf.float32)
        return mean.get_concrete_function(spec)(tf.constant(slices)).numpy()

    return predict


def _probabilities(predict: Predict, volume: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Return probabilities (z, y, x) of a volume (z, y, x, channel) of any in-plane size."""
    extent = volume.shape[1:3]
    grown = padded(volume, *canvas(extent, size))
    parts = [predict(grown[start : start + BATCH]) for start in range(0, len(grown), BATCH)]
    return np.concatenate(parts)[inner(extent, grown.shape[1:3])][..., 0]


def largest_component(mask: sitk.Image) -> sitk.Image:
    """Return the largest part of a 0/1 mask that hangs together by faces; an empty one stays."""
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(mask))
    return sitk.Cast(parts == 1, sitk.sitkUInt8)
