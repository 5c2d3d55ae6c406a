"""Logistic regression on clinical variables and scores: the nomogram's model."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.models.checks import check_training
from radproof.models.coding import encode, independent_columns, learn_coding
from radproof.models.imputation import expect, impute, learn_expectation
from radproof.models.likelihood import (
    Estimate,
    as_odds_ratios,
    fit_logistic,
    profile_intervals,
    wald_intervals,
)
from radproof.models.pooling import pool, student_intervals
from radproof.models.ridge import fit_ridge
from radproof.models.scores import linear_predictor, score_table
from radproof.models.separation import Separation, detect_separation, worst_separation

MAXIMUM_LIKELIHOOD, FIRTH = "maximum likelihood", "Firth's penalised likelihood"
RIDGE, NO_ERRORS = "ridge", "ridge: shrunken estimates have no standard error"
NO_Z = "no z: p and limits are of the profile of Firth's likelihood"
NO_MAXIMUM = "the likelihood has no maximum that was found: coefficients are where the search ended"


def fit(
    table: pd.DataFrame, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Fit by maximum likelihood, unpenalised; by Firth's likelihood where classes separate.

    With ``ridge`` the likelihood is penalised by that much from the outset; see ``fit_ridge``.

    Where missing values are imputed several times, each completed table is fitted and the estimates
    are pooled by Rubin's rules; Firth's likelihood is then taken for all tables or for none.

    Parameters
    ----------
    table
        Index patient; float columns, or categorical ones with the levels of the plan in order, the
        first of which is the reference.
    outcome
        Index patient, 0 or 1.
    settings
        ``missing`` (refuse, impute, indicator, or multiple with ``imputations``, the number of
        completed tables), ``separation`` (firth or refuse) and ``ridge``, a penalty or None.
    seed
        Of the imputed values; nothing else is random here.

    Returns
    -------
    dict
        The model, ready for JSON; ``warnings`` names separation, merged levels, filled values and
        terms that could not be estimated. ``covariance`` (p, p) is that of the coefficients, the
        intercept first; ``converged`` says whether they are at a maximum. With ``missing:
        multiple`` it has ``imputation``, from which a new patient's missing values are expected,
        and, where values were imputed, ``pooled``: see ``pooling.Pooled``, the intercept first.
        ``covariance`` is then pooled too, and ``log_likelihood`` the mean over completed tables.

    Raises
    ------
    BadInput
        If the table or the outcome cannot be fitted, or classes separate and that is refused.
    """
    check_training(table, outcome)
    variables, warnings = learn_coding(table, settings["missing"])
    columns, cases = encode(variables, table), outcome.to_numpy(float)
    completed = [columns]
    if settings["missing"] == "multiple":
        completed = impute(columns, variables, cases, settings["imputations"], seed)
    names = _estimable(completed)
    aliased = [name for name in columns.columns if name not in names]
    if aliased:
        warnings.append(f"constant or determined by other terms, left out: {', '.join(aliased)}")
    predictors = [one[names].to_numpy(float) for one in completed]
    separation = worst_separation([detect_separation(one, cases) for one in predictors])
    method, estimates = _estimates(predictors, cases, separation, settings.get("ridge"))
    split = [names[column] for column in separation.columns]
    if method == FIRTH:
        warnings.append(_say_separation(separation, split, settings))
    converged = all(one.converged for one in estimates)
    if not converged:
        warnings.append(NO_MAXIMUM)
    combined, covariance, extra = _combined(estimates, len(table))
    if settings["missing"] == "multiple":
        extra["imputation"] = learn_expectation(completed)
    intercept, *weights = (float(weight) for weight in combined)
    model = {
        "features": [variable["variable"] for variable in variables],
        "variables": variables,
        "terms": [
            {"term": name, "coefficient": weight}
            for name, weight in zip(names, weights, strict=True)
        ],
        "intercept": intercept,
        "covariance": None if method == RIDGE else covariance.tolist(),
        "converged": converged,
        "method": method,
        "separation": {"kind": separation.kind, "terms": split},
        "aliased": aliased,
        "log_likelihood": float(np.mean([one.log_likelihood for one in estimates])),
        "n_candidate_parameters": columns.shape[1],
        "selection": [{"step": "estimable", "n": len(names)}],
        "warnings": warnings,
        **extra,
    }
    return model | {"score_mean": float(np.mean(predict(model, table)["score"]))}


def _estimable(completed: list[pd.DataFrame]) -> list[str]:
    """Return the columns that are independent in every completed table."""
    kept = [set(independent_columns(columns)) for columns in completed]
    return [str(name) for name in completed[0].columns if all(name in names for names in kept)]


def _estimates(
    predictors: list[np.ndarray],
    outcome: np.ndarray,
    separation: Separation,
    ridge: float | None,
) -> tuple[str, list[Estimate]]:
    """Fit each table; all by Firth's likelihood where classes separate or one has no maximum."""
    designs = [np.column_stack([np.ones(outcome.size), one]) for one in predictors]
    if ridge is not None:
        return RIDGE, [fit_ridge(design, outcome, ridge) for design in designs]
    if separation.kind == "none":
        estimates = [fit_logistic(design, outcome, penalised=False) for design in designs]
        if all(estimate.converged for estimate in estimates):
            return MAXIMUM_LIKELIHOOD, estimates
    return FIRTH, [fit_logistic(design, outcome, penalised=True) for design in designs]


def _combined(
    estimates: list[Estimate], patients: int
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return coefficients, covariance, and ``pooled`` for JSON where there are several tables."""
    if len(estimates) == 1:
        return estimates[0].coefficients, estimates[0].covariance, {}
    found = pool(
        np.array([one.coefficients for one in estimates]),
        np.array([one.covariance for one in estimates]),
        # With as many coefficients as patients no freedom is left; Student's t needs some.
        complete_degrees=max(patients - estimates[0].coefficients.size, 1),
    )
    pooled = {
        "tables": len(estimates),
        "degrees": found.degrees.tolist(),
        "missing_share": found.missing_share.tolist(),
    }
    return found.coefficients, found.covariance, {"pooled": pooled}


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

    Nothing is fitted or drawn: missing values take the fill values of the model, or what it expects
    from the patient's known ones. A training patient's are filled as a new patient's are.

    Raises
    ------
    BadInput
        If a variable is missing from the table, or a level is none of the plan's.
    """
    columns = filled_columns(model, table)
    values = [columns[term["term"]].to_numpy(float) for term in model["terms"]]
    weights = [term["coefficient"] for term in model["terms"]]
    score = linear_predictor(model["intercept"], values, weights, len(table))
    return score_table(score, table.index)


def filled_columns(model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the regression, missing values filled as the model fills them."""
    columns = encode(model["variables"], table)
    if "imputation" in model:
        columns = expect(columns, model["variables"], model["imputation"])
    return columns


def coefficients(model: dict[str, Any], table: pd.DataFrame, outcome: pd.Series) -> pd.DataFrame:
    """Return one row a term: ``term estimate se z p odds_ratio ci_low ci_high note``.

    The limits (95 %) are those of the odds ratio: Wald's for maximum likelihood, of the profile
    for Firth's likelihood (z is then missing). Pooled estimates have limits and p by Student's t
    with Barnard and Rubin's degrees of freedom, z being estimate / se; for Firth's likelihood too,
    whose profiles are not pooled. ``note`` says why a number is missing or infinite. ``table`` and
    ``outcome`` are those of the fit.
    """
    names = [term["term"] for term in model["terms"]]
    if "pooled" in model:
        pooled = model["pooled"]
        estimates = np.array([model["intercept"], *(one["coefficient"] for one in model["terms"])])
        inference = student_intervals(
            estimates, np.array(model["covariance"]), np.array(pooled["degrees"])
        )
    else:
        estimates, inference = _refitted(model, names, table, outcome)
    ratios, said = as_odds_ratios(estimates, inference)
    columns = {name: inference[name] for name in ("se", "z", "p")}
    frame = pd.DataFrame(
        {"term": ["(Intercept)", *names], "estimate": estimates, **columns, **ratios}
    )
    no_z = NO_ERRORS if model["method"] == RIDGE else NO_Z
    notes = [
        "; ".join(filter(None, [no_z if np.isnan(z) else "", one])) or None
        for z, one in zip(inference["z"], said, strict=True)
    ]
    return frame.assign(note=pd.Series(notes, dtype=object))


def _refitted(
    model: dict[str, Any], names: list[str], table: pd.DataFrame, outcome: pd.Series
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return estimates and inference of a model of one table: profiles need its patients."""
    columns = encode(model["variables"], table)[names].to_numpy(float)
    design, cases = np.column_stack([np.ones(len(table)), columns]), outcome.to_numpy(float)
    if model["method"] == RIDGE:
        estimates = np.array([model["intercept"], *(one["coefficient"] for one in model["terms"])])
        missing = np.full(len(estimates), np.nan)
        return estimates, dict.fromkeys(("se", "z", "p", "ci_low", "ci_high"), missing)
    estimate = fit_logistic(design, cases, model["method"] == FIRTH)
    if estimate.penalised:
        return estimate.coefficients, profile_intervals(design, cases, estimate)
    return estimate.coefficients, wald_intervals(estimate)
