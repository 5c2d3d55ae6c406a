"""The area under the ROC curve of one model in one group of patients, ready for a table."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radproof.evaluation.checks import check_outcome, check_probability
from radproof.evaluation.delong import AucResult, auc

AREA = ["n", "n_events", "auc", "variance", "ci_low", "ci_high", "ci_method", "note"]


def discrimination(outcome: ArrayLike, probability: ArrayLike) -> dict[str, Any]:
    """Return ``n n_events auc variance ci_low ci_high ci_method note``.

    The 95 % interval is DeLong's (``ci_method`` DeLong) unless that has no width: for an area of 1
    or 0 it is the exact one of pairs (Clopper-Pearson), with one case or control, or with equal
    probabilities, the one that holds for any distribution (Hoeffding). See
    :meth:`radproof.evaluation.delong.AucResult.exact_limits` and ``distribution_free_limits``. A
    bootstrap would have no width there either: every resample has the same area, or the same case.
    ``note`` says so, and says why where there is no area.

    Raises
    ------
    BadInput
        If outcome or probability are not as said elsewhere here.
    """
    events = check_outcome(outcome, both_classes=False)
    values = check_probability(probability, events.size)
    row: dict[str, Any] = {"n": events.size, "n_events": int(events.sum())}
    row |= dict.fromkeys(("auc", "variance", "ci_low", "ci_high"), np.nan)
    if np.unique(events).size < 2:
        return row | {"ci_method": None, "note": "one class: no area under a ROC curve"}
    result = auc(events, values)
    row |= {"auc": float(result.auc[0]), "variance": float(result.variance[0])}
    low, high, method, note = _limits(result)
    return row | {"ci_low": low, "ci_high": high, "ci_method": method, "note": note}


def _limits(result: AucResult) -> tuple[float, float, str, str]:
    """Return lower and upper limit, their method, and what is to be said of them."""
    area, variance = float(result.auc[0]), float(result.variance[0])
    pairs = min(result.n_cases, result.n_controls)
    if np.isnan(variance):
        note = "one case or one control: no variance, interval for any distribution"
        return *result.distribution_free_limits(), "Hoeffding", note
    if area in (0.0, 1.0):
        low, high = result.exact_limits()
        low, high = (low, high) if area == 1 else (1 - high, 1 - low)
        return low, high, "Clopper-Pearson", f"area of {area:.0f}: exact limit of {pairs} pairs"
    if variance == 0:
        note = "every probability is equal: interval for any distribution"
        return *result.distribution_free_limits(), "Hoeffding", note
    low, high = result.interval()[0].tolist()
    return low, high, "DeLong", ""
