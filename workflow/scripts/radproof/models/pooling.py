"""Rubin's rules: one estimate, with its uncertainty, from several completed data sets.

Rubin (1987, Multiple Imputation for Nonresponse in Surveys, ch. 3); degrees of freedom by Barnard &
Rubin (1999, Biometrika 86:948), as in R's ``mice::pool``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True)
class Pooled:
    """Estimates pooled over m completed data sets.

    ``coefficients`` (p,); ``covariance`` (p, p), within and between data sets together; ``degrees``
    (p,) of freedom of Student's t; ``missing_share`` (p,), 0 to 1, the share of each variance that
    is due to missing values (Rubin's lambda).
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    degrees: np.ndarray
    missing_share: np.ndarray


def pool(coefficients: np.ndarray, covariances: np.ndarray, complete_degrees: float) -> Pooled:
    """Pool the estimates of completed data sets, in whatever order they come.

    Parameters
    ----------
    coefficients
        Shape (m, p), one row a completed data set, m at least 2.
    covariances
        Shape (m, p, p), of positive diagonal.
    complete_degrees
        Degrees of freedom had nothing been missing: patients less parameters, above 0.

    Returns
    -------
    Pooled
        The covariance is ``W + (1 + 1/m) B``: W the mean of ``covariances``, B the covariance of
        ``coefficients`` between data sets (Rubin 1987, eq. 3.1.5).

    Raises
    ------
    ValueError
        If there are fewer than two data sets.
    """
    count = len(coefficients)
    if count < 2:
        raise ValueError("estimates of two completed data sets or more are pooled")
    mean = coefficients.mean(axis=0)
    apart = coefficients - mean
    between = (1 + 1 / count) * (apart.T @ apart) / (count - 1)
    total = covariances.mean(axis=0) + between
    share = np.diag(between) / np.diag(total)
    # As reciprocals: without variation between data sets Rubin's own degrees are infinite.
    inverse_old = share**2 / (count - 1)
    observed = (complete_degrees + 1) / (complete_degrees + 3) * complete_degrees * (1 - share)
    return Pooled(mean, total, 1 / (inverse_old + 1 / observed), share)


def student_intervals(
    coefficients: np.ndarray, covariance: np.ndarray, degrees: np.ndarray
) -> dict[str, np.ndarray]:
    """Return ``se z p ci_low ci_high`` (95 %, each (p,)) by Student's t; ``z`` is estimate / se.

    Parameters
    ----------
    coefficients, covariance, degrees
        Shapes (p,), (p, p) and (p,), as ``pool`` returns them.
    """
    se = np.sqrt(np.diag(covariance))
    ratio, width = coefficients / se, student.ppf(0.975, degrees) * se
    return {
        "se": se,
        "z": ratio,
        "p": 2 * student.sf(np.abs(ratio), degrees),
        "ci_low": coefficients - width,
        "ci_high": coefficients + width,
    }
