"""Linear predictors and probabilities, the same for a patient whatever the company."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import expit


def linear_predictor(
    intercept: float, columns: Iterable[np.ndarray], coefficients: Iterable[float], n: int
) -> np.ndarray:
    """Return intercept + sum of coefficient times column, for ``n`` patients.

    Added term by term: a matrix product may round a row differently with the number of rows, so
    that a prediction would depend on who else is predicted.
    """
    score = np.full(n, intercept, dtype=float)
    for column, coefficient in zip(columns, coefficients, strict=True):
        score += coefficient * column
    return score


def score_table(score: np.ndarray, patients: pd.Index) -> pd.DataFrame:
    """Return ``score`` (linear predictor) and ``probability`` (0 to 1) with index patient."""
    return pd.DataFrame({"score": score, "probability": expit(score)}, index=patients)
