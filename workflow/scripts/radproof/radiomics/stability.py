"""Stability: which features survive another contour, judged on training patients alone."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.folds import left_out_subsets, patients_kept
from radproof.radiomics.icc import icc

LEAST_SUBJECTS = 3
MEASURES = ["icc", "ci_low", "ci_high", "f", "df1", "df2", "p"]
COLUMNS = ["feature", "left_out", "form", *MEASURES, "n", "kept", "reason"]


def assess_stability(
    features_by_mask: dict[str, pd.DataFrame], folds: pd.Series, settings: dict[str, Any]
) -> pd.DataFrame:
    """Judge each feature by its intraclass correlation between masks.

    Parameters
    ----------
    features_by_mask
        Mask → features (index patient); training patients only.
    folds
        Index patient, the fold of each training patient.
    settings
        ``form`` of the correlation, ``threshold``, and ``bound`` (estimate or lower) to hold
        against it.

    Returns
    -------
    pandas.DataFrame
        ``feature left_out form icc ci_low ci_high f df1 df2 p n kept reason``: each feature once
        for every set of folds that is left out (see ``radproof.folds``), so that what is predicted
        out of fold is selected without that fold. ``n`` counts patients with a value from every
        mask.
    """
    masks = list(features_by_mask)
    columns = list(features_by_mask[masks[0]].columns)
    tables = []
    for left_out in left_out_subsets(folds):
        kept = patients_kept(folds, left_out)
        values = np.stack(
            [features_by_mask[mask].loc[kept, columns].to_numpy(dtype=float) for mask in masks],
            axis=1,
        )
        table = _judge(values, settings).assign(left_out=left_out)
        table.insert(0, "feature", columns)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def _judge(values: np.ndarray, settings: dict[str, Any]) -> pd.DataFrame:
    """Return one row a feature; features are grouped by which patients lack a value."""
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
        found = found[found["form"] == settings["form"]]
        rows.loc[features, MEASURES] = found[MEASURES].to_numpy()
        rows.loc[features, "reason"] = found["reason"].replace("perfect", "").to_numpy()
    return _kept(rows, settings).assign(form=settings["form"])


def _kept(rows: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """Add ``kept``, and the reason where a feature is not."""
    judged = rows["icc"]
    if settings["bound"] == "lower":
        # Masks that agree perfectly leave no interval: the estimate, 1, stands for its bound.
        judged = rows["ci_low"].where(rows["ci_low"].notna(), rows["icc"])
    rows["kept"] = judged >= settings["threshold"]
    below = ~rows["kept"] & (rows["reason"] == "")
    words = {"estimate": "ICC", "lower": "lower bound of ICC"}[settings["bound"]]
    rows.loc[below, "reason"] = [
        f"{words} {value:.3f} below {settings['threshold']:g}" for value in judged[below]
    ]
    return rows
