"""The least sample size for developing a model of a binary outcome.

Riley et al. 2019 (Stat Med 38:1276) and 2020 (BMJ 368:m441), as in R's ``pmsampsize``.
"""

import math

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from radproof.errors import BadInput, Problem

SHRINKAGE = 0.9
OPTIMISM = 0.05
MARGIN = 0.05
# What Riley et al. 2020 propose where nothing is known of a model: 15 % of the largest R².
USUAL_NAGELKERKE_R2 = 0.15


def cox_snell_r2(prevalence: float, c_index: float) -> float:
    """Return the Cox-Snell R² that a model with a given C-index would have.

    The linear predictor is taken as normal in cases and in controls with equal variance, so that
    the true model is logistic: the means differ by ``sqrt(2) Phi^-1(C)`` standard deviations. The
    expected likelihood ratio is integrated numerically; Riley, Van Calster & Collins (2021, Stat
    Med 40:859) simulate a million patients from the same model instead.
    """
    shift = math.sqrt(2) * norm.ppf(c_index)
    grid = np.linspace(-12.0, 12.0 + shift, 20001)
    log_odds = logit(prevalence) + shift * grid - shift**2 / 2
    cases, controls = norm.pdf(grid, shift), norm.pdf(grid)
    per_patient = prevalence * cases * np.log(expit(log_odds)) + (1 - prevalence) * controls * (
        np.log(expit(-log_odds))
    )
    log_likelihood = np.trapezoid(per_patient, grid)
    return float(1 - math.exp(-2 * (log_likelihood - _null_log_likelihood(prevalence))))


def _null_log_likelihood(prevalence: float) -> float:
    return prevalence * math.log(prevalence) + (1 - prevalence) * math.log1p(-prevalence)


def minimum_sample_size(prevalence: float, parameters: int, c_index: float) -> dict[str, float]:
    """Return the least number of patients by the three criteria, and the largest of them.

    Parameters
    ----------
    prevalence
        Expected share of events, above 0 and below 1.
    parameters
        Candidate parameters, before any selection by the outcome.
    c_index
        Expected C-index, above 0.5 and below 1.

    Returns
    -------
    dict
        ``n_shrinkage`` (criterion 1: expected shrinkage at least 0.9), ``n_optimism`` (2: at most
        0.05 between apparent and adjusted Nagelkerke R²), ``n_intercept`` (3: the overall risk
        within 0.05), ``n``, ``n_events``, ``events_per_parameter`` at that n, ``r2_cox_snell`` and
        ``r2_max``.

    Raises
    ------
    BadInput
        If a value is out of its range.
    """
    problems = [
        Problem(f"{name} is out of range", found=str(value), expected=expected)
        for name, value, expected, fine in (
            ("prevalence", prevalence, "above 0 and below 1", 0 < prevalence < 1),
            ("number of parameters", parameters, "at least 1", parameters >= 1),
            ("C-index", c_index, "above 0.5 and below 1", 0.5 < c_index < 1),
        )
        if not fine
    ]
    if problems:
        raise BadInput(problems)
    r2 = cox_snell_r2(prevalence, c_index)
    return sample_size_from_r2(prevalence, parameters, r2)


def sample_size_from_r2(prevalence: float, parameters: int, r2: float) -> dict[str, float]:
    """Return what ``minimum_sample_size`` returns, from an expected Cox-Snell R²."""
    r2_max = 1 - math.exp(2 * _null_log_likelihood(prevalence))
    shrinkage = math.ceil(_patients_for_shrinkage(parameters, r2, SHRINKAGE))
    least = r2 / (r2 + OPTIMISM * r2_max)
    optimism = math.ceil(_patients_for_shrinkage(parameters, r2, least))
    quantile = float(norm.ppf(0.975))
    intercept = math.ceil((quantile / MARGIN) ** 2 * prevalence * (1 - prevalence))
    n = max(shrinkage, optimism, intercept)
    return {
        "n_shrinkage": shrinkage,
        "n_optimism": optimism,
        "n_intercept": intercept,
        "n": n,
        "n_events": math.ceil(n * prevalence),
        "events_per_parameter": n * prevalence / parameters,
        "r2_cox_snell": r2,
        "r2_max": r2_max,
    }


def usual_sample_size(prevalence: float, parameters: int) -> dict[str, float] | None:
    """Return what ``minimum_sample_size`` returns where nothing is known of the model beforehand.

    A Nagelkerke R² of 0.15 is expected, the fit's own performance is not: it would be the less to
    be relied on the smaller the sample. None without a candidate parameter.

    Source: Riley et al. 2020, BMJ 368:m441, box on the expected R².
    """
    if parameters < 1:
        return None
    r2_max = 1 - math.exp(2 * _null_log_likelihood(prevalence))
    return sample_size_from_r2(prevalence, parameters, USUAL_NAGELKERKE_R2 * r2_max)


def _patients_for_shrinkage(parameters: int, r2: float, shrinkage: float) -> float:
    """Return ``p / ((S - 1) ln(1 - R² / S))``."""
    return parameters / ((shrinkage - 1) * math.log(1 - r2 / shrinkage))
