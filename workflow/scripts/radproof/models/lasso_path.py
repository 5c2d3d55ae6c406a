"""The L1-penalised logistic regression along its path, as glmnet states the problem.

Objective: ``(1/n) sum(log(1 + exp(eta)) - y eta) + lambda sum|beta|`` over columns that have mean 0
and population standard deviation 1; the intercept is not penalised (Friedman, Hastie & Tibshirani
2010, J Stat Softw 33(1)).
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from radproof.z_scores import standardise

# Of the slope of the objective.
SOLVER_TOLERANCE = 1e-7
PATH = ["feature", "step", "lambda", "coefficient"]
PROBABILITY_FLOOR = 1e-5
# The squares of smaller values are 0.
SMALLEST = 1e-130


def lambda_path(z: np.ndarray, outcome: np.ndarray, count: int, ratio: float) -> np.ndarray:
    """Return ``count`` penalties, log-spaced from the least that selects nothing down by ``ratio``.

    ``lambda_max = max|Z'(y - mean y)| / n``.
    """
    largest = np.abs(z.T @ (outcome - outcome.mean())).max() / outcome.size
    return largest * np.exp(np.linspace(0.0, np.log(ratio), count))


def solve_path(
    z: np.ndarray, outcome: np.ndarray, lambdas: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return intercepts (k,) and coefficients (k, p) at each penalty, each starting from the last.

    Parameters
    ----------
    z
        Standardised predictors, shape (n, p).
    outcome
        0 or 1, shape (n,).
    lambdas
        Decreasing penalties, shape (k,).
    """
    # Predicting with a frozen model needs none of the compiled solver.
    from radproof.models.coordinate_descent import follow_path

    found = follow_path(np.asfortranarray(z), outcome.astype(float), lambdas, SOLVER_TOLERANCE)
    intercepts, coefficients = found
    return intercepts, coefficients


def polish(
    z: np.ndarray, outcome: np.ndarray, penalty: float, intercept: float, coefficients: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the exact optimum near a solution: Newton steps on the selected terms, signs fixed.

    Where a sign would change, the solution that came in is returned.
    """
    active = np.flatnonzero(coefficients)
    signs = np.sign(coefficients[active])
    design = np.column_stack([np.ones(outcome.size), z[:, active]])
    theta = np.append(intercept, coefficients[active])
    for _ in range(50):
        probability = expit(design @ theta)
        slope = design.T @ (probability - outcome) / outcome.size + penalty * np.append(0, signs)
        weight = probability * (1 - probability)
        step = np.linalg.lstsq((design.T * weight) @ design / outcome.size, slope, rcond=None)[0]
        theta = theta - step
        if np.abs(step).max() < 1e-13 * max(1.0, np.abs(theta).max()):
            break
    if not np.isfinite(theta).all() or (np.sign(theta[1:]) != signs).any():
        return intercept, coefficients
    polished = np.zeros_like(coefficients)
    polished[active] = theta[1:]
    return float(theta[0]), polished


def cross_validate(
    values: np.ndarray, outcome: np.ndarray, folds: np.ndarray, lambdas: np.ndarray
) -> pd.DataFrame:
    """Return the cross-validated deviance of each penalty: ``lambda deviance se``.

    Columns are standardised anew within each fold's training part. The deviance is -2 log
    likelihood a patient with probabilities kept within 1e-5 and 1 - 1e-5; folds are weighted by
    their size; ``se`` is sqrt(weighted mean of squared deviations / (folds - 1)).

    Source: R's cv.glmnet with the path given and ``standardize = TRUE``.
    """
    labels, sizes = np.unique(folds, return_counts=True)
    rows = []
    for label in labels:
        train, test = folds != label, folds == label
        z, mean, sd = standardise(values[train])
        intercepts, coefficients = solve_path(z, outcome[train], lambdas)
        scores = intercepts + ((values[test] - mean) / sd) @ coefficients.T
        probability = np.clip(expit(scores), PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
        case = outcome[test][:, None]
        likelihood = case * np.log(probability) + (1 - case) * np.log1p(-probability)
        rows.append(-2 * likelihood.mean(axis=0))
    by_fold = np.array(rows)
    mean_deviance = np.average(by_fold, axis=0, weights=sizes)
    variance = np.average((by_fold - mean_deviance) ** 2, axis=0, weights=sizes)
    se = np.sqrt(variance / (labels.size - 1))
    return pd.DataFrame({"lambda": lambdas, "deviance": mean_deviance, "se": se})


def choose_lambdas(path: pd.DataFrame) -> tuple[int, int]:
    """Return the places on the path of lambda min and lambda 1-SE.

    Lambda min is the largest penalty with the least deviance; lambda 1-SE the largest with a
    deviance at most one standard error above it.
    """
    deviance, se = path["deviance"].to_numpy(), path["se"].to_numpy()
    best = int(np.argmin(deviance))
    return best, int(np.argmax(deviance <= deviance[best] + se[best]))
