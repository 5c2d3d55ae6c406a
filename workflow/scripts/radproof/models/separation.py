"""Detection of separation: when maximum-likelihood estimates do not exist.

Albert & Anderson (1984, Biometrika 71:1); the linear programs of Konis (2007, thesis, Oxford).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

TOLERANCE = 1e-6
KINDS = ["none", "quasi-complete", "complete"]


@dataclass(frozen=True)
class Separation:
    """``kind`` is none, quasi-complete or complete.

    ``columns`` are those of the predictors whose estimates run off to infinity.
    """

    kind: str
    columns: list[int]


def detect_separation(predictors: np.ndarray, outcome: np.ndarray) -> Separation:
    """Detect whether some combination of predictors splits the classes.

    Parameters
    ----------
    predictors
        Shape (n, p), of full rank, without the intercept.
    outcome
        0 or 1, both present, shape (n,).

    Returns
    -------
    Separation
        Complete: some combination puts every case strictly above every control. Quasi-complete:
        above or level, and not everywhere level.
    """
    if predictors.shape[1] == 0:
        return Separation("none", [])
    z = (predictors - predictors.mean(axis=0)) / predictors.std(axis=0)
    sides = np.column_stack([np.ones(outcome.size), z]) * np.where(outcome == 1, 1.0, -1.0)[:, None]
    if _largest(sides, sides.sum(axis=0)) <= TOLERANCE:
        return Separation("none", [])
    infinite = [
        column - 1
        for column in range(1, sides.shape[1])
        if max(_largest(sides, sign * _unit(column, sides.shape[1])) for sign in (1, -1))
        > TOLERANCE
    ]
    margin = np.column_stack([sides, -np.ones(outcome.size)])
    complete = _largest(margin, _unit(sides.shape[1], margin.shape[1])) > TOLERANCE
    return Separation("complete" if complete else "quasi-complete", infinite)


def worst_separation(found: list[Separation]) -> Separation:
    """Return the worst kind of several tables of the same columns, and all columns found."""
    kind = max((one.kind for one in found), key=KINDS.index)
    return Separation(kind, sorted({column for one in found for column in one.columns}))


def _unit(place: int, size: int) -> np.ndarray:
    vector = np.zeros(size)
    vector[place] = 1.0
    return vector


def _largest(sides: np.ndarray, objective: np.ndarray) -> float:
    """Return the maximum of ``objective @ b`` where ``sides @ b >= 0`` and every |b| <= 1."""
    solved = linprog(-objective, A_ub=-sides, b_ub=np.zeros(len(sides)), bounds=(-1, 1))
    return float(-solved.fun)
