"""Outcomes of extraction: of which masks something could not be measured, and why."""

import pandas as pd

from radproof.radiomics.mask_names import PERTURBED

SUMMARY = ["set", "mask", "outcome", "n_patients", "n_missing_most"]
UNMEASURED = ["set", "patient", "mask", "n_features", "n_missing", "outcomes"]


def summarise(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Count by set, mask and outcome the patients who have it, perturbed masks pooled.

    Parameters
    ----------
    outcomes
        Rows of extraction: ``set patient mask sequence filter outcome reason n_missing``.

    Returns
    -------
    pandas.DataFrame
        ``set mask outcome n_patients n_missing_most``: the last is the most features that are
        missing for this outcome in one mask of one patient. A mask that has an outcome and is
        measured all the same has none missing. Sets are in the order given.
    """
    keys = ["set", "mask", "outcome"]
    of_mask = _in_order(outcomes).groupby([*keys, "patient"], observed=True)
    counted = of_mask["n_missing"].sum().reset_index()
    counted["mask"] = counted["mask"].mask(_perturbed(counted), PERTURBED)
    grouped = counted.groupby(keys, observed=True)
    table = grouped.agg(n_patients=("patient", "nunique"), n_missing_most=("n_missing", "max"))
    return table.reset_index()[SUMMARY]


def unmeasured(outcomes: pd.DataFrame, n_features: int) -> pd.DataFrame:
    """Return the masks, perturbed ones aside, of which at least one feature is missing.

    Parameters
    ----------
    outcomes
        As `summarise` takes them.
    n_features
        How many features the extractor gives of a mask.

    Returns
    -------
    pandas.DataFrame
        ``set patient mask n_features n_missing outcomes``, one row a mask; sets are in the order
        given.
    """
    kept = _in_order(outcomes[~_perturbed(outcomes) & (outcomes["n_missing"] > 0)])
    grouped = kept.groupby(["set", "patient", "mask"], observed=True)
    table = grouped.agg(
        n_missing=("n_missing", "sum"),
        outcomes=("outcome", lambda found: ", ".join(sorted(set(found)))),
    )
    return table.assign(n_features=n_features).reset_index()[UNMEASURED]


def _perturbed(outcomes: pd.DataFrame) -> pd.Series:
    return outcomes["mask"].astype("str").str.startswith(PERTURBED)


def _in_order(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with sets that sort as they came."""
    sets = outcomes["set"].unique()
    return outcomes.assign(set=pd.Categorical(outcomes["set"], sets, ordered=True))
