"""Keep the features that a random forest misses most when they are permuted out of bag."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.models.forest import grow_forest, permutation_importance
from radproof.models.selecting import Selected

READS_VALUES = True
READS_OUTCOME = True


def select(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    stability: pd.DataFrame | None,
    seed: int,
) -> Selected:
    """Rank features by permutation importance and keep the first that have any.

    Importance by impurity would favour features of many values and is computed on the patients
    that the trees were grown on (Strobl et al. 2007, BMC Bioinformatics 8:25).

    Parameters
    ----------
    table
        Index patient, float columns without missing values.
    outcome
        0 or 1.
    settings
        ``count`` of features at most; ``trees``; ``leaf``, the fewest patients of a leaf.
    stability
        Not read.
    seed
        Of the forest and the permutations.

    Returns
    -------
    Selected
        By falling importance, equal features as they stand in ``table``; a feature's value is its
        importance.
    """
    forest = grow_forest(
        table.to_numpy(float), outcome.to_numpy(), {"class_weight": "none", **settings}, seed
    )
    importance = permutation_importance(forest, table.to_numpy(float), outcome, seed)
    order = np.argsort(-importance, kind="stable")
    kept = [place for place in order[: settings["count"]] if importance[place] > 0]
    reasons = {
        str(table.columns[place]): "less important" if importance[place] > 0 else "no importance"
        for place in sorted(set(range(len(order))) - set(kept))
    }
    columns = [str(table.columns[place]) for place in kept]
    return Selected(columns, reasons, dict(zip(table.columns, importance, strict=True)))
