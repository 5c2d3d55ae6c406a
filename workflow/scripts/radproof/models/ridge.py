"""Logistic regression with a ridge penalty, whose maximum exists even where classes separate."""

import numpy as np
from scipy.special import expit

from radproof.models.likelihood import Estimate
from radproof.z_scores import standardise

MAX_ITERATIONS, MAX_HALVINGS = 200, 30
STEP_TOLERANCE = 1e-12


def fit_ridge(design: np.ndarray, outcome: np.ndarray, penalty: float) -> Estimate:
    """Minimise the mean negative log likelihood plus ``penalty / 2`` times the squared weights.

    Weights are those of columns with a population standard deviation of 1; the intercept is not
    penalised.

    Parameters
    ----------
    design
        Shape (n, p); the first column is the intercept's, of ones.
    outcome
        0 or 1, shape (n,).
    penalty
        Above 0.

    Returns
    -------
    Estimate
        Coefficients of the columns as given and their log likelihood without the penalty. The
        covariance is missing: shrunken estimates are biased, and standard errors say too little.

    Source: Le Cessie & Van Houwelingen 1992 (Appl Stat 41:191); R's ``glmnet`` with ``alpha = 0``.
    """
    z, mean, sd = standardise(design[:, 1:])
    columns = np.column_stack([np.ones(len(z)), z])
    shrink = np.append(0.0, np.full(z.shape[1], penalty))
    beta = np.zeros(columns.shape[1])
    converged = False
    for _ in range(MAX_ITERATIONS):
        risk = expit(columns @ beta)
        slope = columns.T @ (risk - outcome) / len(outcome) + shrink * beta
        weight = risk * (1 - risk) / len(outcome)
        step = np.linalg.solve((columns.T * weight) @ columns + np.diag(shrink), -slope)
        beta = _downhill(columns, outcome, shrink, beta, step)
        if np.abs(step).max() <= STEP_TOLERANCE * max(1.0, np.abs(beta).max()):
            converged = True
            break
    weights = beta[1:] / sd
    coefficients = np.append(beta[0] - weights @ mean, weights)
    missing = np.full((len(beta), len(beta)), np.nan)
    return Estimate(
        coefficients, missing, _log_likelihood(columns @ beta, outcome), True, converged
    )


def _downhill(
    columns: np.ndarray, outcome: np.ndarray, shrink: np.ndarray, beta: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """Return where a step leads, halved until the objective does not rise."""

    def objective(at: np.ndarray) -> float:
        loss = -_log_likelihood(columns @ at, outcome) / len(outcome)
        return loss + float(shrink @ at**2) / 2

    start = objective(beta)
    for _ in range(MAX_HALVINGS):
        if objective(beta + step) <= start + 1e-14:
            return beta + step
        step = step / 2
    return beta


def _log_likelihood(score: np.ndarray, outcome: np.ndarray) -> float:
    return float(np.sum(outcome * score - np.logaddexp(0.0, score)))
