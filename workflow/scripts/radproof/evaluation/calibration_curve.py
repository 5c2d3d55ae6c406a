"""The calibration curve: observed against predicted risk, in groups and smoothed."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radproof.evaluation.binomial import wilson
from radproof.evaluation.calibration import quantile_groups, smooth_outcome
from radproof.evaluation.checks import check_outcome, check_probability

MOST_GROUPS = 10
PATIENTS_PER_GROUP = 10
POINTS = 101
COLUMNS = ["curve", "predicted", "observed", "ci_low", "ci_high", "n", "n_events", "note"]


def calibration_curve(outcome: ArrayLike, probability: ArrayLike) -> pd.DataFrame:
    """Return the grouped proportions and the points of the smooth curve.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,).
    probability
        From 0 to 1, shape (n,).

    Returns
    -------
    pandas.DataFrame
        ``curve predicted observed ci_low ci_high n n_events note``. ``curve`` is ``grouped``: the
        mean probability and the share of events in groups by quantiles of the probability, about
        ten patients each and at most ten groups, with Wilson's 95 % interval; or ``loess``: the
        smoothed share at 101 probabilities from the least to the largest, which may leave 0 to 1
        and has no interval.

    Raises
    ------
    BadInput
        If outcome or probability are not as said.
    """
    events = check_outcome(outcome, both_classes=False)
    values = check_probability(probability, events.size)
    return pd.DataFrame(_grouped(events, values) + _smooth(events, values), columns=COLUMNS)


def _grouped(events: np.ndarray, values: np.ndarray) -> list[dict[str, object]]:
    wanted = int(np.clip(events.size // PATIENTS_PER_GROUP, 1, MOST_GROUPS))
    group, _ = quantile_groups(values, wanted)
    rows: list[dict[str, object]] = []
    for number in np.unique(group):
        chosen = group == number
        n, n_events = int(chosen.sum()), int(events[chosen].sum())
        low, high = wilson(n_events, n)
        rows.append(
            {
                "curve": "grouped",
                "predicted": float(values[chosen].mean()),
                "observed": n_events / n,
                "ci_low": low,
                "ci_high": high,
                "n": n,
                "n_events": n_events,
                "note": "",
            }
        )
    return rows


def _smooth(events: np.ndarray, values: np.ndarray) -> list[dict[str, object]]:
    at = np.linspace(values.min(), values.max(), POINTS)
    try:
        smoothed = smooth_outcome(events, values, at)
    except ValueError:
        return []
    whole = {"n": events.size, "n_events": int(events.sum()), "note": "no interval"}
    return [
        {"curve": "loess", "predicted": float(where), "observed": float(share), **whole}
        for where, share in zip(at, smoothed, strict=True)
    ]
