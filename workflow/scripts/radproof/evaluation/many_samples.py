"""How well probabilities do in many weighted samples of the same patients, side by side."""

import numpy as np
from scipy.special import logit

from radproof.models.many_logistic import fit_many


def measures(
    outcome: np.ndarray, probability: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Return ``c_index brier slope intercept citl`` of each sample, each of shape (b,).

    All are NaN where one of them cannot be had this way: a sample of one class, a probability of 0
    or 1, or no slope.

    Parameters
    ----------
    outcome
        0 or 1, shape (n,).
    probability, weights
        By sample, shape (b, n); weights are whole numbers, 0 for who is not in the sample.
    """
    with np.errstate(divide="ignore"):
        score = logit(probability)
    inside = weights > 0
    events, patients = (weights * outcome).sum(axis=1), weights.sum(axis=1)
    usable = (events > 0) & (events < patients)
    usable &= np.isfinite(np.where(inside, score, 0.0)).all(axis=1)
    found = np.full((5, len(weights)), np.nan)
    rows = np.flatnonzero(usable)
    if rows.size:
        own, weight = np.where(inside, score, 0.0)[rows], weights[rows]
        slope, intercept = _line(outcome, own, weight)
        squares = weight * (probability[rows] - outcome) ** 2
        found[:, rows] = [
            areas(outcome, probability[rows], weight),
            squares.sum(axis=1) / patients[rows],
            slope,
            intercept,
            fit_many(np.ones((outcome.size, 1)), outcome, weight, own)[:, 0],
        ]
        found[:, ~np.isfinite(found).all(axis=0)] = np.nan
    return dict(zip(("c_index", "brier", "slope", "intercept", "citl"), found, strict=True))


def areas(outcome: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each sample, shape (b,); ties count half.

    Parameters
    ----------
    outcome
        0 or 1, shape (n,).
    scores, weights
        By sample, shape (b, n); both classes have some weight.
    """
    order = np.argsort(scores, axis=1, kind="stable")
    ranked, weight = (np.take_along_axis(one, order, axis=1) for one in (scores, weights))
    event = outcome[order]
    controls = np.cumsum(weight * (1 - event), axis=1)
    before = np.concatenate([np.zeros((len(scores), 1)), controls], axis=1)
    places = np.arange(scores.shape[1])
    first = np.concatenate([np.full((len(scores), 1), True), np.diff(ranked, axis=1) > 0], axis=1)
    last = np.concatenate([first[:, 1:], np.full((len(scores), 1), True)], axis=1)
    start = np.maximum.accumulate(np.where(first, places, 0), axis=1)
    end = np.where(last, places, places[-1])[:, ::-1]
    end = np.minimum.accumulate(end, axis=1)[:, ::-1]
    below = np.take_along_axis(before, start, axis=1)
    through = np.take_along_axis(before, end + 1, axis=1)
    won = (weight * event * (below + through) / 2).sum(axis=1)
    return won / ((weight * event).sum(axis=1) * controls[:, -1])


def _line(
    outcome: np.ndarray, score: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and intercept, (b,) each, of the logistic regression on the score."""
    patients = weights.sum(axis=1)
    centre = (weights * score).sum(axis=1) / patients
    away = np.where(weights > 0, score - centre[:, None], 0.0)
    spread = np.sqrt((weights * away**2).sum(axis=1) / patients)
    # Where all scores are equal the column is of zeros, and no line is found.
    z = away / np.where(spread > 0, spread, 1.0)[:, None]
    fitted = fit_many(np.stack([np.ones_like(z), z], axis=2), outcome, weights)
    slope = fitted[:, 1] / np.where(spread > 0, spread, 1.0)
    return slope, fitted[:, 0] - slope * centre
