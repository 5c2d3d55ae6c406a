"""Logistic regression by maximum likelihood and by Firth's penalised likelihood.

Firth (1993, Biometrika 80:27) adds half the log determinant of the information to the log
likelihood; estimates stay finite under separation (Heinze & Schemper 2002, Stat Med 21:2409).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2, norm

MAX_ITERATIONS = 200
MAX_STEP = 5.0
STEP_TOLERANCE = 1e-12
GRADIENT_TOLERANCE = 1e-9
TOO_LARGE = (
    "an odds ratio is beyond any number: it is of one unit of the variable, take a larger one"
)


@dataclass(frozen=True)
class Estimate:
    """A fitted logistic regression.

    ``coefficients`` (p,), ``covariance`` (p, p) from the information at the estimate,
    ``log_likelihood`` (penalised where ``penalised``), and whether the iteration ``converged``.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    penalised: bool
    converged: bool


def fit_logistic(
    design: np.ndarray,
    outcome: np.ndarray,
    penalised: bool,
    fixed: int | None = None,
    value: float = 0.0,
) -> Estimate:
    """Maximise the (penalised) likelihood by Newton steps with step-halving.

    Parameters
    ----------
    design
        Shape (n, p), of full rank; the first column is the intercept's, of ones.
    outcome
        0 or 1, shape (n,).
    penalised
        Whether to add Firth's penalty; its score is ``X'(y - pi + h (1/2 - pi))`` with ``h`` the
        diagonal of the hat matrix.
    fixed, value
        A coefficient held at a value, for profiles; the penalty keeps the whole information.

    Returns
    -------
    Estimate
        Of the columns as given; inside, they are centred and scaled to be well conditioned.
    """
    scaled, back = _conditioned(design, centred=fixed != 0)
    free = np.array([column for column in range(design.shape[1]) if column != fixed])
    beta = np.zeros(design.shape[1])
    if fixed is not None:
        beta[fixed] = value / back[fixed, fixed]
    current = _log_likelihood(scaled, outcome, beta, penalised)
    converged = False
    for _ in range(MAX_ITERATIONS):
        gradient, curvature = _slope(scaled, outcome, beta, penalised)
        step = np.zeros_like(beta)
        step[free] = np.linalg.lstsq(curvature[np.ix_(free, free)], gradient[free], rcond=None)[0]
        largest = np.abs(step).max()
        if largest > MAX_STEP:
            step *= MAX_STEP / largest
        beta, current, moved = _uphill(scaled, outcome, beta, step, current, penalised)
        if moved <= STEP_TOLERANCE * max(1.0, np.abs(beta).max()):
            steepest = np.abs(gradient[free]).max(initial=0.0)
            converged = bool(steepest < GRADIENT_TOLERANCE * outcome.size)
            break
    _, information = _slope(scaled, outcome, beta, penalised=False)
    covariance = back @ np.linalg.pinv(information, hermitian=True) @ back.T
    if penalised:
        # The determinant of the information is that of the columns as given.
        current -= float(np.sum(np.log(np.diag(back))))
    return Estimate(back @ beta, covariance, current, penalised, converged)


def _conditioned(design: np.ndarray, centred: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the design with columns of SD 1 after the intercept, and the way back (p, p).

    The coefficients of ``design`` are ``back @`` those of the returned columns. A profile of the
    intercept needs columns that are not ``centred``.
    """
    centre, scale = np.zeros(design.shape[1]), np.ones(design.shape[1])
    scale[1:] = design[:, 1:].std(axis=0)
    if centred:
        centre[1:] = design[:, 1:].mean(axis=0)
    back = np.diag(1 / scale)
    back[0, 1:] = -centre[1:] / scale[1:]
    return (design - centre) / scale, back


def _log_likelihood(
    design: np.ndarray, outcome: np.ndarray, beta: np.ndarray, penalised: bool
) -> float:
    score = design @ beta
    likelihood = float(np.sum(outcome * score - np.logaddexp(0.0, score)))
    if not penalised:
        return likelihood
    weight = expit(score) * expit(-score)
    sign, log_determinant = np.linalg.slogdet((design.T * weight) @ design)
    return likelihood + 0.5 * log_determinant if sign > 0 else -np.inf


def _slope(
    design: np.ndarray, outcome: np.ndarray, beta: np.ndarray, penalised: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the slope (p,) and the curvature (p, p) that the next step is taken by.

    The curvature is the information; with the penalty, patients weigh 1 + h, as they do in the
    slope. By the plain information steps would be up to twice too long, and never settle.
    """
    score = design @ beta
    probability, weight = expit(score), expit(score) * expit(-score)
    information = (design.T * weight) @ design
    if not penalised:
        return design.T @ (outcome - probability), information
    inverse = np.linalg.pinv(information, hermitian=True)
    hat = weight * np.einsum("ij,jk,ik->i", design, inverse, design)
    slope = design.T @ (outcome - probability + hat * (0.5 - probability))
    return slope, (design.T * (weight * (1 + hat))) @ design


def _uphill(
    design: np.ndarray,
    outcome: np.ndarray,
    beta: np.ndarray,
    step: np.ndarray,
    current: float,
    penalised: bool,
) -> tuple[np.ndarray, float, float]:
    """Take the step, halved until the likelihood does not fall; return where, how high, how far."""
    for _ in range(30):
        proposal = beta + step
        reached = _log_likelihood(design, outcome, proposal, penalised)
        if reached >= current - 1e-12 * abs(current):
            return proposal, reached, float(np.abs(step).max())
        step = step / 2
    return beta, current, 0.0


def wald_intervals(estimate: Estimate) -> dict[str, np.ndarray]:
    """Return ``se z p ci_low ci_high`` (95 %, each (p,)) from the normal approximation."""
    se = np.sqrt(np.diag(estimate.covariance))
    z = estimate.coefficients / se
    width = norm.ppf(0.975) * se
    low, high = estimate.coefficients - width, estimate.coefficients + width
    return {"se": se, "z": z, "p": 2 * norm.sf(np.abs(z)), "ci_low": low, "ci_high": high}


def as_odds_ratios(
    estimates: np.ndarray, intervals: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return ``odds_ratio ci_low ci_high``, each (p,), and what must be said of each, or nothing.

    Parameters
    ----------
    estimates
        Log odds ratios, shape (p,).
    intervals
        ``ci_low`` and ``ci_high`` of them.
    """
    with np.errstate(over="ignore"):
        ratios = {
            "odds_ratio": np.exp(estimates),
            "ci_low": np.exp(intervals["ci_low"]),
            "ci_high": np.exp(intervals["ci_high"]),
        }
    infinite = np.isinf(np.array(list(ratios.values()))).any(axis=0)
    return ratios, [TOO_LARGE if one else "" for one in infinite]


def profile_intervals(
    design: np.ndarray, outcome: np.ndarray, estimate: Estimate
) -> dict[str, np.ndarray]:
    """Return ``se z p ci_low ci_high`` (each (p,)) from the profile of Firth's likelihood.

    The 95 % limits are where twice the fall of the profile reaches the chi-squared quantile
    (1 degree); p belongs to the penalised likelihood-ratio test; z is missing, there is none.

    Source: Heinze & Schemper 2002; R's logistf with ``pl = TRUE``.
    """
    se = np.sqrt(np.diag(estimate.covariance))
    count = se.size
    low, high, p = np.empty(count), np.empty(count), np.empty(count)
    for column in range(count):

        def fall(value: float, column: int = column) -> float:
            held = fit_logistic(design, outcome, True, fixed=column, value=value)
            return 2 * (estimate.log_likelihood - held.log_likelihood)

        centre = float(estimate.coefficients[column])
        p[column] = chi2.sf(max(fall(0.0), 0.0), 1)
        low[column] = _crossing(fall, centre, -float(se[column]))
        high[column] = _crossing(fall, centre, float(se[column]))
    return {"se": se, "z": np.full(count, np.nan), "p": p, "ci_low": low, "ci_high": high}


def _crossing(fall: Callable[[float], float], centre: float, step: float) -> float:
    """Return where the fall from ``centre`` in the direction of ``step`` reaches the quantile."""
    quantile = chi2.ppf(0.95, 1)
    far = centre + step
    for _ in range(60):
        if fall(far) > quantile:
            return float(brentq(lambda value: fall(value) - quantile, centre, far, xtol=1e-9))
        far += far - centre
    return float(np.sign(step) * np.inf)
