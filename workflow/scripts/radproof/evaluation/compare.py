"""Pairs of models on the same patients: whether they differ, and whether they are equivalent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.evaluation.checks import check_predictions
from radproof.evaluation.delong import (
    ALPHA,
    Difference,
    auc,
    equivalence_test,
    paired_test,
    smallest_margin,
)

ONE_CLASS = "one class of the outcome"
COLUMNS = [
    *("first", "second", "set", "kind", "n", "n_events", "auc_first", "auc_second"),
    *("difference", "ci_low", "ci_high", "z", "p", "p_holm", "margin"),
    *("p_equivalence", "equivalent", "p_noninferiority", "noninferior", "smallest_margin"),
    *("verdict", "note"),
]


def compare(predictions: pd.DataFrame, comparisons: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Compare the areas under the ROC curves of pairs of models, in each set and kind.

    Parameters
    ----------
    predictions
        As for :func:`radproof.evaluation.evaluate.evaluate`.
    comparisons
        ``first`` and ``second``, names of models, and ``margin``, above 0.

    Returns
    -------
    pandas.DataFrame
        ``first second set kind n n_events auc_first auc_second``; ``difference`` (first minus
        second) with its 95 % interval ``ci_low ci_high``, ``z`` and ``p`` of the paired DeLong
        test, and ``p_holm``, adjusted over the plan's comparisons within the set and kind;
        ``margin``; ``p_equivalence equivalent`` (TOST) and ``p_noninferiority noninferior`` (first
        against second), each at 0.05; ``smallest_margin`` that would be declared equivalent;
        ``verdict``; ``note``: why a number is missing or says little.

    Raises
    ------
    BadInput
        If the predictions cannot be used, or a comparison names an unknown model or a margin that
        is not above 0.
    """
    check_predictions(predictions)
    _check_comparisons(comparisons, set(predictions["model"]))
    parts = []
    for (name, kind), group in predictions.groupby(["set", "kind"], sort=False):
        wide = group.pivot(index="patient", columns="model", values="probability")
        outcome = group.drop_duplicates("patient").set_index("patient")["outcome"]
        rows = [
            _compare_pair(wide, outcome.loc[wide.index], pair) | {"set": name, "kind": kind}
            for pair in comparisons
            if pair["first"] in wide and pair["second"] in wide
        ]
        adjusted = holm(np.array([row["p"] for row in rows], dtype=float))
        for row, p_holm in zip(rows, adjusted, strict=True):
            row["p_holm"] = p_holm
            row["verdict"] = _verdict(row)
        parts += rows
    return pd.DataFrame(parts, columns=COLUMNS)


def _check_comparisons(comparisons: Sequence[dict[str, Any]], models: set[str]) -> None:
    problems = []
    for pair in comparisons:
        for name in (pair["first"], pair["second"]):
            if name not in models:
                expected = f"one of {', '.join(sorted(models))}"
                problems.append(
                    Problem("no predictions of the model", found=name, expected=expected)
                )
        if not pair["margin"] > 0:
            what = f"margin of {pair['first']} against {pair['second']}"
            problems.append(Problem(what, found=str(pair["margin"]), expected="above 0"))
    if problems:
        raise BadInput(problems)


def _compare_pair(wide: pd.DataFrame, outcome: pd.Series, pair: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"first": pair["first"], "second": pair["second"]}
    row |= {"margin": float(pair["margin"]), "n": len(wide), "n_events": int(outcome.sum())}
    row |= dict.fromkeys(("auc_first", "auc_second"), np.nan)
    if outcome.nunique() < 2:
        return row | {"equivalent": False, "noninferior": False, "p": np.nan, "note": ONE_CLASS}
    result = auc(outcome, wide[[pair["first"], pair["second"]]].to_numpy().T)
    row |= {"auc_first": float(result.auc[0]), "auc_second": float(result.auc[1])}
    test = paired_test(result)
    note = ""
    if np.isnan(test.se):
        note = "one case or one control: no variance"
    elif test.se == 0:
        note = "no variance: each patient has the same rank in both, or both areas are 0 or 1"
    return row | _tested(test, pair["margin"], note)


def _tested(test: Difference, margin: float, note: str) -> dict[str, Any]:
    equal = equivalence_test(test.difference, test.se, margin)
    return {
        "difference": test.difference,
        "ci_low": test.ci_low,
        "ci_high": test.ci_high,
        "z": test.statistic,
        "p": test.p,
        "p_equivalence": equal.p_equivalence,
        "equivalent": equal.equivalent,
        "p_noninferiority": equal.p_noninferiority,
        "noninferior": equal.noninferior,
        "smallest_margin": smallest_margin(test.difference, test.se),
        "note": note or None,
    }


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted for their number, shape (k,); NaN stays and does not count.

    Source: Holm 1979 (Scand J Stat 6:65); R's ``p.adjust(method = "holm")``.
    """
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted


def _verdict(row: dict[str, Any]) -> str:
    if np.isnan(row["p"]):
        return "not testable"
    findings = []
    if row["p_holm"] < ALPHA:
        findings.append("different")
    if row["equivalent"]:
        findings.append(f"equivalent within {row['margin']:g}")
    return ", yet ".join(findings) or "inconclusive"
