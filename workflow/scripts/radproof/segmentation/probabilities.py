"""Probabilities as they lie on disk: whole numbers, 0 to 65535, in the place of 0 to 1."""

import numpy as np

CERTAIN = 65535


def quantised(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities of any shape, 0 to 1, as whole numbers (uint16) of 65535ths."""
    return np.rint(probabilities.astype(np.float64) * CERTAIN).astype(np.uint16)


def level_of(threshold: float) -> int:
    """Return the least whole number that is inside at a threshold between 0 and 1.

    It is rounded as probabilities are: none that reaches the threshold falls short of it on disk.
    """
    return max(1, round(threshold * CERTAIN))
