"""Pairs of models beyond their areas: who is moved to a better probability, who is judged right."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from radproof.evaluation.checks import check_predictions
from radproof.evaluation.classification import fitted_thresholds
from radproof.evaluation.holm import holm
from radproof.evaluation.mcnemar import mcnemar
from radproof.evaluation.pairs import NESTED, ONE_CLASS, PAIR, Pair, check_names, paired_groups
from radproof.evaluation.reclassification import (
    NO_ERROR,
    Improvement,
    category_nri,
    continuous_nri,
    integrated_discrimination,
)

ESTIMATE = ["estimate", "se", "z", "p", "ci_low", "ci_high"]
NO_THRESHOLD = "no threshold: no out-of-fold predictions of both classes in train"
RECLASSIFICATION = [*PAIR, "measure", *ESTIMATE, "note"]
MCNEMAR = [
    *(*PAIR, "threshold_first", "threshold_second"),
    *("both_right", "first_right", "second_right", "both_wrong"),
    *("accuracy_difference", "ci_low", "ci_high"),
    *("sensitivity_difference", "specificity_difference"),
    *("exact_p", "exact_p_holm", "mid_p", "note"),
]


def reclassify(
    predictions: pd.DataFrame,
    comparisons: Sequence[dict[str, Any]],
    categories: Sequence[float] | None,
) -> pd.DataFrame:
    """Return net reclassification and integrated discrimination of the first over the second.

    Parameters
    ----------
    predictions
        As for :func:`radproof.evaluation.evaluate.evaluate`.
    comparisons
        ``first`` and ``second``, names of models. Patients are reclassified from the second to the
        first, so that a gain of the first is positive, as a difference of areas is. ``nested``
        where one has some of the other's predictors.
    categories
        Rising cuts between categories of risk, above 0 and below 1; None for no categories.

    Returns
    -------
    pandas.DataFrame
        ``first second set kind n n_events measure estimate se z p ci_low ci_high note``, one row a
        measure: ``continuous_nri`` with its parts ``_events`` and ``_nonevents``, ``category_nri``
        likewise, and ``idi``; ``note`` says why a number is missing.

    Raises
    ------
    BadInput
        If predictions, names or categories cannot be used.
    """
    check_predictions(predictions)
    check_names(comparisons, set(predictions["model"]))
    rows = [
        pair.keys | row
        for pairs in paired_groups(predictions, comparisons)
        for pair in pairs
        for row in _measures(pair, categories)
    ]
    return pd.DataFrame(rows, columns=RECLASSIFICATION)


def _measures(pair: Pair, categories: Sequence[float] | None) -> list[dict[str, Any]]:
    if not pair.has_both:
        return [{"measure": "idi", "note": ONE_CLASS}]
    given = (pair.outcome, pair.second, pair.first)
    found: dict[str, Improvement] = {}
    for name, result in (
        ("continuous_nri", continuous_nri(*given)),
        ("category_nri", category_nri(*given, cuts=categories) if categories else None),
    ):
        if result is not None:
            found |= {name: result.total, f"{name}_events": result.events}
            found[f"{name}_nonevents"] = result.nonevents
    found["idi"] = integrated_discrimination(*given).total
    rows = [{"measure": name} | _row(one) for name, one in found.items()]
    if not pair.is_testable:
        missing = dict.fromkeys(ESTIMATE[1:], np.nan)
        return [row | missing | {"note": row["note"] or NESTED} for row in rows]
    return rows


def _row(found: Improvement) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in ESTIMATE}
    if found.se < NO_ERROR:
        values |= dict.fromkeys(ESTIMATE[1:], np.nan)
    return values | {"note": found.note or None}


def compare_classifications(
    predictions: pd.DataFrame, comparisons: Sequence[dict[str, Any]]
) -> pd.DataFrame:
    """Return McNemar's test of pairs of models, each at its own threshold.

    Parameters
    ----------
    predictions, comparisons
        As for :func:`reclassify`.

    Returns
    -------
    pandas.DataFrame
        ``first second set kind n n_events threshold_first threshold_second``, thresholds as in the
        table ``classification``; patients by who judges them right, ``both_right first_right
        second_right both_wrong``; ``accuracy_difference`` (first minus second) with its 95 %
        interval ``ci_low ci_high``; ``sensitivity_difference specificity_difference``;
        ``exact_p mid_p`` of McNemar's test, ``exact_p_holm`` adjusted over the comparisons within
        the set and kind; ``note`` says why a number is missing.

    Raises
    ------
    BadInput
        If predictions or names cannot be used.
    """
    check_predictions(predictions)
    check_names(comparisons, set(predictions["model"]))
    thresholds = fitted_thresholds(predictions)
    rows = []
    for pairs in paired_groups(predictions, comparisons):
        group = [pair.keys | _test(pair, thresholds) for pair in pairs]
        p = np.array([row.get("exact_p", np.nan) for row in group], dtype=float)
        rows += [row | {"exact_p_holm": one} for row, one in zip(group, holm(p), strict=True)]
    return pd.DataFrame(rows, columns=MCNEMAR)


def _test(pair: Pair, thresholds: dict[str, float]) -> dict[str, Any]:
    cuts = [thresholds.get(pair.entry[side]) for side in ("first", "second")]
    if cuts[0] is None or cuts[1] is None:
        return {"note": NO_THRESHOLD}
    said = [values >= cut for values, cut in zip((pair.first, pair.second), cuts, strict=True)]
    test = mcnemar(pair.outcome, *said)
    low, high = paired_difference_limits(test.a_right_b_wrong, test.a_wrong_b_right, len(said[0]))
    return {
        "threshold_first": cuts[0],
        "threshold_second": cuts[1],
        "both_right": test.both_right,
        "first_right": test.a_right_b_wrong,
        "second_right": test.a_wrong_b_right,
        "both_wrong": test.both_wrong,
        "accuracy_difference": (test.a_right_b_wrong - test.a_wrong_b_right) / len(said[0]),
        "ci_low": low,
        "ci_high": high,
        "sensitivity_difference": test.sensitivity_difference,
        "specificity_difference": test.specificity_difference,
        "exact_p": test.exact_p,
        "mid_p": test.mid_p,
        "note": None if pair.has_both else ONE_CLASS,
    }


def paired_difference_limits(first_only: int, second_only: int, total: int) -> tuple[float, float]:
    """Return 95 % limits of a difference of two proportions of the same patients.

    Wald's, after one patient was added to either discordant count.

    Source: Bonett & Price 2012 (J Educ Behav Stat 37:479), as advised by Fagerland et al. 2014
    (Stat Med 33:2850).
    """
    a, b = (first_only + 1) / (total + 2), (second_only + 1) / (total + 2)
    half = float(norm.ppf(0.975)) * np.sqrt((a + b - (a - b) ** 2) / (total + 2))
    return max(float(a - b - half), -1.0), min(float(a - b + half), 1.0)
