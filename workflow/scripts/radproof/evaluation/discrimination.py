"""The area under the ROC curve of one model in one group of patients, ready for a table."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radproof.evaluation.checks import check_outcome, check_probability
from radproof.evaluation.delong import NO_VARIANCE, auc


def discrimination(outcome: ArrayLike, probability: ArrayLike) -> dict[str, Any]:
    """Return ``n n_events auc variance ci_low ci_high note``.

    The interval is DeLong's, 95 %. Where that has no width because the area is 1 or 0, it is the
    exact one (:meth:`radproof.evaluation.delong.AucResult.exact_limits`); ``note`` says so, and
    says why where there is no area or no interval at all.

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
        return row | {"note": "one class: no area under a ROC curve"}
    result = auc(events, values)
    area, variance = float(result.auc[0]), float(result.variance[0])
    row |= {"auc": area, "variance": variance}
    if np.isnan(variance):
        return row | {"note": "one case or one control: no variance"}
    low, high = result.interval()[0].tolist()
    note = ""
    if area in (0.0, 1.0):
        low, high = result.exact_limits()
        low, high = (low, high) if area == 1 else (1 - high, 1 - low)
        note = f"area of {area:.0f}: exact limit of {min(result.n_cases, result.n_controls)} pairs"
    elif variance < NO_VARIANCE:
        low = high = np.nan
        note = "every probability is equal: no interval"
    return row | {"ci_low": low, "ci_high": high, "note": note}
