"""Keep one of each group of correlated features."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from radproof.models.selecting import Selected
from radproof.models.selections.stability import by_stability, known_stability
from radproof.z_scores import standardise

READS_VALUES = True


def select(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    stability: pd.DataFrame | None,
    seed: int,
) -> Selected:
    """Drop each feature that is correlated with a preferred one that stays.

    Pearson's correlation. Features are gone through from the most preferred to the least.

    Parameters
    ----------
    table
        Index patient, float columns without missing values.
    outcome
        0 or 1; read with ``prefer: outcome`` alone.
    settings
        ``threshold``: the largest absolute correlation between two features that stay;
        ``prefer``: ``stability`` (larger ICC, then by name) or ``outcome`` (area under the ROC
        curve farther from 0.5, then by the order of ``table``).
    stability
        Index feature, ``icc``; read with ``prefer: stability`` alone.
    seed
        Not read.

    Returns
    -------
    Selected
        The most preferred first; a feature's value is its largest absolute correlation with those
        kept before it.
    """
    if settings["prefer"] == "stability":
        order = by_stability(known_stability(stability).reindex(table.columns))
    else:
        order = by_association(table, outcome)
    z, _, _ = standardise(table[order].to_numpy(float))
    correlation = np.abs(z.T @ z / z.shape[0])
    kept: list[int] = []
    reasons, values = {}, {}
    for column, name in enumerate(order):
        largest = correlation[column, kept].max(initial=0.0)
        values[name] = float(largest)
        if largest > settings["threshold"]:
            reasons[name] = "correlated with a feature that is kept"
        else:
            kept.append(column)
    return Selected([order[column] for column in kept], reasons, values)


def by_association(table: pd.DataFrame, outcome: pd.Series) -> list[str]:
    """Return features by falling ``|AUC - 0.5|``, equal ones as they stand in ``table``."""
    cases = outcome.to_numpy() == 1
    ranks = rankdata(table.to_numpy(float), axis=0)
    n_cases, n_controls = cases.sum(), (~cases).sum()
    pairs = ranks[cases].sum(axis=0) - n_cases * (n_cases + 1) / 2
    distance = np.abs(pairs / (n_cases * n_controls) - 0.5)
    # Rounded, so that features of the same ranks in reverse are equal.
    order = np.argsort(-np.round(distance, 12), kind="stable")
    return [str(name) for name in table.columns[order]]
