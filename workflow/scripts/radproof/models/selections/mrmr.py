"""Keep features of much relevance for the outcome and little redundancy with one another.

Peng, Long & Ding 2005 (IEEE Trans Pattern Anal Mach Intell 27:1226); Ding & Peng 2005 (J Bioinform
Comput Biol 3:185), whose names are FCD, FCQ, MID and MIQ.
"""

from typing import Any

import numpy as np
import pandas as pd

from radproof.models.selecting import Selected
from radproof.z_scores import standardise

READS_VALUES = True
READS_OUTCOME = True
# What a quotient is divided by at the least: correlations of nothing are not exactly 0.
LEAST_REDUNDANCY = 1e-3


def select(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    stability: pd.DataFrame | None,
    seed: int,
) -> Selected:
    """Take one feature after another: the most relevant for its redundancy with those taken.

    Parameters
    ----------
    table
        Index patient, float columns without missing values.
    outcome
        0 or 1.
    settings
        ``count`` of features; ``measure``: ``correlation`` (relevance is the F statistic,
        redundancy the mean absolute correlation) or ``mutual_information`` (of three states, below,
        between and above mean ± SD / 2); ``scheme``: ``quotient`` or ``difference``.
    stability, seed
        Not read: nothing is drawn.

    Returns
    -------
    Selected
        In the order taken; equal features as they stand in ``table``. A feature's value is its
        relevance.
    """
    values, cases = table.to_numpy(float), outcome.to_numpy(float)
    measure = _information if settings["measure"] == "mutual_information" else _correlation
    relevance, redundancy_with = measure(values, cases)
    taken: list[int] = []
    redundancy = np.zeros(len(relevance))
    while len(taken) < min(settings["count"], len(relevance)):
        score = relevance
        if taken:
            mean = redundancy / len(taken)
            quotient = relevance / np.maximum(mean, LEAST_REDUNDANCY)
            score = quotient if settings["scheme"] == "quotient" else relevance - mean
        score = np.where(np.isin(np.arange(len(score)), taken), -np.inf, score)
        taken.append(int(np.argmax(score)))
        redundancy = redundancy + redundancy_with(taken[-1])
    columns = [str(table.columns[place]) for place in taken]
    reasons = {
        str(name): "less relevant or more redundant"
        for name in table.columns
        if name not in set(columns)
    }
    return Selected(columns, reasons, dict(zip(table.columns, relevance, strict=True)))


def _correlation(values: np.ndarray, cases: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return F statistics, (p,), and the function to a feature's absolute correlations, (p,)."""
    z, _, _ = standardise(values)
    with_outcome = z.T @ standardise(cases[:, None])[0][:, 0] / len(cases)
    # F of two classes is that of their correlation; one that separates them is finite all the same.
    squared = np.minimum(with_outcome**2, 1 - 1e-12)
    relevance = squared / (1 - squared) * max(len(cases) - 2, 1)
    return relevance, lambda place: np.abs(z.T @ z[:, place]) / len(cases)


def _information(values: np.ndarray, cases: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return mutual information with the outcome and with a feature, in nats."""
    z, _, _ = standardise(values)
    states = np.stack([z < -0.5, (z >= -0.5) & (z <= 0.5), z > 0.5]).astype(float)
    outcomes = np.stack([cases == 0, cases == 1]).astype(float)
    return _shared(states, outcomes), lambda place: _shared(states, states[:, :, place])


def _shared(states: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the mutual information (p,) of states (k, n, p) and one variable's states (m, n)."""
    n = other.shape[1]
    joint = np.einsum("knp,mn->kmp", states, other) / n
    expected = states.mean(axis=1)[:, None, :] * other.mean(axis=1)[None, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 0, joint * np.log(joint / expected), 0.0)
    return np.maximum(terms.sum(axis=(0, 1)), 0.0)
