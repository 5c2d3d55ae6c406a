"""Net benefit of treating by a model's probability: decision curves."""

from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from radproof.errors import BadInput, Problem
from radproof.evaluation.checks import RESERVED, check_outcome, check_probability

# Quotients, not steps: a step that misses 0.3 by rounding misses the patients who have 0.3.
THRESHOLDS = np.arange(1, 100) / 100
# What rounding leaves of a variance that is zero.
NO_VARIANCE = 1e-12


def net_benefit(
    outcome: ArrayLike, probability: ArrayLike, thresholds: ArrayLike = THRESHOLDS
) -> pd.DataFrame:
    """Return the net benefit of treating patients at or above each threshold probability.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,).
    probability
        From 0 to 1, shape (n,).
    thresholds
        Above 0 and below 1.

    Returns
    -------
    pandas.DataFrame
        ``threshold true_positives false_positives net_benefit ci_low ci_high interventions_avoided
        note``. Net benefit is TP/n - FP/n * t/(1 - t); ``ci_low`` and ``ci_high`` are its 95 %
        limits by the normal approximation, for it is a mean over patients (1 for a true positive,
        -t/(1 - t) for a false one, else 0), and are missing where that does not vary; ``note``
        says so. Interventions avoided are those per patient against treating all,
        (net benefit - that of all) / (t/(1 - t)).

    Raises
    ------
    BadInput
        If outcome, probability or thresholds are not as said.

    Source: Vickers & Elkin 2006 (Med Decis Making 26:565); limits for a cohort: Marsh, Janes &
    Pepe 2020 (Biometrics 76:843).
    """
    events = check_outcome(outcome, both_classes=False)
    values = check_probability(probability, events.size)
    cuts = _check_thresholds(thresholds)
    treated = [
        group.size - np.searchsorted(np.sort(group), cuts, side="left")
        for group in (values[events], values[~events])
    ]
    return _table(cuts, treated[0], treated[1], events)


def reference_strategies(
    outcome: ArrayLike, thresholds: ArrayLike = THRESHOLDS
) -> dict[str, pd.DataFrame]:
    """Return the net benefit of treating ``all`` and ``none``, as :func:`net_benefit` does."""
    events = check_outcome(outcome, both_classes=False)
    cuts = _check_thresholds(thresholds)
    everybody = np.ones(cuts.size, dtype=int)
    n_events = int(events.sum())
    treat_all, treat_none = RESERVED
    return {
        treat_all: _table(cuts, n_events * everybody, (events.size - n_events) * everybody, events),
        treat_none: _table(cuts, 0 * everybody, 0 * everybody, events),
    }


def _check_thresholds(thresholds: ArrayLike) -> np.ndarray:
    cuts = np.atleast_1d(np.asarray(thresholds, dtype=float))
    if cuts.size == 0 or not ((cuts > 0) & (cuts < 1)).all():
        found = ", ".join(f"{value:g}" for value in cuts[~((cuts > 0) & (cuts < 1))][:3])
        raise BadInput(
            Problem("threshold is out of range", found=found, expected="above 0 and below 1")
        )
    return cuts


def _table(
    cuts: np.ndarray, true_positives: np.ndarray, false_positives: np.ndarray, events: np.ndarray
) -> pd.DataFrame:
    odds, n = cuts / (1 - cuts), events.size
    benefit = true_positives / n - false_positives / n * odds
    of_all = events.sum() / n - (n - events.sum()) / n * odds
    squares = true_positives / n + false_positives / n * odds**2
    # Where nobody is treated, or all alike, the difference is zero but for rounding.
    varies = (squares - benefit**2) > NO_VARIANCE * (1 + odds**2)
    variance = np.where(varies, squares - benefit**2, np.nan)
    half = norm.ppf(0.975) * np.sqrt(variance / max(n - 1, 1))
    return pd.DataFrame(
        {
            "threshold": cuts,
            "true_positives": true_positives,
            "false_positives": false_positives,
            "net_benefit": benefit,
            "ci_low": benefit - half,
            "ci_high": benefit + half,
            "interventions_avoided": (benefit - of_all) / odds,
            "note": np.where(varies, "", "nobody treated, or one class: no variance"),
        }
    )


def parse_thresholds(text: str) -> np.ndarray:
    """Return the thresholds of ``first:last:step`` (both ends included), or of one number.

    Decimal arithmetic: the thresholds are the numbers that one would write.

    Raises
    ------
    BadInput
        If the text is not of that form.
    """
    try:
        parts = [Decimal(part) for part in text.split(":")]
    except InvalidOperation:
        parts = []
    if len(parts) == 1 and parts[0].is_finite():
        return np.array([float(parts[0])])
    finite = all(part.is_finite() for part in parts)
    if len(parts) != 3 or not finite or parts[2] <= 0 or parts[1] < parts[0]:
        expected = "first:last:step, for example 0.01:0.99:0.01"
        raise BadInput(Problem("thresholds cannot be read", found=text, expected=expected))
    first, last, step = parts
    return np.array(
        [float(first + step * index) for index in range(int((last - first) / step) + 1)]
    )
