"""Slices a second that a network is trained on."""

import time

import keras
import numpy as np
from peers import PEERS
from radproof.kinds import load_kind
from radproof.segmentation.batches import make_batches
from radproof.segmentation.runtime import configure
from radproof.segmentation.slices import Slices
from radproof.segmentation.stepping import Stepper
from radproof.study import read_study

STEPS = 12


def slices_a_second(plan: str, network: str, threads: int) -> float:
    """Return the rate over the faster half of some steps, augmentation included."""
    study = read_study(plan, None)
    entry, channels = next(iter(study.plan["segmenters"].values())), len(study.plan["sequences"])
    configure(threads, seed=0)
    model = _network(network, entry, channels)
    training, slices = entry["training"], _noise(entry["training"]["size"], channels)
    stepper = Stepper(model, training)
    stepper.start(model.get_weights(), slices)
    numbers = np.arange(training["batch_size"])
    seconds = []
    for batch in make_batches(slices, [numbers] * STEPS, training, 0, 1):
        started = time.perf_counter()
        stepper.step(batch, 1e-3)
        seconds.append(time.perf_counter() - started)
    return len(numbers) / float(np.mean(sorted(seconds)[: STEPS // 2]))


def _network(name: str, entry: dict, channels: int) -> keras.Model:
    build = PEERS.get(name) or load_kind("segmenter", entry["kind"]).build
    return build(entry["network"], channels)


def _noise(size: list[int], channels: int) -> Slices:
    rng = np.random.default_rng(0)
    stack = rng.normal(size=(64, size[1], size[0], channels + 1)).astype(np.float32)
    stack[..., -1] = stack[..., -1] > 1
    floors = stack.min(axis=(1, 2), keepdims=True)
    extents = np.full((len(stack), 2), stack.shape[1:3])
    return Slices(stack, floors, extents, extents / 2.0, np.arange(len(stack)))
