"""Solver of the LASSO's path: Newton steps, each by coordinate descent on few columns.

Columns that cannot enter are left aside by the sequential strong rule, and looked at again when a
penalty is solved. Sources: Friedman, Hastie & Tibshirani 2010 (J Stat Softw 33(1)); Tibshirani et
al. 2012 (J R Stat Soc B 74:245).
"""

import numpy as np
from numba import njit

MAX_STEPS, MAX_SWEEPS, MAX_HALVINGS = 200, 10_000, 30
LEAST_WEIGHT = 1e-10
NEARER = 0.1


@njit(cache=True)
def follow_path(
    z: np.ndarray, outcome: np.ndarray, lambdas: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return intercepts (k,) and coefficients (k, p) at each penalty, each starting from the last.

    Parameters
    ----------
    z
        Predictors, shape (n, p), columns contiguous in memory.
    outcome
        0.0 or 1.0, shape (n,).
    lambdas
        Decreasing penalties of the mean log likelihood, shape (k,).
    tolerance
        By how much the slope of the objective may miss what holds at its minimum.
    """
    patients, columns = z.shape
    beta = np.zeros(columns)
    intercept = np.log(outcome.mean() / (1 - outcome.mean()))
    score = np.full(patients, intercept)
    intercepts, path = np.empty(len(lambdas)), np.empty((len(lambdas), columns))
    slopes = np.dot(z.T, outcome - _risk(score)) / patients
    before = lambdas[0]
    for place in range(len(lambdas)):
        penalty = lambdas[place]
        chosen = (beta != 0) | (np.abs(slopes) >= 2 * penalty - before)
        while True:
            among = np.flatnonzero(chosen)
            intercept, score = _solve(z, outcome, penalty, among, beta, intercept, score, tolerance)
            slopes = np.dot(z.T, outcome - _risk(score)) / patients
            missed = ~chosen & (np.abs(slopes) > penalty + tolerance)
            if not missed.any():
                break
            chosen |= missed
        intercepts[place], path[place] = intercept, beta
        before = penalty
    return intercepts, path


@njit(cache=True)
def _risk(score: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-score))


@njit(cache=True)
def _objective(
    score: np.ndarray, outcome: np.ndarray, penalty: float, beta: np.ndarray, among: np.ndarray
) -> float:
    loss = 0.0
    for row in range(len(score)):
        one = score[row]
        loss += max(one, 0.0) + np.log1p(np.exp(-abs(one))) - outcome[row] * one
    return loss / len(score) + penalty * np.abs(beta[among]).sum()


@njit(cache=True)
def _score_of(z: np.ndarray, intercept: float, beta: np.ndarray, among: np.ndarray) -> np.ndarray:
    score = np.full(len(z), intercept)
    for column in among:
        if beta[column] != 0:
            score += beta[column] * z[:, column]
    return score


@njit(cache=True)
def _solve(
    z: np.ndarray,
    outcome: np.ndarray,
    penalty: float,
    among: np.ndarray,
    beta: np.ndarray,
    intercept: float,
    score: np.ndarray,
    tolerance: float,
) -> tuple[float, np.ndarray]:
    """Minimise over the columns ``among``; change ``beta``, return intercept and scores."""
    current = _objective(score, outcome, penalty, beta, among)
    for _ in range(MAX_STEPS):
        risk = _risk(score)
        residual = outcome - risk
        miss = _miss(z, residual, penalty, among, beta)
        if miss <= tolerance:
            break
        weight = np.maximum(risk * (1 - risk), LEAST_WEIGHT)
        start, start_intercept = beta[among], intercept
        # Far from the minimum the approximation is not worth solving to the last digit.
        near = max(NEARER * miss, tolerance / 10)
        intercept += _descend(z, weight, residual, penalty, among, beta, near)
        end, end_intercept = beta[among], intercept
        share = 1.0
        for _ in range(MAX_HALVINGS):
            score = _score_of(z, intercept, beta, among)
            reached = _objective(score, outcome, penalty, beta, among)
            if reached <= current + 1e-14:
                break
            share /= 2
            beta[among] = start + share * (end - start)
            intercept = start_intercept + share * (end_intercept - start_intercept)
        current = reached
    return intercept, score


@njit(cache=True)
def _miss(
    z: np.ndarray, residual: np.ndarray, penalty: float, among: np.ndarray, beta: np.ndarray
) -> float:
    """Return by how much, at most, a slope misses what it is at the minimum."""
    largest = abs(residual.mean())
    for column in among:
        slope = _dot(z[:, column], residual) / len(residual)
        if beta[column] != 0:
            miss = abs(slope - penalty * np.sign(beta[column]))
        else:
            miss = abs(slope) - penalty
        largest = max(largest, miss)
    return largest


@njit(cache=True)
def _descend(
    z: np.ndarray,
    weight: np.ndarray,
    residual: np.ndarray,
    penalty: float,
    among: np.ndarray,
    beta: np.ndarray,
    tolerance: float,
) -> float:
    """Minimise the quadratic approximation by coordinate descent; return the intercept's change.

    ``beta`` and ``residual`` (weight times what is left to explain) change in place. After a sweep
    over all columns, those that are not 0 are swept until they settle, and all once more.
    """
    curvature = np.empty(len(among))
    for place in range(len(among)):
        column = z[:, among[place]]
        curvature[place] = _dot(column * weight, column) / len(weight)
    moved_intercept, total = 0.0, weight.sum()
    everyone = True
    for _ in range(MAX_SWEEPS):
        largest = 0.0
        for place in range(len(among)):
            column = among[place]
            if curvature[place] <= 0 or not (everyone or beta[column] != 0):
                continue
            moved = _move(z[:, column], weight, residual, penalty, beta, column, curvature[place])
            largest = max(largest, abs(moved) * curvature[place])
        change = residual.sum() / total
        moved_intercept += change
        residual -= weight * change
        largest = max(largest, abs(change) * total / len(weight))
        if largest <= tolerance:
            if everyone:
                break
            everyone = True
        else:
            everyone = False
    return moved_intercept


@njit(cache=True)
def _move(
    values: np.ndarray,
    weight: np.ndarray,
    residual: np.ndarray,
    penalty: float,
    beta: np.ndarray,
    column: int,
    curvature: float,
) -> float:
    """Move one coefficient to its best place, the others held; return by how much."""
    pull = _dot(values, residual) / len(residual) + curvature * beta[column]
    best = np.sign(pull) * max(abs(pull) - penalty, 0.0) / curvature
    moved = best - beta[column]
    if moved != 0:
        beta[column] = best
        for row in range(len(residual)):
            residual[row] -= weight[row] * values[row] * moved
    return moved


@njit(cache=True)
def _dot(first: np.ndarray, second: np.ndarray) -> float:
    """Return the inner product; four sums side by side keep the processor busy."""
    a = b = c = d = 0.0
    whole = len(first) // 4 * 4
    for row in range(0, whole, 4):
        a += first[row] * second[row]
        b += first[row + 1] * second[row + 1]
        c += first[row + 2] * second[row + 2]
        d += first[row + 3] * second[row + 3]
    for row in range(whole, len(first)):
        a += first[row] * second[row]
    return (a + b) + (c + d)
