"""Logistic regressions of many weighted samples of the same patients, fitted side by side."""

import numpy as np
from scipy.special import expit

MAX_ITERATIONS = 25
STEP_TOLERANCE = 1e-11
# Beyond, a risk is 0 or 1 to the last digit: the estimates are on their way to infinity.
LARGEST_SCORE = 36.0
LEAST_EIGENVALUE = 1e-9


def fit_many(
    design: np.ndarray, outcome: np.ndarray, weights: np.ndarray, offset: np.ndarray | float = 0.0
) -> np.ndarray:
    """Maximise the likelihood of each sample by Newton's method, without a penalty.

    A sample is given by weights of the patients, such as how often a bootstrap drew each.

    Parameters
    ----------
    design
        Shape (n, p), the same for all samples, or (b, n, p); columns of about one size.
    outcome
        0 or 1, shape (n,).
    weights
        0 or more, shape (b, n).
    offset
        Added to each linear predictor, shape (b, n); 0 of patients without weight.

    Returns
    -------
    numpy.ndarray
        Coefficients, shape (b, p). NaN for a sample whose maximum was not found: its classes may be
        separate, or its columns depend on one another, which the fit of a single sample
        (:mod:`radproof.models.learners.logistic`) can tell.
    """
    samples = np.broadcast_to(design, (len(weights), *design.shape[-2:]))
    shift = np.broadcast_to(offset, weights.shape)
    found = np.full((len(weights), design.shape[-1]), np.nan)
    going = np.flatnonzero(_determined(samples, weights))
    beta = np.zeros((len(weights), design.shape[-1]))
    for _ in range(MAX_ITERATIONS):
        if not going.size:
            break
        own, weight = samples[going], weights[going]
        score = shift[going] + _scores(own, beta[going])
        # A score beyond the largest leaves no information to divide by.
        finite = np.abs(score).max(axis=1, where=weight > 0, initial=0.0) < LARGEST_SCORE
        going, own, weight, score = going[finite], own[finite], weight[finite], score[finite]
        slope, information = _slope(own, outcome, weight, score)
        step = np.linalg.solve(information, slope[..., None])[..., 0]
        beta[going] += step
        size = np.abs(beta[going]).max(axis=1, initial=1.0)
        settled = np.abs(step).max(axis=1) <= STEP_TOLERANCE * size
        found[going[settled]] = beta[going[settled]]
        going = going[~settled]
    return found


def _scores(design: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return np.matmul(design, beta[..., None])[..., 0]


def _slope(
    design: np.ndarray, outcome: np.ndarray, weights: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the slope (b, p) of each log likelihood and its information (b, p, p)."""
    risk = expit(score)
    rows = np.swapaxes(design, 1, 2)
    slope = np.matmul(rows, (weights * (outcome - risk))[..., None])[..., 0]
    return slope, np.matmul(rows * (weights * risk * (1 - risk))[:, None, :], design)


def _determined(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return which samples have columns that none of the others determine, shape (b,)."""
    products = np.matmul(np.swapaxes(design, 1, 2) * weights[:, None, :], design)
    size = np.sqrt(np.einsum("bii->bi", products))
    with np.errstate(invalid="ignore", divide="ignore"):
        products /= size[:, :, None] * size[:, None, :]
    known = np.isfinite(products).all(axis=(1, 2))
    products[~known] = 0.0
    return known & (np.linalg.eigvalsh(products)[:, 0] > LEAST_EIGENVALUE)
