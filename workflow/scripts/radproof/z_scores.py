"""Columns of numbers brought to mean 0 and standard deviation 1."""

import numpy as np

# The least size of numbers whose squares are told from 0.
SMALLEST = 1e-130


def standardise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return z-scores (n, p), means (p,) and population standard deviations (p,).

    A constant column becomes zeros, with a standard deviation of 1.
    """
    mean = values.mean(axis=0)
    sd = values.std(axis=0)
    sd[is_constant(values)] = 1.0
    return (values - mean) / sd, mean, sd


def is_constant(values: np.ndarray) -> np.ndarray:
    """Return which columns (p,) of ``values`` (n, p) hold one value up to rounding.

    The spread is judged against the size of the values: the mean of equal numbers is not always
    that number, so that a standard deviation of exactly 0 cannot be asked for. Values whose squares
    would vanish are constant too.
    """
    spread = np.ptp(values, axis=0)
    return spread <= 1e-12 * np.maximum(np.abs(values).max(axis=0), SMALLEST)
