"""Logistic regression on clinical variables and scores: the nomogram's model."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.models.checks import check_training
from radproof.models.coding import encode, independent_columns, learn_coding
from radproof.models.likelihood import (
    Estimate,
    fit_logistic,
    profile_intervals,
    wald_intervals,
)
from radproof.models.scores import linear_predictor, score_table
from radproof.models.separation import Separation, detect_separation

MAXIMUM_LIKELIHOOD, FIRTH = "maximum likelihood", "Firth's penalised likelihood"


def fit(
    table: pd.DataFrame, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Fit by maximum likelihood, unpenalised; by Firth's likelihood where classes separate.

    Parameters
    ----------
    table
        Index patient; float columns, or categorical ones with the levels of the plan in order, the
        first of which is the reference.
    outcome
        Index patient, 0 or 1.
    settings
        ``missing`` (refuse, impute or indicator) and ``separation`` (firth or refuse).
    seed
        Not used: there is nothing random here. Every learner takes it.

    Returns
    -------
    dict
        The model, ready for JSON; ``warnings`` names separation, merged levels, filled values and
        terms that could not be estimated.

    Raises
    ------
    BadInput
        If the table or the outcome cannot be fitted, or classes separate and that is refused.
    """
    check_training(table, outcome)
    variables, warnings = learn_coding(table, settings["missing"])
    columns = encode(variables, table)
    names = independent_columns(columns)
    aliased = [name for name in columns.columns if name not in names]
    if aliased:
        warnings.append(f"constant or determined by other terms, left out: {', '.join(aliased)}")
    predictors, cases = columns[names].to_numpy(float), outcome.to_numpy(float)
    separation = detect_separation(predictors, cases)
    estimate = _estimate(predictors, cases, separation)
    split = [names[column] for column in separation.columns]
    if estimate.penalised:
        warnings.append(_say_separation(separation, split, settings))
    intercept, *weights = (float(weight) for weight in estimate.coefficients)
    model = {
        "features": [variable["variable"] for variable in variables],
        "variables": variables,
        "terms": [
            {"term": name, "coefficient": weight}
            for name, weight in zip(names, weights, strict=True)
        ],
        "intercept": intercept,
        "method": FIRTH if estimate.penalised else MAXIMUM_LIKELIHOOD,
        "separation": {"kind": separation.kind, "terms": split},
        "aliased": aliased,
        "log_likelihood": estimate.log_likelihood,
        "n_candidate_parameters": columns.shape[1],
        "selection": [{"step": "estimable", "n": len(names)}],
        "warnings": warnings,
    }
    return model | {"score_mean": float(np.mean(predict(model, table)["score"]))}


def _estimate(predictors: np.ndarray, outcome: np.ndarray, separation: Separation) -> Estimate:
    """Fit; Firth's likelihood where classes separate or the plain iteration finds no maximum."""
    design = np.column_stack([np.ones(outcome.size), predictors])
    if separation.kind == "none":
        estimate = fit_logistic(design, outcome, penalised=False)
        if estimate.converged:
            return estimate
    return fit_logistic(design, outcome, penalised=True)


def _say_separation(separation: Separation, split: list[str], settings: dict[str, Any]) -> str:
    found = (
        "maximum likelihood did not converge"
        if separation.kind == "none"
        else f"{separation.kind} separation by {', '.join(split)}"
    )
    if settings["separation"] == "refuse":
        remedy = "use fewer predictors, or set separation to firth"
        raise BadInput(Problem("no maximum-likelihood estimate", found=found, remedy=remedy))
    return f"{found}: no maximum-likelihood estimate; fitted by Firth's penalised likelihood"


def predict(model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Return ``score`` (linear predictor) and ``probability`` of each patient of ``table``.

    Raises
    ------
    BadInput
        If a variable is missing from the table, or a level is none of the plan's.
    """
    columns = encode(model["variables"], table)
    values = [columns[term["term"]].to_numpy(float) for term in model["terms"]]
    weights = [term["coefficient"] for term in model["terms"]]
    score = linear_predictor(model["intercept"], values, weights, len(table))
    return score_table(score, table.index)


def coefficients(model: dict[str, Any], table: pd.DataFrame, outcome: pd.Series) -> pd.DataFrame:
    """Return one row a term: ``term estimate se z p odds_ratio ci_low ci_high``.

    The limits (95 %) are those of the odds ratio: Wald's for maximum likelihood, of the profile
    for Firth's likelihood (z is then missing). ``table`` and ``outcome`` are those of the fit.
    """
    names = [term["term"] for term in model["terms"]]
    columns = encode(model["variables"], table)[names].to_numpy(float)
    design, cases = np.column_stack([np.ones(len(table)), columns]), outcome.to_numpy(float)
    estimate = fit_logistic(design, cases, model["method"] == FIRTH)
    if estimate.penalised:
        inference = profile_intervals(design, cases, estimate)
    else:
        inference = wald_intervals(estimate)
    return pd.DataFrame(
        {
            "term": ["(Intercept)", *names],
            "estimate": estimate.coefficients,
            "se": inference["se"],
            "z": inference["z"],
            "p": inference["p"],
            "odds_ratio": np.exp(estimate.coefficients),
            "ci_low": np.exp(inference["ci_low"]),
            "ci_high": np.exp(inference["ci_high"]),
        }
    )
