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
from radproof.segmentation.batches import Ahead, epoch_order, make_batches
from radproof.segmentation.checkpoints import Checkpoints, State
from radproof.segmentation.memory import device_bytes, fitting_batch, out_of_memory, slice_bytes
from radproof.segmentation.optimisation import warm_up_cosine
from radproof.segmentation.runtime import configure
from radproof.segmentation.slices import Slices, read_slices, validation_patients
from radproof.segmentation.stepping import Stepper
from radproof.segmentation.validation import evaluate

HISTORY = ["epoch", "loss", "val_loss", "val_dice", "learning_rate"]
DICE = HISTORY.index("val_dice")
Log = Callable[[str], None]
Build = Callable[[dict[str, Any], int], keras.Model]


@dataclass(frozen=True)
class TrainedSegmenter:
    """A network with the weights of the epoch that was kept, and how it came there.

    ``history`` has one row an epoch: ``epoch loss val_loss val_dice learning_rate kept``, where
    ``val_dice`` is the mean over validation patients of the Dice of whole volumes at a threshold
    of one half, and ``kept`` is 1 for the epoch whose weights the network has.
    """

    model: keras.Model
    history: pd.DataFrame
    validation: list[str]


@dataclass(frozen=True)
class Material:
    """The slices that one network learns from, those that choose its epoch, and their patients."""

    slices: Slices
    validation: Slices
    patients: list[str]
    kept: list[str]

    def patients_of(self, chosen: Sequence[int] | np.ndarray) -> list[str]:
        """Return the patients of some of the slices, sorted."""
        return sorted(
            {self.patients[number] for number in self.slices.patients[np.asarray(chosen)]}
        )


class Trainer:
    """Trains networks of one kind, one after the other, for what compiling one of them costs.

    Each network is the same, bit for bit, whatever this process trained before.

    Parameters
    ----------
    settings
        The plan's entry: ``kind``, ``network``, ``training``.
    channels
        Number of sequences.
    log
        Takes one line of progress an epoch.
    build
        Makes the network in place of that of the kind, for comparisons.
    """

    def __init__(
        self, settings: dict[str, Any], channels: int, log: Log, build: Build | None = None
    ) -> None:
        self.network, self.settings, self.log = settings["network"], settings["training"], log
        self.channels = channels
        self.build = build or load_kind("segmenter", settings["kind"]).build
        self.stepper: Stepper | None = None

    def train(
        self,
        patients: Sequence[str],
        images: Mapping[str, Sequence[str | Path]],
        masks: Mapping[str, str | Path],
        seed: int,
        checkpoints: Checkpoints | None = None,
    ) -> TrainedSegmenter:
        """Train a network and return it with the weights of the epoch that the plan keeps.

        The same patients, files, settings and seed give the same weights bit for bit, in any
        process on the same kind of processor, killed in between or not.

        Parameters
        ----------
        patients
            Training patients; a part of them is kept to choose the epoch.
        images
            Patient → files of the sequences, in one order for all.
        masks
            Patient → file of the mask to learn.
        checkpoints
            Where to go on from and to leave the state after each epoch; None keeps none.

        Raises
        ------
        BadInput
            If files cannot be used, none of the patients trained on has a tumour voxel, or a step
            does not fit into memory.
        CheckFailed
            If the loss stops being a number; says at which batch, and whose slices were in it.
        """
        configure(self.settings["threads"], seed)
        material = _material(patients, images, masks, self.settings, seed)
        model = self.build(self.network, self.channels)
        batch_size = fitting_batch(model, self.settings)
        self.log(
            f"{len(material.patients)} patients to train on, {len(material.kept)} to choose the"
            f" epoch, {int(material.slices.has_tumour.sum())} slices with tumour,"
            f" {model.count_params()} parameters, at most {batch_size} slices a step"
        )
        if self.stepper is None:
            self.stepper = Stepper(model, self.settings)
        run = _Run(self.stepper, material, self.settings, batch_size, seed, self.log, checkpoints)
        try:
            self.stepper.start(model.get_weights(), material.slices)
            state = run.to_the_end()
        except tf.errors.ResourceExhaustedError:
            each = slice_bytes(model, self.settings["size"])
            raise out_of_memory(batch_size, each, device_bytes()) from None
        model.set_weights(state.kept)
        history = pd.DataFrame(state.history, columns=HISTORY).astype({"epoch": int})
        history["kept"] = 0
        history.loc[_kept_row(state.history, self.settings), "kept"] = 1
        return TrainedSegmenter(model, history, material.kept)


def _material(
    patients: Sequence[str],
    images: Mapping[str, Sequence[str | Path]],
    masks: Mapping[str, str | Path],
    settings: dict[str, Any],
    seed: int,
) -> Material:
    rng = np.random.default_rng(derive_seed(seed, "validation"))
    kept = validation_patients(patients, settings["validation_fraction"], rng)
    is_kept = np.isin(patients, kept)
    everything = read_slices(patients, images, masks, settings["size"])
    slices, validation = (everything.of(np.flatnonzero(part)) for part in (~is_kept, is_kept))
    for part, who in ((slices, "to train on"), (validation, "to choose the epoch by")):
        if not part.has_tumour.any():
            what = f"no training patient {who} has a voxel in the mask"
            raise BadInput(Problem(what, remedy="correct the masks or make fewer folds"))
    return Material(slices, validation, [name for name in patients if name not in kept], kept)


@dataclass(frozen=True)
class _Run:
    """One training, epoch after epoch."""

    stepper: Stepper
    material: Material
    settings: dict[str, Any]
    batch_size: int
    seed: int
    log: Log
    checkpoints: Checkpoints | None

    def to_the_end(self) -> State:
        """Train from the newest checkpoint, or from the start, to the last epoch."""
        state = self.checkpoints.newest() if self.checkpoints else None
        if state is None:
            state = State(current=[], kept=self.stepper.weights(), history=[])
        else:
            self.stepper.resume(state.current)
        started, first, epochs = time.perf_counter(), len(state.history), self.settings["epochs"]
        while not _finished(state.history, self.settings):
            state, waited = self._epoch(state)
            if self.checkpoints:
                self.checkpoints.write(state)
            elapsed, done = time.perf_counter() - started, len(state.history)
            left = elapsed / (done - first) * (epochs - done)
            _, loss, _, val_dice, _ = state.history[-1]
            self.log(
                f"epoch {done}/{epochs} loss {loss:.3f} val_dice {val_dice:.3f}"
                f" {elapsed:.0f} s elapsed, {left:.0f} s left, {waited:.1%} waiting for input"
            )
        return state

    def _epoch(self, state: State) -> tuple[State, float]:
        """Return the state after one more epoch, and the share of time spent on waiting."""
        epoch, before = len(state.history) + 1, self.stepper.weights()
        loss, rate, waited = self._steps(epoch, before)
        val_loss, val_dice = evaluate(
            self.stepper.logits, self.material.validation, self.stepper.loss, self.settings["loss"]
        )
        if not np.isfinite(val_loss):
            raise CheckFailed(self._diverged(epoch, "after the last batch", val_loss))
        history = [*state.history, [epoch, loss, val_loss, val_dice, rate]]
        is_kept = _kept_row(history, self.settings) == epoch - 1
        weights = self.stepper.weights() if is_kept else state.kept
        return State(self.stepper.state(), weights, history), waited

    def _steps(self, epoch: int, before: list[np.ndarray]) -> tuple[float, float, float]:
        """Train on the slices of one epoch.

        Returns the mean loss, the last learning rate and the share of time spent on waiting.
        """
        settings, slices = self.settings, self.material.slices
        order = epoch_order(slices, settings, self.seed, epoch)
        parts = np.array_split(order, -(-len(order) // self.batch_size))
        batches = Ahead(make_batches(slices, parts, settings, self.seed, epoch))
        n_steps, started = len(parts), time.perf_counter()
        losses, rate = [], 0.0
        for index, batch in enumerate(batches):
            rate = warm_up_cosine(
                (epoch - 1) * n_steps + index,
                settings["epochs"] * n_steps,
                settings["warm_up_epochs"] * n_steps,
                settings["learning_rate"],
            )
            loss = self.stepper.step(batch, rate)
            if not np.isfinite(loss):
                where = f"batch {index + 1} of {n_steps}"
                raise CheckFailed(
                    self._diverged(epoch, where, loss) + self._whose(before, batch.chosen)
                )
            losses.append(loss)
        waited = batches.waited_s / (time.perf_counter() - started)
        return float(np.mean(losses)), rate, waited

    def _diverged(self, epoch: int, where: str, loss: float) -> str:
        kept = " (the checkpoint before is kept)" if self.checkpoints and epoch > 1 else ""
        return (
            f"training diverged at epoch {epoch} of {self.settings['epochs']}, {where}: the loss is"
            f" {loss}{kept}; lower learning_rate or look for extreme intensities in the images"
        )

    def _whose(self, before: list[np.ndarray], chosen: np.ndarray) -> str:
        """Say whose slices were in a batch, and whose give no number to the network before it."""
        self.stepper.set_weights(before)
        lone = [number for number in chosen if not self.stepper.is_finite(number)]
        text = f"; the batch had slices of {', '.join(self.material.patients_of(chosen))}"
        if lone:
            text += f"; by themselves, those of {', '.join(self.material.patients_of(lone))} fail"
        return text


def _finished(history: list[list[float]], settings: dict[str, Any]) -> bool:
    """Return whether all epochs are done, or too many have passed since the best."""
    if len(history) >= settings["epochs"]:
        return True
    patience = settings["patience"]
    return bool(history and patience and len(history) - 1 - _best_row(history) >= patience)


def _kept_row(history: list[list[float]], settings: dict[str, Any]) -> int:
    """Return the number, from 0, of the epoch whose weights are kept."""
    return len(history) - 1 if settings["keep"] == "last" else _best_row(history)


def _best_row(history: list[list[float]]) -> int:
    """Return the number, from 0, of the first epoch of the best Dice."""
    return int(np.argmax([row[DICE] for row in history]))
