"""Outcomes that mean nothing: dealt anew among patients, and features chosen with a leak."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from radproof.errors import BadInput, Problem
from radproof.seeds import derive_seed

# The permutation that leaves everything as it is.
REAL = 0
FEWEST, MOST = 2, 9999


def permutations_asked(plan: dict[str, Any], command: object) -> int:
    """Return how many permutations a negative control has, 0 where nobody asks for one.

    Parameters
    ----------
    plan
        The study plan.
    command
        The number of the command line, which goes before that of the plan; None where it has none.

    Raises
    ------
    BadInput
        If the number of the command line is none, or out of bounds.
    """
    planned = plan["evaluation"]["negative_control"]
    if command is None:
        return planned["permutations"] if planned else 0
    text = str(command)
    if not (text.isdecimal() and FEWEST <= int(text) <= MOST):
        what, expected = "K permutations cannot be run", f"a whole number from {FEWEST} to {MOST}"
        raise BadInput(Problem(what, found=text, expected=expected, remedy="make null K=39"))
    return int(text)


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
