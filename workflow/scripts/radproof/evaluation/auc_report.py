"""Areas of several scores of one table, with every test between them, as nested mappings."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.evaluation.delong import (
    ONE_PATIENT,
    AucResult,
    Difference,
    auc,
    equivalence_test,
    paired_test,
    same_order,
    smallest_margin,
    unpaired_test,
)


def compare_scores(
    outcome: pd.Series, scores: pd.DataFrame, margins: Sequence[float]
) -> dict[str, Any]:
    """Return the area of each score, and the paired test of every two.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); rows without outcome are left out.
    scores
        One column a score. Each area uses the rows that have the score, each test those that have
        both.
    margins
        Of equivalence, each above 0.

    Returns
    -------
    dict
        ``scores``: by name ``auc variance ci_low ci_high n_cases n_controls``, and where the area
        is 1 or 0 ``exact_ci_low exact_ci_high``; ``notes`` on them; ``pairs``: by ``first|second``
        ``n difference se ci_low ci_high z p``, ``equivalence`` by margin and ``smallest_margin``,
        and ``note`` where numbers are missing or infinite.

    Raises
    ------
    BadInput
        If a score cannot be judged, or a margin is not above 0.
    """
    wrong = [f"{margin:g}" for margin in margins if not 0 < margin < np.inf]
    if wrong:
        expected = "above 0" if np.inf not in margins else "finite"
        raise BadInput(Problem("margin", found=", ".join(wrong), expected=expected))
    names = [str(name) for name in scores]
    areas = {name: _area(_areas(outcome, scores[[name]])) for name in names}
    return {
        "scores": areas,
        "notes": [
            f"{name}: {ONE_PATIENT}" for name, area in areas.items() if np.isnan(area["variance"])
        ],
        "pairs": {
            f"{first}|{second}": _pair(outcome, scores[[first, second]], margins)
            for first, second in combinations(names, 2)
        },
    }


def compare_groups(outcome: pd.Series, scores: pd.DataFrame, group: pd.Series) -> dict[str, Any]:
    """Return the area of each score in two groups of patients, and the unpaired test.

    Returns
    -------
    dict
        ``scores``: by name ``groups`` (by label, each as in :func:`compare_scores`) and
        ``difference`` (first minus second label in sorted order) ``se ci_low ci_high d df p``,
        where d is Student's t, and ``note`` where there is no test.

    Raises
    ------
    BadInput
        If there are not two groups or a score cannot be judged in one of them.
    """
    labels = sorted(group.dropna().unique())
    if len(labels) != 2:
        found = ", ".join(map(str, labels[:5])) or "none"
        raise BadInput(Problem("groups of patients", found=found, expected="two"))
    result: dict[str, Any] = {}
    for name in map(str, scores):
        first, second = (
            _areas_in(f"group {label}", outcome[group == label], scores.loc[group == label, [name]])
            for label in labels
        )
        areas = {str(labels[0]): _area(first), str(labels[1]): _area(second)}
        test = unpaired_test(first, second)
        tested = _difference(test) | {"d": test.statistic, "df": test.df, "p": test.p}
        result[name] = {"groups": areas} | tested
    return {"scores": result}


def _areas(outcome: pd.Series, scores: pd.DataFrame) -> AucResult:
    complete = outcome.notna() & scores.notna().all(axis=1)
    return auc(outcome[complete], scores[complete].to_numpy().T)


def _areas_in(where: str, outcome: pd.Series, scores: pd.DataFrame) -> AucResult:
    try:
        return _areas(outcome, scores)
    except BadInput as error:
        problems = [replace(one, what=f"{where}: {one.what}") for one in error.problems]
        raise BadInput(problems) from error


def _area(result: AucResult) -> dict[str, Any]:
    low, high = result.interval()[0].tolist()
    area = float(result.auc[0])
    report = {"auc": area, "variance": float(result.variance[0]), "ci_low": low, "ci_high": high}
    report |= {"n_cases": result.n_cases, "n_controls": result.n_controls}
    if area in (0.0, 1.0):
        low, high = result.exact_limits()
        low, high = (low, high) if area == 1 else (1 - high, 1 - low)
        report |= {"exact_ci_low": low, "exact_ci_high": high}
    return report


def _difference(test: Difference) -> dict[str, Any]:
    names = ("difference", "se", "ci_low", "ci_high")
    note = {"note": test.note} if test.note else {}
    return {name: getattr(test, name) for name in names} | note


def _pair(outcome: pd.Series, scores: pd.DataFrame, margins: Sequence[float]) -> dict[str, Any]:
    result = _areas(outcome, scores)
    test = paired_test(result)
    report = {"n": result.n_cases + result.n_controls} | _difference(test)
    report |= {"z": test.statistic, "p": test.p}
    complete = scores[outcome.notna() & scores.notna().all(axis=1)].to_numpy().T
    # Without variance only scores that rank all patients alike are known to be equivalent.
    se = np.nan if test.se == 0 and not same_order(*complete) else test.se
    if margins:
        report["equivalence"] = {}
    for margin in margins:
        equal = equivalence_test(test.difference, se, margin)
        report["equivalence"][str(margin)] = {
            "p_equivalence": equal.p_equivalence,
            "equivalent": equal.equivalent,
            "p_noninferiority": equal.p_noninferiority,
            "noninferior": equal.noninferior,
        }
    return report | {"smallest_margin": smallest_margin(test.difference, se)}
