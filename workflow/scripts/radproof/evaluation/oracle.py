"""Simulated studies only: models against an oracle that knows each patient's true risk."""

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.evaluation.checks import check_predictions
from radproof.evaluation.delong import auc
from radproof.evaluation.discrimination import discrimination


def against_oracle(predictions: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return whether the oracle's area lies inside the interval of each model's own.

    Parameters
    ----------
    predictions
        As for :func:`radproof.evaluation.evaluate.evaluate`.
    truth
        ``patient`` and ``true_risk``, from 0 to 1; one row a patient.

    Returns
    -------
    pandas.DataFrame
        ``model set kind n n_events auc ci_low ci_high oracle_auc inside note``; the oracle's area
        is that of the true risk on the same patients and outcomes.

    Raises
    ------
    BadInput
        If the predictions cannot be used or a patient's true risk is not known.
    """
    check_predictions(predictions)
    risk = truth.set_index("patient")["true_risk"]
    unknown = sorted(set(predictions["patient"]) - set(risk.dropna().index))
    if unknown:
        raise BadInput([Problem("no true risk", patient=str(patient)) for patient in unknown])
    rows = []
    for (model, name, kind), group in predictions.groupby(["model", "set", "kind"], sort=False):
        row = discrimination(group["outcome"], group["probability"])
        both = group["outcome"].nunique() == 2
        known = risk.loc[group["patient"]].to_numpy()
        oracle = float(auc(group["outcome"], known).auc[0]) if both else np.nan
        row |= {"model": model, "set": name, "kind": kind, "oracle_auc": oracle}
        row["inside"] = bool(row["ci_low"] <= oracle <= row["ci_high"]) if both else None
        rows.append(row | {"note": row["note"] or None})
    columns = ["model", "set", "kind", "n", "n_events", "auc", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=[*columns, "oracle_auc", "inside", "note"])
