"""Every table of evaluation: each model, in each set, by each kind of prediction, never mixed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from radproof.evaluation.calibration import brier_score, calibration
from radproof.evaluation.calibration_curve import calibration_curve
from radproof.evaluation.checks import check_predictions
from radproof.evaluation.classification import confusion, fitted_thresholds, rates
from radproof.evaluation.discrimination import AREA, discrimination
from radproof.evaluation.net_benefit import net_benefit, reference_strategies
from radproof.evaluation.roc import roc_points
from radproof.evaluation.thresholds import threshold_table

KEYS = ["model", "set", "kind"]
ONE_CLASS = "one class of the outcome"
CALIBRATION = [
    *("n", "n_events", "n_finite", "brier", "brier_scaled"),
    *("intercept", "intercept_ci_low", "intercept_ci_high"),
    *("slope", "slope_ci_low", "slope_ci_high"),
    *("citl", "citl_ci_low", "citl_ci_high"),
    *("eo_ratio", "ici", "e50", "e90", "emax", "c_index"),
    *("hl_chi2", "hl_df", "hl_p", "hl_groups", "note"),
]


def evaluate(predictions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of evaluation, each beginning with ``model set kind``.

    Parameters
    ----------
    predictions
        All models, one below the other: ``patient set outcome model kind probability``; ``kind``
        is apparent, out_of_fold or held_out. Other columns are not used.

    Returns
    -------
    dict of pandas.DataFrame
        ``discrimination``: ``n n_events auc variance ci_low ci_high ci_method note``.
        ``roc``: ``threshold sensitivity specificity note``.
        ``calibration``: what :func:`radproof.evaluation.calibration.calibration` returns.
        ``calibration_curve``: ``curve predicted observed ci_low ci_high n n_events note``.
        ``net_benefit``: ``threshold true_positives false_positives net_benefit ci_low ci_high
        interventions_avoided note``, with the models ``all`` and ``none`` in each set and kind.
        ``classification``: ``threshold metric value ci_low ci_high count total note``; the
        threshold is that of Youden's index in the model's out-of-fold predictions of ``train``.
        ``thresholds``: see :func:`radproof.evaluation.thresholds.threshold_table`.
        Wherever a number is missing, ``note`` says why.

    Raises
    ------
    BadInput
        If the predictions cannot be evaluated as they stand.
    """
    check_predictions(predictions)
    thresholds = fitted_thresholds(predictions)
    return {
        "discrimination": _stack(
            predictions, lambda rows, _: pd.DataFrame([_area(rows)], columns=AREA)
        ),
        "roc": _stack(predictions, lambda rows, _: _roc(rows)),
        "calibration": _stack(
            predictions, lambda rows, keys: _calibration(rows, keys["kind"] == "apparent")
        ),
        "calibration_curve": _stack(
            predictions, lambda rows, _: calibration_curve(rows["outcome"], rows["probability"])
        ),
        "net_benefit": _net_benefit(predictions),
        "classification": _stack(
            predictions, lambda rows, keys: _classification(rows, thresholds.get(keys["model"]))
        ),
        "thresholds": _stack(
            predictions, lambda rows, _: threshold_table(rows["outcome"], rows["probability"])
        ),
    }


def _groups(predictions: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    for values, rows in predictions.groupby(KEYS, sort=False):
        yield dict(zip(KEYS, map(str, values), strict=True)), rows


def _stack(
    predictions: pd.DataFrame, tabulate: Callable[[pd.DataFrame, dict[str, str]], pd.DataFrame]
) -> pd.DataFrame:
    """Tabulate each model, set and kind, put the keys before it, and stack the tables."""
    parts = [_with_keys(tabulate(rows, keys), keys) for keys, rows in _groups(predictions)]
    return _stacked(parts)


def _with_keys(table: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    return pd.concat([pd.DataFrame(keys, index=table.index, columns=KEYS), table], axis=1)


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(parts, ignore_index=True)
    if "note" in table:
        table["note"] = table["note"].astype(object).where(table["note"] != "", None)
    return table


def _has_both(rows: pd.DataFrame) -> bool:
    return rows["outcome"].nunique() == 2


def _area(rows: pd.DataFrame) -> dict[str, Any]:
    return discrimination(rows["outcome"], rows["probability"])


def _roc(rows: pd.DataFrame) -> pd.DataFrame:
    if _has_both(rows):
        return roc_points(rows["outcome"], rows["probability"]).assign(note="")
    missing = dict.fromkeys(("threshold", "sensitivity", "specificity"), np.nan)
    return pd.DataFrame([missing | {"note": ONE_CLASS}])


def _calibration(rows: pd.DataFrame, own_patients: bool) -> pd.DataFrame:
    outcome, probability = rows["outcome"], rows["probability"]
    if _has_both(rows):
        return pd.DataFrame([calibration(outcome, probability, own_patients)], columns=CALIBRATION)
    known = {"n": len(rows), "n_events": int(outcome.sum()), "note": ONE_CLASS}
    brier = {"brier": brier_score(outcome, probability)}
    return pd.DataFrame([known | brier], columns=CALIBRATION)


def _net_benefit(predictions: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for (name, kind), group in predictions.groupby(["set", "kind"], sort=False):
        tables = {
            str(model): net_benefit(rows["outcome"], rows["probability"])
            for model, rows in group.groupby("model", sort=False)
        }
        tables |= reference_strategies(group.drop_duplicates("patient")["outcome"])
        parts += [
            _with_keys(table, {"model": model, "set": str(name), "kind": str(kind)})
            for model, table in tables.items()
        ]
    return _stacked(parts)


def _classification(rows: pd.DataFrame, threshold: float | None) -> pd.DataFrame:
    counts = confusion(rows["outcome"], rows["probability"], threshold or 0.0)
    table = rates(counts)
    if threshold is None:
        table[["value", "ci_low", "ci_high", "count", "total"]] = np.nan
        table["note"] = "no threshold: no out-of-fold predictions of both classes in train"
    table.insert(0, "threshold", np.nan if threshold is None else threshold)
    return table
