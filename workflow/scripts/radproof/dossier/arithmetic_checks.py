"""Checks of published numbers against each other, without any data."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from radproof.dossier.arithmetic import (
    confusion_tables,
    dice_spread,
    equivalence_power,
    events_for_interval,
    grim,
    hanley_mcneil_se,
    implied_prevalence,
    iou_of_dice,
    paired_difference_se,
    patients_for_equivalence,
    rounding,
)
from radproof.dossier.verdicts import INCONCLUSIVE
from radproof.evaluation.binomial import clopper_pearson
from radproof.models.sample_size import usual_sample_size
from radproof.normal import Z_95

CONSISTENT, INCONSISTENT, IMPLIED = "consistent", "inconsistent", "implied"
POWER = 0.9
CLASSIFIED = ("accuracy", "sensitivity", "specificity")


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
    verdict = CONSISTENT if possible else INCONSISTENT
    if _too_coarse(n, decimals, unit):
        reason += f"; with n = {n} every value to {decimals} decimals is possible: it tells nothing"
        verdict = INCONCLUSIVE
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
    """Return the 95 % interval that an area under the curve must have had, cut at 0 and 1.

    Of an area of 0 or 1, where Hanley and McNeil's has no width, the exact limits of as many pairs
    as there are events, or others if these are fewer.
    """
    n_cases = min(max(round(n * prevalence), 1), n - 1)
    if auc in (0, 1):
        pairs = min(n_cases, n - n_cases)
        low, high = clopper_pearson(pairs * round(auc), pairs)
        how = f"exact limits of {pairs} pairs, with {n_cases} events (Clopper–Pearson)"
    else:
        error = hanley_mcneil_se(auc, n_cases, n - n_cases)
        low, high = max(0.0, auc - Z_95 * error), min(1.0, auc + Z_95 * error)
        how = f"standard error {error:.3f} with {n_cases} events (Hanley–McNeil)"
    reason = f"{how}: the 95 % interval is {low:.2f} to {high:.2f}"
    return Finding(IMPLIED, reason, f"AUC {auc}", auc, low, high, n)


def check_auc_width(auc: float, low: float, high: float, n: int, decimals: int) -> Finding:
    """Return the share of events with which a published interval is as narrow as n allows.

    ``auc``, ``low`` and ``high`` as printed. The interval may have come from another method, so
    that a width that no number of events gives under Hanley and McNeil is inconclusive. The finding
    has no limits where two separate ranges of events are possible: its reason has both.
    """
    width, half = high - low, rounding(decimals)
    areas = max(auc - half, 0.0), min(auc + half, 1.0)
    found = events_for_interval(areas, (width - 2 * half, width + 2 * half), n)
    published = f"AUC {auc} ({low} to {high}) of {n}"
    error = width / (2 * Z_95)
    usual = hanley_mcneil_se(auc, n / 4, 3 * n / 4)
    reason = f"standard error {error:.3f}; with a quarter events it would be {usual:.3f}; "
    if not found:
        reason += "no number of events gives it by Hanley–McNeil: another method, another unit"
        return Finding(INCONCLUSIVE, f"{reason} than patients, or wrong", published, n=n)
    shares = [(first / n, last / n) for first, last in found]
    either = " or ".join(_percent(*share) for share in shares)
    reason += f"by Hanley–McNeil {either} must have had the event"
    if len(shares) > 1:
        return Finding(IMPLIED, reason, published, n=n)
    return Finding(IMPLIED, reason, published, None, *shares[0], n)


def check_prevalence(
    accuracy: float, sensitivity: float, specificity: float, decimals: int
) -> Finding:
    """Return the prevalence that accuracy, sensitivity and specificity imply, with its rounding."""
    published = _classified(accuracy, sensitivity, specificity)
    limits = implied_prevalence(accuracy, sensitivity, specificity, decimals)
    if limits is None:
        reason = "sensitivity and specificity are alike: any prevalence gives this accuracy"
        return Finding(INCONCLUSIVE, reason, published)
    value = (accuracy - specificity) / (sensitivity - specificity)
    if limits[1] < 0 or limits[0] > 1:
        reason = "accuracy does not lie between sensitivity and specificity"
        return Finding(INCONSISTENT, reason, published, value, *limits)
    low, high = max(limits[0], 0.0), min(limits[1], 1.0)
    value = min(max(value, 0.0), 1.0)
    reason = f"events are {_percent(value)} of patients; rounding allows {_percent(low, high)}"
    return Finding(IMPLIED, reason, published, value, low, high)


def check_confusion(
    accuracy: float, sensitivity: float, specificity: float, n: int, decimals: int
) -> Finding:
    """Say whether a table of n patients rounds to accuracy, sensitivity and specificity."""
    published = f"{_classified(accuracy, sensitivity, specificity)} of {n}"
    if _too_coarse(n, decimals, 1):
        reason = f"with n = {n} nearly any three numbers have a table: it tells nothing"
        return Finding(INCONCLUSIVE, reason, published, n=n)
    tables = confusion_tables(n, accuracy, sensitivity, specificity, decimals)
    if not tables:
        reason = (
            f"no table of {n} patients rounds to these three numbers: they were counted in another"
            " unit, are means of something, or are wrong"
        )
        return Finding(INCONSISTENT, reason, published, n=n)
    events = [table[0] for table in tables]
    low, high = min(events) / n, max(events) / n
    reason = f"{len(tables)} possible tables, with {_percent(low, high)} events"
    return Finding(CONSISTENT, reason, published, None, low, high, n)


def check_case_mix(first: dict[str, Any], second: dict[str, Any], decimals: int) -> Finding:
    """Return the difference of two implied prevalences, with a 95 % interval widened by rounding.

    Each set has ``accuracy sensitivity specificity n``. The interval is Wald's of two independent
    proportions, from the ends that rounding allows. Where a set implies no prevalence, the finding
    is what `check_prevalence` says of that set.
    """
    sets = [{key: one[key] for key in CLASSIFIED} for one in (first, second)]
    published = "; ".join(_classified(**one) for one in sets)
    n = first["n"] + second["n"]
    limits = []
    for name, one in zip(("first", "second"), sets, strict=True):
        found = check_prevalence(**one, decimals=decimals)
        if found.verdict != IMPLIED:
            return Finding(found.verdict, f"{name} set: {found.reason}", published, n=n)
        limits.append((found.low, found.value, found.high))
    one, other = np.array(limits, float)
    error = sqrt(one[1] * (1 - one[1]) / first["n"] + other[1] * (1 - other[1]) / second["n"])
    low = one[0] - other[2] - Z_95 * error
    high = one[2] - other[0] + Z_95 * error
    word = "a shift of case mix" if low > 0 or high < 0 else "chance may explain it"
    reason = f"{_percent(one[1])} and {_percent(other[1])} events: {word}"
    return Finding(IMPLIED, reason, published, float(one[1] - other[1]), float(low), float(high), n)


def check_events_per_parameter(n: int, prevalence: float, parameters: int | None) -> Finding:
    """Return the events per candidate parameter, and the sample that so many would need."""
    events = round(n * prevalence)
    published = f"{n} patients, {parameters if parameters else 'unknown'} candidate parameters"
    if parameters is None:
        reason = f"how many candidates there were is not stated: {events} events had to do for all"
        return Finding(INCONCLUSIVE, reason, published, n=n)
    needed = usual_sample_size(prevalence, parameters)
    ratio = events / parameters
    reason = f"{events} events, {ratio:.2g} for each candidate"
    if needed:
        reason += (
            f"; {needed['n']:.0f} patients would be needed (Riley et al. 2020, R² 15 % of its"
            " maximum) if all were fitted"
        )
    return Finding(IMPLIED, reason, published, ratio, n=n)


def check_equivalence(
    auc: float, n: int, prevalence: float, correlation: float, margin: float
) -> Finding:
    """Return the power to find two alike models equivalent, and the n that has 90 % of it."""
    error = paired_difference_se(auc, n, prevalence, correlation)
    power = equivalence_power(error, margin)
    needed = patients_for_equivalence(auc, prevalence, correlation, margin, POWER)
    published = f"two AUC of {auc} in {n}, alike within ±{margin:g}"
    reason = (
        f"standard error of the difference {error:.3f} at a correlation of {correlation:g} (our"
        f" choice): power {_percent(power)} to show equivalence of truly alike models;"
        f" n = {needed} has {_percent(POWER)}"
    )
    return Finding(IMPLIED, reason, published, power, n=n)


def _too_coarse(n: int, decimals: int, unit: int) -> bool:
    """Say whether steps of one patient are no wider than the last printed digit."""
    return n * 10.0**-decimals >= unit


def _percent(low: float, high: float | None = None) -> str:
    least, most = f"{100 * low:.0f}", f"{100 * (low if high is None else high):.0f}"
    return f"{least} %" if least == most else f"{least} to {most} %"


def _classified(accuracy: float, sensitivity: float, specificity: float) -> str:
    return f"accuracy {accuracy}, sensitivity {sensitivity}, specificity {specificity}"


CHECKS: dict[str, Callable[..., Finding]] = {
    "sum": check_sum,
    "grim": check_grim,
    "dice_iou": check_dice_iou,
    "auc_interval": check_auc_interval,
    "auc_width": check_auc_width,
    "prevalence": check_prevalence,
    "confusion": check_confusion,
    "case_mix": check_case_mix,
    "events_per_parameter": check_events_per_parameter,
    "equivalence": check_equivalence,
}


def compute(check: dict[str, Any]) -> Finding:
    """Run the arithmetic that a claims file names by its ``kind``."""
    values = {key: value for key, value in check.items() if key != "kind"}
    return CHECKS[check["kind"]](**values)
