"""Radiomics score: LASSO logistic regression of features that other steps have left."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.models.checks import check_training, columns_of, fill_medians, say_medians
from radproof.models.inner_folds import deal_inner_folds
from radproof.models.lasso_path import (
    PATH,
    choose_lambdas,
    cross_validate,
    lambda_path,
    polish,
    solve_path,
)
from radproof.models.scores import linear_predictor, score_table
from radproof.z_scores import standardise

NO_ERRORS = "no standard error: it would not hold after selection and shrinkage"


def fit(
    table: pd.DataFrame, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Fit the score on the patients of ``table`` and nobody else.

    Missing values take the feature's median; a feature that is missing in all patients is left
    out, and one that is constant has no weight. The penalty comes from a seeded, stratified
    cross-validation.

    Parameters
    ----------
    table
        Index patient, float columns.
    outcome
        Index patient, 0 or 1.
    settings
        ``rule`` (min or 1se), ``inner_folds``, ``lambdas``, ``lambda_ratio``.
    seed
        Seed of the inner folds.

    Returns
    -------
    dict
        The model, ready for JSON. Where nothing is selected it is the intercept alone, and
        ``warnings`` says why.

    Raises
    ------
    BadInput
        If the table or the outcome cannot be fitted.
    """
    check_training(table, outcome)
    present = table.loc[:, table.notna().any()]
    learned = _select(fill_medians(present), outcome, settings, seed)
    learned["warnings"] += say_medians(present)
    return learned | {
        "selection": [],
        "n_imputed": int(present.isna().any(axis=1).sum()),
        "n_candidate_parameters": table.shape[1],
    }


def _select(
    table: pd.DataFrame, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    cases = outcome.to_numpy(float)
    if table.shape[1] == 0:
        return _intercept_only(cases, "no feature is left to select from: the intercept alone")
    inner = deal_inner_folds(outcome, settings["inner_folds"], seed)
    if inner.count < 2:
        return _intercept_only(cases, *inner.warnings)
    values = table.to_numpy(float)
    z, mean, sd = standardise(values)
    lambdas = lambda_path(z, cases, settings["lambdas"], settings["lambda_ratio"])
    if lambdas[0] < 1e-12:
        return _intercept_only(cases, "no feature is associated with the outcome at all")
    path = cross_validate(values, cases, inner.labels, lambdas)
    intercepts, coefficients = solve_path(z, cases, lambdas)
    path["n_selected"] = (coefficients != 0).sum(axis=1)
    at_min, at_1se = choose_lambdas(path)
    place = at_min if settings["rule"] == "min" else at_1se
    intercept, beta = polish(z, cases, lambdas[place], intercepts[place], coefficients[place])
    warnings = [*inner.warnings]
    if not beta.any():
        warnings.append("the LASSO selected no feature: the model is the intercept alone")
    columns = zip(table.columns, table.median(), mean, sd, beta, strict=True)
    terms = [
        dict(term=name, median=fill, mean=centre, sd=scale, coefficient=weight)
        for name, fill, centre, scale, weight in columns
        if weight != 0
    ]
    return {
        "features": [term["term"] for term in terms],
        "terms": _plain(terms),
        "intercept": float(intercept),
        # The z-scores have mean 0 over the patients fitted on, so their mean score is this.
        "score_mean": float(intercept),
        "lambda": float(lambdas[place]),
        "lambda_min": float(lambdas[at_min]),
        "lambda_1se": float(lambdas[at_1se]),
        "inner_folds": inner.count,
        "path": _plain(path.to_dict("records")),
        "warnings": warnings,
    }


def coefficient_path(
    model: dict[str, Any], table: pd.DataFrame, outcome: pd.Series
) -> pd.DataFrame:
    """Return the coefficients at each penalty: ``feature step lambda coefficient``.

    Steps count the model's path from 1. Features stand in the order in which they enter;
    coefficients belong to z-scores, and those of 0 are left out. ``table`` and ``outcome`` are
    those of the fit.
    """
    if not model["path"]:
        return pd.DataFrame(columns=PATH)
    present = fill_medians(table.loc[:, table.notna().any()])
    lambdas = np.array([row["lambda"] for row in model["path"]])
    z, _, _ = standardise(present.to_numpy(float))
    _, weights = solve_path(z, outcome.to_numpy(float), lambdas)
    entered = np.where((weights != 0).any(axis=0), (weights != 0).argmax(axis=0), len(lambdas))
    rows = [
        (present.columns[column], place + 1, lambdas[place], weights[place, column])
        for column in np.argsort(entered, kind="stable")
        for place in np.flatnonzero(weights[:, column])
    ]
    return pd.DataFrame(rows, columns=PATH)


def _plain(rows: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    """Return rows with Python's own numbers, as JSON wants them."""
    return [
        {
            key: value.item() if isinstance(value, np.generic) else value
            for key, value in row.items()
        }
        for row in rows
    ]


def _intercept_only(outcome: np.ndarray, why: str) -> dict[str, Any]:
    intercept = float(np.log(outcome.mean()) - np.log1p(-outcome.mean()))
    return {
        "features": [],
        "terms": [],
        "intercept": intercept,
        "score_mean": intercept,
        "lambda": None,
        "lambda_min": None,
        "lambda_1se": None,
        "inner_folds": 0,
        "path": [],
        "warnings": [why],
    }


def predict(model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Return ``score`` (linear predictor) and ``probability`` of each patient of ``table``.

    Raises
    ------
    BadInput
        If a feature of the model is missing from the table.
    """
    terms = model["terms"]
    columns = columns_of(table, model["features"])
    z = [
        (columns[term["term"]].fillna(term["median"]).to_numpy(float) - term["mean"]) / term["sd"]
        for term in terms
    ]
    weights = [term["coefficient"] for term in terms]
    return score_table(linear_predictor(model["intercept"], z, weights, len(table)), table.index)


def coefficients(model: dict[str, Any], table: pd.DataFrame, outcome: pd.Series) -> pd.DataFrame:
    """Return one row a term: ``term estimate se z p odds_ratio ci_low ci_high note``.

    Estimates belong to z-scores. Standard errors and what follows from them are missing: those of
    maximum likelihood do not hold after selection and shrinkage. ``table`` and ``outcome`` are
    those of the fit; learners that estimate errors need them.
    """
    rows = [("(Intercept)", model["intercept"])]
    rows += [(term["term"], term["coefficient"]) for term in model["terms"]]
    frame = pd.DataFrame(rows, columns=["term", "estimate"])
    for name in ("se", "z", "p"):
        frame[name] = np.nan
    frame["odds_ratio"] = np.exp(frame["estimate"])
    return frame.assign(ci_low=np.nan, ci_high=np.nan, note=NO_ERRORS)
