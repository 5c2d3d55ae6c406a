"""Probabilities of tumour by trained networks."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import SimpleITK as sitk
import tensorflow as tf

from radproof.errors import BadInput, Problem
from radproof.segmentation.model_files import check_origin, load_model
from radproof.segmentation.probabilities import quantised
from radproof.segmentation.runtime import configure
from radproof.segmentation.slices import read_channels
from radproof.segmentation.windows import Predict, probabilities
from radproof.volumes import on_grid_of

BATCH = 32


def segment(
    models: Sequence[str | Path],
    images: Mapping[str, Sequence[str | Path]],
    origin: dict[str, Any],
    settings: dict[str, Any],
) -> Iterator[tuple[str, sitk.Image]]:
    """Yield the mean of several networks' probabilities, for each patient.

    A patient's probabilities depend on no other patient of the job.

    Parameters
    ----------
    models
        Files of one network or more.
    images
        Patient → files of the sequences, in the order of training.
    origin
        What the networks must have been trained with, see `model_files.save_model`; not on whom.
    settings
        ``threads``, and what `windows.probabilities` takes.

    Yields
    ------
    tuple
        Patient, and the probabilities (uint16, 65535 for 1) on the grid of the patient's images.

    Raises
    ------
    BadInput
        If a network was trained under another plan or on one of the patients, takes another number
        of sequences or gives what is no probability; if a network or image cannot be read; if a
        patient's sequences lie on different grids.
    """
    check_origin(models, origin, images)
    configure(settings["threads"], seed=0)
    networks = [load_model(path) for path in models]
    _check_channels(models, networks, {len(files) for files in images.values()})
    predict = _ensemble(networks)
    for patient, files in images.items():
        volume, grid = read_channels(patient, files)
        found = probabilities(predict, volume, settings)
        if not np.isfinite(found).all():
            raise BadInput(_not_finite(models, patient))
        yield patient, on_grid_of(quantised(found), grid)


def _check_channels(
    models: Sequence[str | Path], networks: Sequence[keras.Model], counts: set[int]
) -> None:
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


def _ensemble(networks: Sequence[keras.Model]) -> Predict:
    """Return a function from slices to mean probabilities, compiled once for each in-plane size."""

    @tf.function(autograph=False)
    def mean(slices: tf.Tensor) -> tf.Tensor:
        return tf.add_n([net(slices, training=False) for net in networks]) / len(networks)

    def predict(slices: np.ndarray) -> np.ndarray:
        # The number of slices stays open, so that the last batch is not compiled anew.
        spec = tf.TensorSpec((None, *slices.shape[1:]), tf.float32)
        compiled = mean.get_concrete_function(spec)
        batches = (slices[start : start + BATCH] for start in range(0, len(slices), BATCH))
        parts = [compiled(tf.constant(batch)).numpy() for batch in batches]
        return np.concatenate(parts)[..., 0]

    return predict


def _not_finite(models: Sequence[str | Path], patient: str) -> Problem:
    return Problem(
        "network gives probabilities that are not finite",
        patient=patient,
        file=", ".join(map(str, models)),
        remedy="train it again, with a lower learning_rate",
    )
