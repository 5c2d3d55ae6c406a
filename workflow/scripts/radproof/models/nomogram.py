"""The nomogram: points of each predictor, and the probability of a total of points.

Source: R's ``rms::nomogram`` (maxscale = 100, nint = 10).
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

MAX_POINTS = 100.0
PROBABILITIES = [0.01, 0.05, *np.round(np.arange(0.1, 0.91, 0.1), 1).tolist(), 0.95, 0.99]


def pretty(low: float, high: float, intervals: int = 10) -> list[float]:
    """Return about ``intervals`` + 1 round values that cover ``low`` to ``high``.

    Source: R's ``pretty`` with its default biases (Becker, Chambers & Wilks 1988).
    """
    unit = _pretty_unit(low, high, intervals)
    tolerance = 1e-7
    first = int(np.floor(low / unit + tolerance))
    last = int(np.ceil(high / unit - tolerance))
    fewest = intervals // 3
    lacking = fewest - (last - first)
    if lacking > 0:
        if first >= 0:
            last, first = last + lacking // 2, first - lacking // 2 - lacking % 2
        else:
            first, last = first - lacking // 2, last + lacking // 2 + lacking % 2
    return [place * unit for place in range(first, last + 1)]


def _pretty_unit(low: float, high: float, intervals: int) -> float:
    """Return 1, 2, 5 or 10 times a power of ten, as the biases of R's ``pretty`` choose it."""
    bias, bias_of_five = 1.5, 0.5 + 1.5 * 1.5
    spread, size = high - low, max(abs(low), abs(high))
    cell = size if size > 0 else 1.0
    shrunk = 1 + 1.5 / (1 + bias_of_five)
    if spread < cell * shrunk * max(1, intervals) * np.finfo(float).eps * 3:
        cell = (9 + cell / 10 if cell > 10 else cell) * 0.75 / max(intervals // 3, 1)
    else:
        cell = spread / intervals
    base = 10.0 ** np.floor(np.log10(cell))
    unit = base
    for factor, weight in ((2, bias), (5, bias_of_five), (10, bias)):
        if factor * base - cell >= weight * (cell - unit):
            break
        unit = factor * base
    return float(unit)


def nomogram(model: dict[str, Any]) -> dict[str, Any]:
    """Return the axes of a logistic model's nomogram.

    Parameters
    ----------
    model
        A model of kind ``logistic``.

    Returns
    -------
    dict
        ``max_points`` (100, of the predictor with the widest range of linear predictor),
        ``points_per_lp``, ``lp_at_zero_points``; ``variables``: for each ``variable``, ``kind`` and
        ``axis``, a list of ``level lp points``; ``total_points``: round totals; ``risk``: list of
        ``probability total_points``. A numeric axis shows the values there are where they are at
        most ten, else round values around the range fitted on. A model without predictors has
        ``points_per_lp`` 0 and no totals.
    """
    weights = {term["term"]: term["coefficient"] for term in model["terms"]}
    axes = [axis for variable in model["variables"] for axis in _axes(variable, weights)]
    spans = [np.ptp([tick["lp"] for tick in axis["axis"]]) for axis in axes]
    widest = max(spans, default=0.0)
    per_lp = float(MAX_POINTS / widest) if widest > 0 else 0.0
    at_zero = model["intercept"]
    for axis in axes:
        least = min(tick["lp"] for tick in axis["axis"])
        at_zero += least
        for tick in axis["axis"]:
            tick["points"] = (tick["lp"] - least) * per_lp
    total = float(sum(spans)) * per_lp
    risk = [
        {"probability": one, "total_points": (float(logit(one)) - at_zero) * per_lp}
        for one in PROBABILITIES
    ]
    return {
        "max_points": MAX_POINTS,
        "points_per_lp": per_lp,
        "lp_at_zero_points": at_zero,
        "variables": axes,
        "total_points": pretty(0.0, total) if total > 0 else [],
        "risk": [row for row in risk if total > 0 and 0 <= row["total_points"] <= total],
    }


def _axes(variable: dict[str, Any], weights: dict[str, float]) -> list[dict[str, Any]]:
    """Return the axis of a variable, and one more where a missing value has a weight of its own."""
    name = variable["variable"]
    if variable["kind"] == "number":
        levels = variable["values"] or pretty(variable["minimum"], variable["maximum"])
        ticks = [{"level": level, "lp": weights.get(name, 0.0) * level} for level in levels]
    else:
        ticks = [
            {"level": level, "lp": weights.get(f"{name}={level}", 0.0)}
            for level in variable["levels"]
        ]
    axes = [{"variable": name, "kind": variable["kind"], "axis": ticks}]
    unknown = f"{name}=missing"
    if unknown in weights:
        ticks = [{"level": "known", "lp": 0.0}, {"level": "missing", "lp": weights[unknown]}]
        axes.append({"variable": unknown, "kind": "category", "axis": ticks})
    return axes


def probability_of_points(axes: dict[str, Any], total_points: float) -> float:
    """Return the probability (0 to 1) that a total of points stands for.

    Raises
    ------
    ValueError
        If the nomogram has no points because its model has no predictors.
    """
    if axes["points_per_lp"] == 0:
        raise ValueError("a model without predictors has no points")
    return float(expit(total_points / axes["points_per_lp"] + axes["lp_at_zero_points"]))


def nomogram_table(axes: dict[str, Any]) -> pd.DataFrame:
    """Return the nomogram as rows ``axis level points``, the axes from top to bottom.

    Predictors first, by name; then ``total points`` (level and points alike) and ``probability``
    (level is the probability, points the total that reaches it).
    """
    rows: list[dict[str, Any]] = [
        {"axis": axis["variable"], "level": str(tick["level"]), "points": tick["points"]}
        for axis in axes["variables"]
        for tick in axis["axis"]
    ]
    rows += [
        {"axis": "total points", "level": str(total), "points": total}
        for total in axes["total_points"]
    ]
    rows += [
        {"axis": "probability", "level": str(row["probability"]), "points": row["total_points"]}
        for row in axes["risk"]
    ]
    return pd.DataFrame(rows, columns=["axis", "level", "points"])
