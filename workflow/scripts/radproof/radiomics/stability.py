"""Stability: which features survive another contour, judged on training patients alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.folds import NONE, left_out_subsets, patients_kept
from radproof.radiomics.feature_names import PARTS, name_parts
from radproof.radiomics.icc import icc

LEAST_SUBJECTS = 3
ROUNDING = 1e-9
MEASURES = ["icc", "ci_low", "ci_high", "f", "df1", "df2", "p"]
COLUMNS = ["feature", "left_out", "between", "form", *MEASURES, "n", "passed", "reason"]
VERDICT = ["feature", "left_out", "icc", "ci_low", "kept", "reason", "n"]
BOUNDS = {"estimate": "ICC", "lower": "lower bound of ICC"}

Comparisons = Mapping[str, Mapping[str, Any]]


def assess_stability(
    features_by_mask: dict[str, pd.DataFrame],
    folds: pd.Series,
    between: Comparisons,
    settings: dict[str, Any],
) -> dict[str, pd.DataFrame]:
    """Return every correlation (``icc``), the verdict on each feature, and a summary.

    Parameters
    ----------
    features_by_mask, folds, between, settings
        As `correlations` takes them.
    """
    table = correlations(features_by_mask, folds, between, settings)
    return {"icc": table, "stability": verdict(table, between), "summary": summarise(table)}


def correlations(
    features_by_mask: dict[str, pd.DataFrame],
    folds: pd.Series,
    between: Comparisons,
    settings: dict[str, Any],
) -> pd.DataFrame:
    """Return the intraclass correlation of each feature in each comparison of masks.

    Parameters
    ----------
    features_by_mask
        Mask → features (index patient); training patients only.
    folds
        Index patient, the fold of each training patient.
    between
        Comparison → ``masks``, two or more of ``features_by_mask``.
    settings
        ``form`` of the correlation, ``threshold``, and ``bound`` (estimate or lower) to hold
        against it.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``: each feature once for every comparison and every set of folds that is left out
        (see ``radproof.folds``), so that what is predicted out of fold is selected without that
        fold. ``n`` counts patients with a value from every mask of the comparison.

    Raises
    ------
    BadInput
        If a mask has no features of a patient.
    """
    columns = list(
        dict.fromkeys(str(name) for table in features_by_mask.values() for name in table)
    )
    _check_patients(features_by_mask, folds)
    arrays = {
        mask: table.loc[folds.index].reindex(columns=columns).to_numpy(dtype=float)
        for mask, table in features_by_mask.items()
    }
    parts = []
    for left_out in left_out_subsets(folds):
        kept = folds.index.isin(patients_kept(folds, left_out))
        for name, comparison in between.items():
            values = np.stack([arrays[mask][kept] for mask in comparison["masks"]], axis=1)
            part = _correlated(values, settings["form"])
            parts.append(part.assign(feature=columns, left_out=left_out, between=name))
    table = pd.concat(parts, ignore_index=True).assign(form=settings["form"])
    return judge(table, settings)[COLUMNS]


def _check_patients(features_by_mask: dict[str, pd.DataFrame], folds: pd.Series) -> None:
    problems = [
        Problem(f"no row of features from mask {mask}", patient=str(patient))
        for mask, table in features_by_mask.items()
        for patient in folds.index.difference(table.index)
    ]
    if problems:
        raise BadInput(problems)


def _correlated(values: np.ndarray, form: str) -> pd.DataFrame:
    """Return one row a feature of values (patients, masks, features).

    Features are grouped by which patients lack a value.
    """
    complete = np.isfinite(values).all(axis=1)
    rows = pd.DataFrame(index=range(values.shape[2]), columns=MEASURES, dtype=float)
    rows["n"] = complete.sum(axis=0)
    rows["reason"] = ""
    patterns, group_of = np.unique(complete.T, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        features = np.flatnonzero(group_of == number)
        if pattern.sum() < LEAST_SUBJECTS:
            rows.loc[features, "reason"] = f"fewer than {LEAST_SUBJECTS} patients with a value"
            continue
        found = icc(values[pattern][:, :, features])
        found = found[found["form"] == form]
        rows.loc[features, MEASURES] = found[MEASURES].to_numpy()
        rows.loc[features, "reason"] = found["reason"].to_numpy()
    return rows


def judge(table: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Add whether each feature ``passed``, and the ``reason`` where it did not.

    Parameters
    ----------
    table
        ``icc ci_low``, and ``reason`` where there is no correlation.
    settings
        ``threshold`` and ``bound``.
    """
    judged = table["icc"]
    if settings["bound"] == "lower":
        # Masks that agree perfectly leave no interval: the estimate, 1, stands for its bound.
        perfect = table["ci_low"].isna() & (table["icc"] >= 1 - ROUNDING)
        judged = table["ci_low"].mask(perfect, table["icc"])
    # Masks that differ more than patients can turn ICC2k, or its bounds, inside out: above 1.
    sound = ~((table["icc"] > 1 + ROUNDING) | (table["ci_low"] > table["icc"] + ROUNDING))
    reached = judged >= settings["threshold"]
    passed = sound & reached
    below = judged.map(
        f"{BOUNDS[settings['bound']]} {{:.3f}} below {settings['threshold']:g}".format
    )
    said = below.mask(reached, "masks differ more than patients do")
    # Masks that differ by the same in everybody have an estimate without an interval; without a
    # correlation the reason stands there already.
    without = table["reason"].mask(table["icc"].notna(), "no interval to judge by")
    reason = without.where(judged.isna(), said).mask(passed, "")
    return table.assign(passed=passed, reason=reason)


def verdict(table: pd.DataFrame, between: Comparisons) -> pd.DataFrame:
    """Return whether each feature is kept: where it passed every comparison that decides.

    Parameters
    ----------
    table
        As `correlations` returns it.
    between
        Comparison → ``decides``.

    Returns
    -------
    pandas.DataFrame
        ``feature left_out icc ci_low kept reason n``: ``icc``, ``ci_low`` and ``n`` are the least
        over the comparisons that decide (``icc`` is missing where one of them has none), ``reason``
        names those that were not passed.
    """
    keys = ["left_out", "feature"]
    deciding = {
        name: table[table["between"] == name].set_index(keys)
        for name, comparison in between.items()
        if comparison["decides"]
    }
    first, *others = deciding.values()
    result = first[["icc", "ci_low", "passed", "n"]].rename(columns={"passed": "kept"})
    reason = pd.Series("", index=first.index)
    for rows in others:
        aligned = rows.loc[first.index]
        result["icc"] = np.minimum(result["icc"], aligned["icc"])
        result["ci_low"] = np.fmin(result["ci_low"], aligned["ci_low"])
        result["n"] = np.minimum(result["n"], aligned["n"])
        result["kept"] &= aligned["passed"]
    for name, rows in deciding.items():
        aligned = rows.loc[first.index]
        said = (f"{name}: " + aligned["reason"].astype(str)).mask(aligned["passed"], "")
        reason += said.where((reason == "") | (said == ""), "; " + said)
    return result.assign(reason=reason).reset_index()[VERDICT]


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Return how stable each class of features is, no fold left out.

    Parameters
    ----------
    table
        As `correlations` returns it.

    Returns
    -------
    pandas.DataFrame
        ``between sequence filter class n_features n_passed icc_median icc_low icc_high``: the last
        two are quartiles, over the features that have a correlation.
    """
    rows = table[table["left_out"] == NONE]
    rows = rows.join(name_parts(rows["feature"]))
    grouped = rows.groupby(["between", *PARTS], sort=False, dropna=False)
    counts = grouped.agg(n_features=("feature", "size"), n_passed=("passed", "sum"))
    icc_of = grouped["icc"]
    counts = counts.assign(icc_median=icc_of.median(), icc_low=icc_of.quantile(0.25))
    return counts.assign(icc_high=icc_of.quantile(0.75)).reset_index()


def summarise_dice(perturbations: pd.DataFrame) -> pd.DataFrame:
    """Return how near each perturbed mask is to the one it was made of.

    Parameters
    ----------
    perturbations
        One row a patient and perturbed mask: ``mask dice``.

    Returns
    -------
    pandas.DataFrame
        ``mask n dice_median dice_low dice_high dice_least``: quartiles and the least.
    """
    grouped = perturbations.groupby("mask", sort=False)["dice"]
    columns = {"n": grouped.size(), "dice_median": grouped.median()}
    columns |= {"dice_low": grouped.quantile(0.25), "dice_high": grouped.quantile(0.75)}
    return pd.DataFrame(columns | {"dice_least": grouped.min()}).reset_index()
