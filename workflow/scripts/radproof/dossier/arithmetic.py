"""Formulas that published numbers obey, whatever the data."""

from itertools import product
from math import ceil, floor, sqrt

import numpy as np
from scipy.stats import norm

from radproof.normal import Z_90, Z_95

# How many areas stand for all that round to the printed one.
AREAS = 11


def hanley_mcneil_se(auc: float, n_cases: float, n_controls: float) -> float:
    """Return the standard error of an area under the curve from its size and the group sizes.

    Source: Hanley & McNeil, Radiology 1982;143:29–36, equations 1 and 2.
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (n_cases - 1) * (q1 - auc**2) + (n_controls - 1) * (q2 - auc**2)
    return sqrt(max(variance, 0.0) / (n_cases * n_controls))


def iou_of_dice(dice: float) -> float:
    """Return the IoU of one mask with this Dice coefficient: D / (2 − D)."""
    return dice / (2 - dice)


def dice_spread(mean_dice: float, mean_iou: float) -> float:
    """Return the standard deviation of Dice over patients that the two means imply.

    The IoU is a convex function of Dice, so that its mean exceeds the IoU of the mean Dice by half
    the second derivative, 4 / (2 − D)³, times the variance (second-order expansion). 0 where the
    mean IoU does not exceed it.
    """
    excess = mean_iou - iou_of_dice(mean_dice)
    return sqrt(max(excess, 0.0) * (2 - mean_dice) ** 3 / 2)


def rounding(decimals: int) -> float:
    """Return how far rounding may have moved a printed number.

    A hair more than half a unit in the last place: both ways of rounding a half are allowed.
    """
    return 0.5 * 10.0**-decimals * (1 + 1e-9)


def grim(value: float, n: int, decimals: int, percentage: bool) -> bool:
    """Say whether a mean of ``n`` whole numbers, or a percentage of ``n``, can round to ``value``.

    Source: Brown & Heathers, Soc Psychol Personal Sci 2017;8:363–369 (GRIM).
    """
    unit = 100 if percentage else 1
    half = rounding(decimals)
    return floor((value + half) * n / unit) >= ceil((value - half) * n / unit)


def confusion_tables(
    n: int, accuracy: float, sensitivity: float, specificity: float, decimals: int
) -> list[tuple[int, int, int]]:
    """Return every (events, true positives, true negatives) that rounds to the three numbers."""
    half = rounding(decimals)

    def counts(share: float, total: int) -> range:
        highest = min(total, floor((share + half) * total))
        return range(max(0, ceil((share - half) * total)), highest + 1)

    correct = counts(accuracy, n)
    return [
        (events, positives, negatives)
        for events in range(1, n)
        for positives in counts(sensitivity, events)
        for negatives in counts(specificity, n - events)
        if positives + negatives in correct
    ]


def implied_prevalence(
    accuracy: float, sensitivity: float, specificity: float, decimals: int
) -> tuple[float, float] | None:
    """Return the least and largest prevalence that the three numbers, as rounded, allow.

    Accuracy is prevalence times sensitivity plus the rest times specificity. The prevalence is
    monotone in each of the three, so that its extremes are at the corners of what was rounded.
    None where sensitivity and specificity may be equal: then any prevalence gives the accuracy.
    """
    half = rounding(decimals)
    if abs(sensitivity - specificity) <= 2 * half:
        return None
    corners = [
        (accuracy + a - specificity - c) / (sensitivity + b - specificity - c)
        for a, b, c in product((-half, half), repeat=3)
    ]
    return min(corners), max(corners)


def events_for_interval(
    areas: tuple[float, float], widths: tuple[float, float], n: int
) -> list[tuple[int, int]]:
    """Return the numbers of events among n whose 95 % interval is as wide as was published.

    Few events and few others both widen an interval, so that two separate ranges may do.

    Parameters
    ----------
    areas
        Least and largest area under the curve that the printed one allows.
    widths
        Least and largest full width that the printed limits allow.
    n
        Patients.

    Returns
    -------
    list of tuple
        First and last number of events of each range, rising.
    """
    events = np.arange(1, n)
    given = [_widths(float(auc), n) for auc in np.linspace(*areas, AREAS)]
    possible = (np.min(given, axis=0) <= widths[1]) & (np.max(given, axis=0) >= widths[0])
    found = events[possible]
    ranges = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    return [(int(one[0]), int(one[-1])) for one in ranges if len(one)]


def _widths(auc: float, n: int) -> list[float]:
    """Return the full width of the 95 % interval with 1 to n − 1 events."""
    return [2 * Z_95 * hanley_mcneil_se(auc, events, n - events) for events in range(1, n)]


def paired_difference_se(auc: float, n: float, prevalence: float, correlation: float) -> float:
    """Return the standard error of the difference of two equal, correlated areas.

    Source: Hanley & McNeil, Radiology 1983;148:839–843.
    """
    single = hanley_mcneil_se(auc, n * prevalence, n * (1 - prevalence))
    return single * sqrt(2 * (1 - correlation))


def equivalence_power(se: float, margin: float) -> float:
    """Return the power of two one-sided tests at 0.05 when the true difference is nil.

    Source: Julious, Stat Med 2004;23:1921–1986, section 5.
    """
    return max(0.0, 2 * float(norm.cdf(margin / se - Z_90)) - 1)


def patients_for_equivalence(
    auc: float, prevalence: float, correlation: float, margin: float, power: float
) -> int:
    """Return the least number of patients that gives the tests of equivalence this power."""
    low, high = 2, 4
    while _power_of(high, auc, prevalence, correlation, margin) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = _power_of(middle, auc, prevalence, correlation, margin) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def _power_of(n: int, auc: float, prevalence: float, correlation: float, margin: float) -> float:
    return equivalence_power(paired_difference_se(auc, n, prevalence, correlation), margin)
