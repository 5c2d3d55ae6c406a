"""Intervals of a proportion."""

import numpy as np
from scipy.stats import beta, norm


def clopper_pearson(count: int, total: int) -> tuple[float, float]:
    """Return the exact 95 % interval of ``count`` out of ``total``; NaN where total is 0.

    Source: Clopper & Pearson 1934 (Biometrika 26:404), as R's ``binom.test``.
    """
    if total == 0:
        return np.nan, np.nan
    low = float(beta.ppf(0.025, count, total - count + 1)) if count > 0 else 0.0
    high = float(beta.ppf(0.975, count + 1, total - count)) if count < total else 1.0
    return low, high


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of ``count`` out of ``total``; NaN where total is 0.

    Source: Wilson 1927 (J Am Stat Assoc 22:209).
    """
    if total == 0:
        return np.nan, np.nan
    z = float(norm.ppf(0.975))
    share, weight = count / total, z**2 / total
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * np.sqrt(share * (1 - share) / total + weight / (4 * total))
    low = centre - half if count > 0 else 0.0
    high = centre + half if count < total else 1.0
    return float(low), float(high)
