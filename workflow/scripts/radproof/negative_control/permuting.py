"""Outcomes that mean nothing: dealt anew among patients, and features chosen with a leak."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from radproof.seeds import derive_seed

# The permutation that leaves everything as it is.
REAL = 0


def permute_outcome(patients: pd.DataFrame, seed: int, permutation: int) -> pd.DataFrame:
    """Return the patients with outcomes dealt anew among those of the same set and fold.

    Each set and fold keeps its number of events, so that folds stay stratified as they were made.

    Parameters
    ----------
    patients
        ``patient set fold outcome`` and anything else, which stays.
    seed
        The plan's seed.
    permutation
        Number of the permutation; `REAL` (0) leaves the outcome as it is.
    """
    table = patients.copy()
    if permutation == REAL:
        return table
    strata = table["set"].astype(str) + "/" + table["fold"].fillna("").astype(str)
    for name, rows in table.sort_values("patient").groupby(strata, sort=True):
        rng = np.random.default_rng(derive_seed(seed, "permutation", str(permutation), str(name)))
        table.loc[rows.index, "outcome"] = rng.permutation(rows["outcome"].to_numpy())
    return table


def chosen_with_a_leak(features: pd.DataFrame, patients: pd.DataFrame, count: int) -> list[str]:
    """Return the features that tell the outcome best in all patients of all sets.

    That is the mistake of choosing features before the patients are split. Missing values take the
    median.

    Parameters
    ----------
    features
        Index patient, one column a feature.
    patients
        ``patient outcome`` of everybody, those who judge the model as well.
    count
        How many features, those farthest from an area under the ROC curve of 0.5; in the order of
        the table.
    """
    outcome = patients.set_index("patient")["outcome"].to_numpy(int)
    values = features.loc[patients["patient"]]
    ranks = rankdata(values.fillna(values.median()).fillna(0.0).to_numpy(float), axis=0)
    events = int(outcome.sum())
    pairs = events * (outcome.size - events)
    area = (ranks[outcome == 1].sum(axis=0) - events * (events + 1) / 2) / pairs
    best = np.argsort(-np.abs(area - 0.5), kind="stable")[:count]
    return [features.columns[place] for place in sorted(best)]
