"""Agreement of tumour volumes: bias and limits of agreement after Bland and Altman."""

from math import sqrt

import numpy as np
import pandas as pd
from scipy import stats

LIMITS_SD = 1.96
# Volumes closer than this are the same number of voxels, apart from rounding.
SAME_ML = 1e-9
KEYS = ["set", "reference", "candidate"]
COLUMNS = [
    *(*KEYS, "n", "bias_ml", "bias_ci_low", "bias_ci_high", "sd_ml"),
    *("lower_limit_ml", "lower_limit_ci_low", "lower_limit_ci_high"),
    *("upper_limit_ml", "upper_limit_ci_low", "upper_limit_ci_high"),
    *("slope", "slope_ci_low", "slope_ci_high", "slope_p"),
]


def agreement_of_volumes(scores: pd.DataFrame) -> pd.DataFrame:
    """Return bias and limits of agreement of the volumes of each set and pair of masks.

    An empty mask has a volume of 0 ml and counts like any other.

    Parameters
    ----------
    scores
        ``set reference candidate volume_reference_ml volume_candidate_ml``; one row a patient and
        pair.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``: the pair, then what `bland_altman` returns.
    """
    rows = [
        dict(zip(KEYS, key, strict=True))
        | bland_altman(
            group["volume_reference_ml"].to_numpy(dtype=float),
            group["volume_candidate_ml"].to_numpy(dtype=float),
        )
        for key, group in scores.groupby(KEYS, sort=False)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def bland_altman(reference_ml: np.ndarray, candidate_ml: np.ndarray) -> dict[str, float]:
    """Return bias, limits of agreement and the slope of differences on means.

    The bias is the mean of candidate − reference, the limits are bias ± 1.96 SD of the
    differences. Intervals are 95 %, of Student's t with n − 1 degrees of freedom; the variance of
    a limit is (1/n + 1.96²/(2(n − 1))) SD². Limits take the differences as near to normal and
    alike over all volumes; ``slope`` (`proportional_bias`) says whether they are.

    Parameters
    ----------
    reference_ml, candidate_ml
        Volumes of the same n ≥ 1 patients, in ml; one patient has a bias and nothing else.

    Source: Bland and Altman, Lancet 327:307 (1986); Stat Methods Med Res 8:135 (1999), section 2.
    """
    difference = candidate_ml - reference_ml
    n, bias = difference.size, float(difference.mean())
    if n < 2:
        return dict.fromkeys(COLUMNS[4:], np.nan) | {"n": n, "bias_ml": bias}
    sd = float(difference.std(ddof=1))
    quantile = float(stats.t.ppf(0.975, n - 1))
    half_bias = quantile * sd * sqrt(1 / n)
    half_limit = quantile * sd * sqrt(1 / n + LIMITS_SD**2 / (2 * (n - 1)))
    lower, upper = bias - LIMITS_SD * sd, bias + LIMITS_SD * sd
    return {
        "n": n,
        **_interval("bias", bias, half_bias),
        "sd_ml": sd,
        **_interval("lower_limit", lower, half_limit),
        **_interval("upper_limit", upper, half_limit),
        **proportional_bias(difference, (reference_ml + candidate_ml) / 2),
    }


def _interval(name: str, value: float, half_width: float) -> dict[str, float]:
    return {
        f"{name}_ml": value,
        f"{name}_ci_low": value - half_width,
        f"{name}_ci_high": value + half_width,
    }


def proportional_bias(difference_ml: np.ndarray, mean_ml: np.ndarray) -> dict[str, float]:
    """Return the slope (ml per ml) of differences on means, its 95 % interval and p of slope 0.

    All are NaN with fewer than three patients, where means are all alike, and where differences
    are: then no spread is left to test a slope against.

    Source: Bland and Altman, Stat Methods Med Res 8:135 (1999), section 3.2.
    """
    names = ("slope", "slope_ci_low", "slope_ci_high", "slope_p")
    if difference_ml.size < 3 or min(np.ptp(difference_ml), np.ptp(mean_ml)) <= SAME_ML:
        return dict.fromkeys(names, np.nan)
    line = stats.linregress(mean_ml, difference_ml)
    half = float(stats.t.ppf(0.975, difference_ml.size - 2)) * line.stderr
    values = (line.slope, line.slope - half, line.slope + half, line.pvalue)
    return dict(zip(names, map(float, values), strict=True))
