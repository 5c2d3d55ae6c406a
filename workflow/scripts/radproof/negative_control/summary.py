"""What the negative control says: where areas lie that no model can have earned."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from radproof.models.predicting import HELD_OUT
from radproof.negative_control.line import HONEST, LEAKY, areas
from radproof.negative_control.permuting import REAL

KEYS = ["arm", "model", "set", "kind"]
FEW = 39


def distribution(predictions: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Return ``permutation arm model set kind n n_events auc`` of the predictions of each."""
    tables = [
        areas(table).assign(permutation=number) for number, table in sorted(predictions.items())
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[["permutation", *KEYS, "n", "n_events", "auc"]]


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row an arm, model, set and kind of prediction.

    Parameters
    ----------
    table
        As `distribution` returns it; permutation 0 is the true outcome.

    Returns
    -------
    pandas.DataFrame
        ``auc`` with the true outcome; ``permutations``, their ``null_mean null_sd``, and their
        central 95 % (``null_low null_high``); ``contains_half``, whether 0.5 lies in it, of
        held-out areas alone: out of fold every fold keeps its events, and a model of nothing lies a
        little below 0.5; ``above_half``, whether all of it lies above, as with a leak; ``p``, the
        share of permutations that reach the true area, itself counted (Phipson & Smyth 2010, Stat
        Appl Genet Mol Biol 9:39). In the arm ``leaky`` the areas that the leak bought: ``optimism``
        with the true outcome, ``null_optimism`` on average over permutations.
    """
    rows = []
    for names, own in table.groupby(KEYS, sort=False):
        real = float(own.loc[own["permutation"] == REAL, "auc"].item())
        null = own.loc[own["permutation"] != REAL, "auc"].to_numpy(float)
        row = dict(zip(KEYS, names, strict=True)) | {"auc": real, "permutations": null.size}
        rows.append(
            row | _position(real, null, row["kind"]) | _optimism(table, row) | {"note": _note(row)}
        )
    return pd.DataFrame(rows)


def _position(real: float, null: np.ndarray, kind: Any) -> dict[str, Any]:
    """Return where permuted areas lie, and p; nothing where a set of one class has no area."""
    names = ["null_mean", "null_sd", "null_low", "null_high", "contains_half", "above_half", "p"]
    if np.isnan(real):
        return dict.fromkeys(names)
    low, high = np.quantile(null, [0.025, 0.975])
    p = (int((null >= real).sum()) + 1) / (null.size + 1)
    inside = bool(low <= 0.5 <= high) if kind == HELD_OUT else None
    values = [null.mean(), null.std(ddof=1), low, high, inside, bool(low > 0.5), p]
    return dict(zip(names, values, strict=True))


def _note(row: Mapping[str, Any]) -> str | None:
    if np.isnan(row["auc"]):
        return "one class: no area under a ROC curve"
    if row["permutations"] < FEW:
        return f"of {row['permutations']} permutations the central 95 % is nearly their whole range"
    return None


def _optimism(table: pd.DataFrame, row: Mapping[str, object]) -> dict[str, float]:
    """Return how much greater the leaky area is than the honest one; nothing in the honest arm."""
    if row["arm"] != LEAKY:
        return {"optimism": np.nan, "null_optimism": np.nan}
    same = table[(table[KEYS[1:]] == [row[key] for key in KEYS[1:]]).all(axis=1)]
    wide = same.pivot(index="permutation", columns="arm", values="auc")
    bought = wide[LEAKY] - wide[HONEST]
    return {"optimism": float(bought[REAL]), "null_optimism": float(bought.drop(REAL).mean())}
