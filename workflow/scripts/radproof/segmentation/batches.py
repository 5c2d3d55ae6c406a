"""The input of training: batches of changed slices, each made while the one before is used."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from radproof.seeds import derive_seed
from radproof.segmentation.augmentation import Changes, draw_changes
from radproof.segmentation.slices import Slices, draw_slices

Item = TypeVar("Item")


@dataclass(frozen=True)
class Batch:
    """Numbers of the slices of a step, and what is done to each."""

    chosen: np.ndarray
    changes: Changes


def epoch_order(slices: Slices, settings: dict[str, Any], seed: int, epoch: int) -> np.ndarray:
    """Return the slices of an epoch in their order; it follows from seed and epoch alone."""
    rng = np.random.default_rng(derive_seed(seed, "epoch", str(epoch)))
    return draw_slices(slices.has_tumour, settings["background_share"], rng)


def make_batches(
    slices: Slices, parts: Iterable[np.ndarray], settings: dict[str, Any], seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield a batch for each array of numbers of slices.

    A slice is changed by its number, the epoch and the seed, whatever batch it falls into.
    """
    for chosen in parts:
        seeds = [derive_seed(seed, "slice", str(epoch), str(number)) for number in chosen]
        yield Batch(chosen, draw_changes(slices, chosen, settings, seeds))


class Ahead(Generic[Item]):
    """Items of an iterator, each made by another thread while the one before is used.

    ``waited_s`` is the time in seconds that the user of the items has waited for them.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self.items, self.waited_s = iter(items), 0.0

    def __iter__(self) -> Iterator[Item]:
        """Yield the items in their order."""
        with ThreadPoolExecutor(max_workers=1) as maker:
            coming = maker.submit(next, self.items, None)
            while True:
                started = time.perf_counter()
                item = coming.result()
                self.waited_s += time.perf_counter() - started
                if item is None:
                    return
                coming = maker.submit(next, self.items, None)
                yield item
