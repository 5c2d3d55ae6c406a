"""How much memory a step of training takes, and the largest batch that fits."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import keras
import psutil
import tensorflow as tf

from radproof.errors import BadInput, Problem
from radproof.segmentation.network_table import shapes_within

GB = 1e9
# Outputs of layers are kept for the backward pass. Measured on a processor, over five networks of
# 0.1 to 11 million parameters: 3.3 to 3.9 bytes for each number of all layers' outputs.
BYTES_A_NUMBER = 5
CGROUP = Path("/sys/fs/cgroup/memory.max")


def slice_bytes(model: keras.Model, size: Sequence[int]) -> int:
    """Return the memory that one slice of ``size`` (x, y) takes in a step, by estimate."""
    shapes = shapes_within(model, [layer.output for layer in model.layers], (size[0], size[1]))
    return BYTES_A_NUMBER * sum(prod(shape) for shape in shapes)


def fitting_batch(model: keras.Model, settings: dict[str, Any]) -> int:
    """Return the slices of a step: the plan's number, or as many as its ``memory_gb`` holds.

    It depends on the plan alone, never on the machine, so that it is the same everywhere.

    Parameters
    ----------
    settings
        Of training: ``batch_size``, ``memory_gb``, ``size``.

    Raises
    ------
    BadInput
        If the plan's bound holds no two slices, or the machine has less memory than a step takes.
    """
    each, bound = slice_bytes(model, settings["size"]), settings["memory_gb"]
    wanted: int = settings["batch_size"]
    if bound is not None:
        wanted = min(wanted, int(bound * GB / each))
        if wanted < 2:
            raise BadInput(
                Problem(
                    "a step of two slices takes more than memory_gb of the plan",
                    found=f"{bound} GB",
                    expected=f"at least {2 * each / GB:.2g} GB",
                    remedy="raise memory_gb, or train a smaller size or network",
                )
            )
    free = host_bytes()
    if not tf.config.list_physical_devices("GPU") and wanted * each > free:
        raise out_of_memory(wanted, each, free)
    return wanted


def out_of_memory(batch_size: int, each: int, free: int) -> BadInput:
    """Return the error that says which batch would fit into ``free`` bytes.

    ``each`` are the bytes that a slice takes.
    """
    fitting = min(free // each, batch_size - 1)
    return BadInput(
        Problem(
            f"a step of {batch_size} slices does not fit into memory",
            found=f"about {free / GB:.2g} GB are there, a slice takes {each / GB:.2g} GB",
            expected=f"a batch_size of {fitting}" if fitting >= 2 else "a smaller size or network",
            remedy="change it in the plan, or give the job more memory",
        )
    )


def host_bytes() -> int:
    """Return the machine's free memory; a limit of the control group, as of a cluster, counts."""
    free = int(psutil.virtual_memory().available)
    limit = CGROUP.read_text().strip() if CGROUP.is_file() else "max"
    return free if limit == "max" else min(free, int(limit))


def device_bytes() -> int:
    """Return the most memory that steps have had on the first GPU, else the machine's free memory.

    After a step has failed for want of memory, the most it had is about what there is.
    """
    if tf.config.list_physical_devices("GPU"):
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    return host_bytes()
