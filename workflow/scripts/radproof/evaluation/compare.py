"""Pairs of models on the same patients: whether they differ, and whether they are equivalent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.evaluation.checks import check_predictions
from radproof.evaluation.delong import (
    ALPHA,
    NO_VARIANCE,
    Difference,
    auc,
    equivalence_test,
    paired_test,
    same_order,
    smallest_margin,
)
from radproof.evaluation.holm import holm
from radproof.evaluation.pairs import NESTED, ONE_CLASS, PAIR, Pair, check_names, paired_groups

COLUMNS = [
    *(*PAIR, "auc_first", "auc_second"),
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
        ``first`` and ``second``, names of models, and ``margin``, above 0; ``nested`` where one
        has some of the other's predictors.

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
    for pairs in paired_groups(predictions, comparisons):
        rows = [compare_pair(pair) for pair in pairs]
        adjusted = holm(np.array([row["p"] for row in rows], dtype=float))
        for row, p_holm in zip(rows, adjusted, strict=True):
            row["p_holm"] = p_holm
            row["verdict"] = _verdict(row)
        parts += rows
    return pd.DataFrame(parts, columns=COLUMNS)


def _check_comparisons(comparisons: Sequence[dict[str, Any]], models: set[str]) -> None:
    problems = [
        Problem(
            f"margin of {entry['first']} against {entry['second']}",
            found=str(entry["margin"]),
            expected="above 0",
        )
        for entry in comparisons
        if not 0 < entry["margin"] < np.inf
    ]
    try:
        check_names(comparisons, models)
    except BadInput as error:
        problems = [*error.problems, *problems]
    if problems:
        raise BadInput(problems)


def compare_pair(pair: Pair) -> dict[str, Any]:
    """Return the pair's keys, areas, difference and test; equivalence where it has a margin."""
    margin = pair.entry.get("margin")
    row = pair.keys | dict.fromkeys(("auc_first", "auc_second", "p"), np.nan)
    if margin is not None:
        row |= {"margin": float(margin)}
    if not pair.has_both:
        return row | {"note": ONE_CLASS}
    result = auc(pair.outcome, [pair.first, pair.second])
    row |= {"auc_first": float(result.auc[0]), "auc_second": float(result.auc[1])}
    test = paired_test(result)
    row["difference"] = test.difference
    if not pair.is_testable:
        return row | {"note": NESTED}
    if test.se == 0 and not same_order(pair.first, pair.second):
        return row | {"note": f"{NO_VARIANCE}, and nothing to test"}
    row |= _tested(test)
    return row if margin is None else row | _equivalence(test, float(margin))


def _tested(test: Difference) -> dict[str, Any]:
    return {
        "ci_low": test.ci_low,
        "ci_high": test.ci_high,
        "z": test.statistic,
        "p": test.p,
        "note": test.note or None,
    }


def _equivalence(test: Difference, margin: float) -> dict[str, Any]:
    equal = equivalence_test(test.difference, test.se, margin)
    return {
        "p_equivalence": equal.p_equivalence,
        "equivalent": equal.equivalent,
        "p_noninferiority": equal.p_noninferiority,
        "noninferior": equal.noninferior,
        "smallest_margin": smallest_margin(test.difference, test.se),
    }


def _verdict(row: dict[str, Any]) -> str:
    if np.isnan(row["p"]):
        return "not testable"
    findings = []
    if row["p_holm"] < ALPHA:
        findings.append("different")
    if row.get("equivalent"):
        findings.append(f"equivalent within {row['margin']:g}")
    return ", yet ".join(findings) or "inconclusive"
