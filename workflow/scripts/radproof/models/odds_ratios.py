"""Odds ratios of the clinical variables, one by one and together, in training patients.

They describe; no model chooses its predictors by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput
from radproof.models.checks import outcome_problems
from radproof.models.coding import encode, independent_columns, learn_coding
from radproof.models.design import by_patient, plan_columns
from radproof.models.likelihood import (
    as_odds_ratios,
    fit_logistic,
    profile_intervals,
    wald_intervals,
)
from radproof.models.separation import detect_separation

UNIVARIABLE, MULTIVARIABLE = "univariable", "multivariable"
MAXIMUM_LIKELIHOOD, FIRTH = "maximum likelihood, Wald", "Firth, profile likelihood"
COLUMNS = [
    *("analysis", "variable", "term", "reference", "n", "n_events", "n_left_out"),
    *("odds_ratio", "ci_low", "ci_high", "p", "method", "note"),
]

Variable = Mapping[str, Any]


@dataclass(frozen=True)
class _Fit:
    """What a fit says of each term, in numbers and in ``notes``."""

    terms: dict[str, dict[str, float]]
    method: str
    notes: dict[str, str]


def odds_ratios(patients: pd.DataFrame, clinical: Sequence[Variable]) -> pd.DataFrame:
    """Return the odds ratio of each clinical variable alone, and of all together.

    Logistic regression by maximum likelihood with Wald intervals, as R's ``glm`` and
    ``confint.default``; where variables separate the classes by Firth's penalised likelihood with
    profile intervals, as ``logistf``, and ``note`` says so.

    Parameters
    ----------
    patients
        Training patients: ``patient``, ``outcome`` (0 or 1) and the variables.
    clinical
        The plan's entries; the first level of a category is the reference.

    Returns
    -------
    pandas.DataFrame
        One row an ``analysis`` (univariable or multivariable), ``variable`` and ``term``: the
        ``odds_ratio`` by unit of a number, or of a level against the ``reference``, with its 95 %
        interval and p; ``n`` patients with all variables of the analysis, ``n_left_out`` without.
        Where an estimate is missing, ``note`` says why.

    Raises
    ------
    BadInput
        If a value is none that the plan allows, or a patient stands twice or has no outcome.
    """
    named = by_patient(patients)
    table = plan_columns(named, clinical)
    if wrong := outcome_problems(named["outcome"]):
        raise BadInput(wrong)
    outcome = named["outcome"].astype(int)
    parts = [_analysis(UNIVARIABLE, table[[name]], outcome) for name in table]
    if table.shape[1] > 1:
        parts.append(_analysis(MULTIVARIABLE, table, outcome))
    rows = [row for part in parts for row in part]
    return pd.DataFrame(rows, columns=COLUMNS)


def _analysis(analysis: str, table: pd.DataFrame, outcome: pd.Series) -> list[dict[str, Any]]:
    """Return the rows of one regression on the patients who have all of its variables."""
    complete = table.dropna()
    cases = outcome[complete.index]
    counts = {"analysis": analysis, "n": len(complete), "n_events": int(cases.sum())}
    counts["n_left_out"] = len(table) - len(complete)
    if cases.nunique() < 2:
        what = "one class of the outcome" if len(cases) else "no patient has all variables"
        return [counts | {"variable": name, "term": name, "note": what} for name in table]
    variables, warnings = learn_coding(complete, "refuse")
    columns = encode(variables, complete)
    fit = _fitted(columns, cases.to_numpy(float))
    rows = []
    for variable in variables:
        name, levels = variable["variable"], variable.get("levels", [])
        said = [one for one in warnings if one.startswith(f"{name}=")]
        terms = [f"{name}={level}" for level in levels[1:]] if levels else [name]
        shared = counts | {"variable": name, "reference": levels[0] if levels else None}
        for term in terms or [name]:
            rows.append(shared | {"term": term} | _row(fit, term, said))
    return rows


def _row(fit: _Fit, term: str, said: list[str]) -> dict[str, Any]:
    if term not in fit.terms:
        notes = [*said, "not estimated: constant, or determined by the other terms"]
        return {"note": "; ".join(notes)}
    note = "; ".join(filter(None, [*said, fit.notes[term]])) or None
    return fit.terms[term] | {"method": fit.method, "note": note}


def _fitted(columns: pd.DataFrame, outcome: np.ndarray) -> _Fit:
    """Return odds ratios of the columns that can be estimated."""
    names = independent_columns(columns)
    values = columns[names].to_numpy(float)
    separation = detect_separation(values, outcome)
    penalised = separation.kind != "none"
    design = np.column_stack([np.ones(outcome.size), values])
    estimate = fit_logistic(design, outcome, penalised)
    if penalised:
        limits = profile_intervals(design, outcome, estimate)
        split = ", ".join(names[place] for place in separation.columns)
        note = f"{separation.kind} separation by {split}: Firth's penalised likelihood"
    else:
        limits, note = wald_intervals(estimate), ""
    ratios, said = as_odds_ratios(estimate.coefficients, limits)
    found = ratios | {"p": limits["p"]}
    if not estimate.converged:
        found = {key: np.full(len(names) + 1, np.nan) for key in found}
        said = ["the likelihood has no maximum that was found"] * len(said)
    terms = {
        name: {key: float(values[place]) for key, values in found.items()}
        for place, name in enumerate(names, 1)
    }
    notes = {
        name: "; ".join(filter(None, [note, said[place]])) for place, name in enumerate(names, 1)
    }
    return _Fit(terms, FIRTH if penalised else MAXIMUM_LIKELIHOOD, notes)
