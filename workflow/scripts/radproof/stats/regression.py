"""Logistic regression and nomogram of a table given on the command line."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.evaluation.likelihood_indices import likelihood_indices
from radproof.models.coding import encode
from radproof.models.learners import logistic
from radproof.models.nomogram import nomogram, probability_of_points
from radproof.stats.tables import GivenTable, read_given_table


@dataclass(frozen=True)
class FittedTable:
    """A model with the rows that it was fitted on, as they were given and as the model reads."""

    given: GivenTable
    model: dict[str, Any]
    predictors: pd.DataFrame
    outcome: pd.Series


def fit_table(
    path: Path,
    outcome: str,
    predictors: Sequence[str],
    categorical: Sequence[str],
    drop_missing: bool,
) -> FittedTable:
    """Fit a logistic regression to the complete rows of a table; warnings go to standard error.

    Parameters
    ----------
    categorical
        ``NAME`` or ``NAME=first,second,...``; a name may stand among the predictors too. Levels
        that are not given are sorted, by number where all are numbers.

    Raises
    ------
    BadInput
        If the table cannot be read or fitted.
    """
    levels = {name: given for name, _, given in (one.partition("=") for one in categorical)}
    names = list(dict.fromkeys([*predictors, *levels]))
    if outcome in names:
        raise BadInput(Problem("the outcome stands among the predictors", found=outcome))
    numbers = [name for name in names if name not in levels]
    given = read_given_table(path, numbers, [outcome], list(levels), drop_missing)
    table = given.complete[names].copy()
    for name, order in levels.items():
        table[name] = _category(table[name], order.split(",") if order else [])
    cases = given.complete[outcome].astype(int)
    settings = {"missing": "refuse", "separation": "firth"}
    model = logistic.fit(table, cases, settings, seed=0)
    for warning in model["warnings"]:
        print(f"radproof: {warning}", file=sys.stderr)
    return FittedTable(given, model, table, cases)


def _category(column: pd.Series, order: list[str]) -> pd.Series:
    found = sorted(column.unique(), key=_natural)
    unknown = [level for level in found if order and level not in order]
    if unknown:
        what, expected = f"unknown level of {column.name}", f"one of {', '.join(order)}"
        raise BadInput(Problem(what, found=", ".join(unknown), expected=expected))
    return pd.Series(pd.Categorical(column, categories=order or found), index=column.index)


def _natural(level: str) -> tuple[bool, float, str]:
    """Sort numbers by value and before text."""
    try:
        return False, float(level), level
    except ValueError:
        return True, 0.0, level


def logistic_report(fitted: FittedTable, firth: bool) -> dict[str, Any]:
    """Return method, separation, coefficients by R's names, and apparent indices.

    ``firth`` uses Firth's penalised likelihood whether or not classes separate. The limits are
    those of the odds ratio.
    """
    model = fitted.model | ({"method": logistic.FIRTH} if firth else {})
    rows = logistic.coefficients(model, fitted.predictors, fitted.outcome)
    columns = encode(model["variables"], fitted.predictors)
    estimates = rows["estimate"].to_numpy()
    score = estimates[0] + columns[rows["term"][1:].tolist()].to_numpy() @ estimates[1:]
    return {
        "method": model["method"],
        "separation": model["separation"],
        "coefficients": {
            row["term"].replace("=", ""): {key: row[key] for key in rows.columns.drop("term")}
            for row in rows.to_dict("records")
        },
        **likelihood_indices(fitted.outcome, score, len(rows)),
        "warnings": model["warnings"],
    }


def nomogram_report(fitted: FittedTable) -> dict[str, Any]:
    """Return the points of each level, and the probability of round totals of points."""
    axes = nomogram(fitted.model)
    return {
        "method": fitted.model["method"],
        "separation": fitted.model["separation"],
        "points": {axis["variable"]: axis["axis"] for axis in axes["variables"]},
        "points_per_lp": axes["points_per_lp"],
        "lp_at_zero_points": axes["lp_at_zero_points"],
        "totals": [
            {"total_points": total, "probability": probability_of_points(axes, total)}
            for total in axes["total_points"]
        ],
        "risk": axes["risk"],
        "warnings": fitted.model["warnings"],
    }
