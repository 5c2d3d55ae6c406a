"""Arithmetic on published numbers: what they imply about each other, without any data."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any

from scipy.stats import norm

Z_95 = float(norm.ppf(0.975))

CONSISTENT, INCONSISTENT, IMPLIED = "consistent", "inconsistent", "implied"


@dataclass(frozen=True)
class Finding:
    """What arithmetic says: the value implied, its range, and whether the numbers agree."""

    verdict: str
    reason: str
    published: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None


def hanley_mcneil_se(auc: float, n_cases: int, n_controls: int) -> float:
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


def grim(value: float, n: int, decimals: int, percentage: bool) -> bool:
    """Say whether a mean of ``n`` whole numbers, or a percentage of ``n``, can round to ``value``.

    Source: Brown & Heathers, Soc Psychol Personal Sci 2017;8:363–369 (GRIM).
    """
    unit = 100 if percentage else 1
    # A hair more than half a unit in the last place: both ways of rounding a half are allowed.
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)
    return floor((value + half) * n / unit) >= ceil((value - half) * n / unit)


def confusion_tables(
    n: int, accuracy: float, sensitivity: float, specificity: float, decimals: int
) -> list[tuple[int, int, int]]:
    """Return every (events, true positives, true negatives) that rounds to the three numbers."""
    half = 0.5 * 10.0**-decimals * (1 + 1e-9)

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


def check_sum(parts: list[int], total: int) -> Finding:
    """Say whether counts add up to their total."""
    found = sum(parts)
    verdict = CONSISTENT if found == total else INCONSISTENT
    text = " + ".join(map(str, parts))
    return Finding(verdict, f"{text} = {found}", f"{text} = {total}", float(found), n=total)


def check_grim(value: float, n: int, decimals: int, percentage: bool) -> Finding:
    """Say whether a mean or a percentage is possible with n patients."""
    possible = grim(value, n, decimals, percentage)
    unit = 100 if percentage else 1
    nearest = round(value * n / unit)
    reason = f"the nearest possible value is {nearest * unit / n:.{decimals + 2}f}"
    if n * 10.0**-decimals >= unit:
        reason += f"; with n = {n} every value to {decimals} decimals is possible, so this is weak"
    verdict = CONSISTENT if possible else INCONSISTENT
    published = f"{value:.{decimals}f}{' %' if percentage else ''} of {n}"
    return Finding(verdict, reason, published, nearest * unit / n, n=n)


def check_dice_iou(dice: float, iou: float, decimals: int) -> Finding:
    """Say whether a mean Dice and a mean IoU can belong together, and the spread they imply.

    The mean IoU lies between D / (2 − D), when all patients have the same Dice D, and D, when each
    has 0 or 1.
    """
    half = 0.5 * 10.0**-decimals
    possible = iou + half >= iou_of_dice(dice - half) and iou - half <= dice + half
    spread = dice_spread(dice, iou)
    low, high = dice_spread(dice + half, iou - half), dice_spread(dice - half, iou + half)
    reason = (
        f"equal Dice in all patients would give IoU {iou_of_dice(dice):.3f}; the published pair"
        f" implies a standard deviation of Dice of about {spread:.2f} (rounding: {low:.2f} to"
        f" {high:.2f})"
    )
    if not possible:
        reason = f"mean IoU must lie between {iou_of_dice(dice):.3f} and {dice}"
    verdict = CONSISTENT if possible else INCONSISTENT
    return Finding(verdict, reason, f"Dice {dice}, IoU {iou}", spread, low, high)


def check_auc_interval(auc: float, n: int, prevalence: float) -> Finding:
    """Return the 95 % interval that an area under the curve must have had, cut at 0 and 1."""
    n_cases = min(max(round(n * prevalence), 1), n - 1)
    error = hanley_mcneil_se(auc, n_cases, n - n_cases)
    low, high = max(0.0, auc - Z_95 * error), min(1.0, auc + Z_95 * error)
    reason = (
        f"standard error {error:.3f} with {n_cases} events (Hanley–McNeil): the 95 % interval is"
        f" {low:.2f} to {high:.2f}; differences below {Z_95 * error:.2f} cannot be told from chance"
    )
    return Finding(IMPLIED, reason, f"AUC {auc}", auc, low, high, n)


def check_prevalence(
    accuracy: float, sensitivity: float, specificity: float, n: int, decimals: int
) -> Finding:
    """Return the prevalence that accuracy, sensitivity and specificity of n patients imply."""
    tables = confusion_tables(n, accuracy, sensitivity, specificity, decimals)
    published = f"accuracy {accuracy}, sensitivity {sensitivity}, specificity {specificity}"
    implied = None
    if sensitivity != specificity:
        implied = (accuracy - specificity) / (sensitivity - specificity)
    if not tables:
        reason = (
            f"no table of {n} patients rounds to these three numbers: they were counted in another"
            " unit, are means of something, or are wrong"
        )
        return Finding(INCONSISTENT, reason, published, implied, n=n)
    events = [table[0] for table in tables]
    low, high = min(events) / n, max(events) / n
    reason = f"prevalence between {low:.0%} and {high:.0%}: {len(tables)} possible tables"
    return Finding(CONSISTENT, reason, published, implied, low, high, n)


CHECKS: dict[str, Callable[..., Finding]] = {
    "sum": check_sum,
    "grim": check_grim,
    "dice_iou": check_dice_iou,
    "auc_interval": check_auc_interval,
    "prevalence": check_prevalence,
}


def compute(check: dict[str, Any]) -> Finding:
    """Run the arithmetic that a claims file names by its ``kind``."""
    values = {key: value for key, value in check.items() if key != "kind"}
    return CHECKS[check["kind"]](**values)
