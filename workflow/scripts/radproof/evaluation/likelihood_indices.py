"""How well a fitted logistic regression describes the patients it was fitted on."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from radproof.evaluation.checks import check_outcome, check_scores
from radproof.evaluation.delong import auc


def likelihood_indices(
    outcome: ArrayLike, linear_predictor: ArrayLike, parameters: int
) -> dict[str, float]:
    """Return the apparent indices of a logistic model; not corrected for optimism.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    linear_predictor
        Log odds of each patient, shape (n,).
    parameters
        Coefficients estimated, the intercept included.

    Returns
    -------
    dict
        ``deviance null_deviance aic loglik``; ``c_index``; ``dxy`` = 2 C - 1; ``brier``; ``r2``
        (Nagelkerke's); ``g``: Gini's mean difference of the linear predictor.

    Raises
    ------
    BadInput
        If outcome or linear predictor are not as said.

    Source: R's ``glm`` and ``rms::lrm``; Nagelkerke 1991 (Biometrika 78:691).
    """
    events = check_outcome(outcome)
    lp = check_scores(linear_predictor, events.size, "linear predictor")[0]
    loglik = float(np.sum(events * lp - np.logaddexp(0.0, lp)))
    prevalence, n = float(events.mean()), events.size
    null = n * (prevalence * np.log(prevalence) + (1 - prevalence) * np.log1p(-prevalence))
    c_index = float(auc(events, lp).auc[0])
    weights = 2 * np.arange(1, n + 1) - n - 1
    return {
        "loglik": loglik,
        "deviance": -2 * loglik,
        "null_deviance": float(-2 * null),
        "aic": -2 * loglik + 2 * parameters,
        "c_index": c_index,
        "dxy": 2 * c_index - 1,
        "brier": float(np.mean((expit(lp) - events) ** 2)),
        "r2": float(-np.expm1(2 * (null - loglik) / n) / -np.expm1(2 * null / n)),
        "g": float(2 * np.sum(weights * np.sort(lp)) / (n * (n - 1))),
    }
