"""Training of a segmenter on the slices of the patients it is given, and of no others."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from radproof.errors import BadInput, CheckFailed, Problem
from radproof.kinds import load_kind
from radproof.seeds import derive_seed
from radproof.segmentation.augmentation import apply_changes, draw_changes
from radproof.segmentation.normalisation import with_fused_normalisation
from radproof.segmentation.optimisation import AdamW, dice_cross_entropy, warm_up_cosine
from radproof.segmentation.runtime import configure
from radproof.segmentation.slices import Slices, draw_slices, read_slices, validation_patients

VALIDATION_BATCH = 64
Log = Callable[[str], None]
Step = Callable[..., tf.Tensor]


@dataclass(frozen=True)
class TrainedSegmenter:
    """A network with the weights of its best epoch, and how it came there.

    ``history`` has one row an epoch: ``epoch loss val_loss val_dice learning_rate``, where
    ``val_dice`` is the mean over validation patients of the Dice of whole volumes at a threshold
    of one half.
    """

    model: keras.Model
    history: pd.DataFrame
    validation: list[str]


def train_segmenter(
    patients: Sequence[str],
    images: Mapping[str, Sequence[str | Path]],
    masks: Mapping[str, str | Path],
    settings: dict[str, Any],
    seed: int,
    log: Log,
) -> TrainedSegmenter:
    """Train a network and return it with the weights of the epoch best on validation patients.

    The same patients, files, settings and seed give the same weights bit for bit, in any process
    on the same kind of processor.

    Parameters
    ----------
    patients
        Training patients; a part of them is kept to choose the epoch.
    images
        Patient → files of the sequences, in one order for all.
    masks
        Patient → file of the mask to learn.
    settings
        The plan's entry: ``kind``, ``network``, ``training``.
    log
        Takes one line of progress an epoch.

    Raises
    ------
    BadInput
        If files cannot be used, or none of the patients trained on has a tumour voxel.
    CheckFailed
        If the loss stops being a number; says at which epoch.
    """
    configure(settings["training"]["threads"], seed)
    rng = np.random.default_rng(derive_seed(seed, "validation"))
    kept = validation_patients(patients, settings["training"]["validation_fraction"], rng)
    is_kept = np.isin(patients, kept)
    everything = read_slices(patients, images, masks, settings["training"]["size"])
    slices, validation = (everything.of(np.flatnonzero(part)) for part in (~is_kept, is_kept))
    if not slices.has_tumour.any():
        remedy = "correct the masks or make fewer folds"
        raise BadInput(Problem("no training patient has a voxel in the mask", remedy=remedy))
    channels = slices.stack.shape[-1] - 1
    model = load_kind("segmenter", settings["kind"]).build(settings["network"], channels)
    log(
        f"{len(patients) - len(kept)} patients to train on, {len(kept)} to choose the epoch,"
        f" {int(slices.has_tumour.sum())} slices with tumour, {model.count_params()} parameters"
    )
    fused = with_fused_normalisation(model)
    history = _fit(fused, slices, validation, settings["training"], seed, log)
    model.set_weights(fused.get_weights())
    return TrainedSegmenter(model, history, kept)


def _fit(
    model: keras.Model,
    slices: Slices,
    validation: Slices,
    settings: dict[str, Any],
    seed: int,
    log: Log,
) -> pd.DataFrame:
    step, evaluate = _training_step(model, slices, settings), _evaluation(model, validation)
    epochs, rows, best, started = settings["epochs"], [], -1.0, time.perf_counter()
    weights = model.get_weights()
    for epoch in range(1, epochs + 1):
        rng = np.random.default_rng(derive_seed(seed, "epoch", str(epoch)))
        loss, rate = _run_epoch(step, slices, settings, epoch, rng)
        val_loss, val_dice = evaluate()
        if not np.isfinite([loss, val_loss]).all():
            raise CheckFailed(
                f"training diverged at epoch {epoch} of {epochs}: the loss is {loss}; lower"
                " learning_rate or look for extreme intensities in the images"
            )
        rows.append([epoch, loss, val_loss, val_dice, rate])
        if val_dice > best:
            best, weights = val_dice, model.get_weights()
        elapsed = time.perf_counter() - started
        log(
            f"epoch {epoch}/{epochs} loss {loss:.3f} val_dice {val_dice:.3f}"
            f" {elapsed:.0f} s elapsed, {elapsed / epoch * (epochs - epoch):.0f} s left"
        )
    model.set_weights(weights)
    return pd.DataFrame(rows, columns=["epoch", "loss", "val_loss", "val_dice", "learning_rate"])


def _training_step(model: keras.Model, slices: Slices, settings: dict[str, Any]) -> Step:
    """Return the compiled step: numbers of slices, their changes, learning rate → loss."""
    stack, floors = tf.constant(slices.stack), tf.constant(slices.floors)
    channels = slices.stack.shape[-1] - 1
    width, height = settings["size"]
    trainable = keras.Model(model.input, model.get_layer("logits").output)
    variables = [variable.value for variable in model.trainable_variables]
    optimiser = AdamW(variables, settings["weight_decay"])
    per_channel = tf.TensorSpec((None, 1, 1, channels), tf.float32)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((None, 8), tf.float32),
            per_channel,
            per_channel,
            tf.TensorSpec((), tf.float32),
        ],
        autograph=False,
    )
    def step(
        chosen: tf.Tensor,
        transforms: tf.Tensor,
        gains: tf.Tensor,
        shifts: tf.Tensor,
        learning_rate: tf.Tensor,
    ) -> tf.Tensor:
        image, mask = apply_changes(
            tf.gather(stack, chosen),
            tf.gather(floors, chosen),
            transforms,
            gains,
            shifts,
            (height, width),
        )
        with tf.GradientTape() as tape:
            loss = dice_cross_entropy(mask, trainable(image, training=True))
        optimiser.apply(tape.gradient(loss, variables), learning_rate)
        return loss

    return step


def _run_epoch(
    step: Step, slices: Slices, settings: dict[str, Any], epoch: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Train on the slices of one epoch; return the mean loss and the last learning rate."""
    chosen = draw_slices(slices.has_tumour, settings["background_share"], rng)
    changes = draw_changes(slices, chosen, settings, rng)
    batches = np.array_split(np.arange(len(chosen)), -(-len(chosen) // settings["batch_size"]))
    n_steps, losses, rate = len(batches), [], 0.0
    for index, batch in enumerate(batches):
        rate = warm_up_cosine(
            (epoch - 1) * n_steps + index,
            settings["epochs"] * n_steps,
            settings["warm_up_epochs"] * n_steps,
            settings["learning_rate"],
        )
        losses.append(
            step(
                chosen[batch],
                changes.transforms[batch],
                changes.gains[batch],
                changes.shifts[batch],
                np.float32(rate),
            )
        )
    return float(np.mean(losses)), rate


def _evaluation(model: keras.Model, slices: Slices) -> Callable[[], tuple[float, float]]:
    """Return a function giving the loss over all slices and the mean Dice of the patients."""
    stack = tf.constant(slices.stack)
    trainable = keras.Model(model.input, model.get_layer("logits").output)

    @tf.function(input_signature=[tf.TensorSpec((), tf.int64)] * 2, autograph=False)
    def sums(start: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
        masks = stack[start:stop, ..., -1:]
        logits = trainable(stack[start:stop, ..., :-1], training=False)
        soft, hard = tf.sigmoid(logits), tf.cast(logits > 0.0, tf.float32)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=masks, logits=logits)
        parts = [soft * masks, soft, masks, entropy, hard * masks, hard]
        return tf.stack([tf.reduce_sum(part, axis=(1, 2, 3)) for part in parts], axis=1)

    def evaluate() -> tuple[float, float]:
        starts = range(0, len(slices.stack), VALIDATION_BATCH)
        ends = [min(start + VALIDATION_BATCH, len(slices.stack)) for start in starts]
        found = [sums(np.int64(a), np.int64(b)) for a, b in zip(starts, ends, strict=True)]
        totals = np.zeros((slices.patients[-1] + 1, 6))
        np.add.at(totals, slices.patients, np.concatenate(found))
        shared, soft, masks, entropy, *_ = totals.sum(axis=0)
        loss = 1 - (2 * shared + 1) / (soft + masks + 1) + entropy / slices.stack[..., 0].size
        sizes = totals[:, 5] + totals[:, 2]
        dice = np.divide(2 * totals[:, 4], sizes, out=np.ones_like(sizes), where=sizes > 0)
        return float(loss), float(dice.mean())

    return evaluate
