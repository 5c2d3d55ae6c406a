"""Predictions of a frozen model for everybody, each marked by what the model had seen."""

from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.kinds import load_kind
from radproof.models.checks import patients_twice
from radproof.models.design import (
    Sources,
    clinical_columns,
    upstream_columns,
)
from radproof.models.harmonising import harmonised_columns

COLUMNS = ["patient", "set", "outcome", "model", "kind", "fold", "score", "probability"]
APPARENT, OUT_OF_FOLD, HELD_OUT = "apparent", "out_of_fold", "held_out"


def predict_model(
    model: dict[str, Any],
    settings: dict[str, Any],
    patients: pd.DataFrame,
    features: pd.DataFrame | None,
    upstream_predictions: dict[str, pd.DataFrame],
    out_of_fold: pd.DataFrame,
) -> pd.DataFrame:
    """Return the predictions of a frozen model, apparent, out of fold and held out.

    Parameters
    ----------
    model
        The model as fitted on all training patients.
    settings
        The model's entry in the plan.
    patients
        All patients: ``patient set fold outcome``, the clinical variables, and ``center`` where
        features are harmonised.
    features
        Index patient, one column a feature; None without radiomics.
    upstream_predictions
        Name of each model named under ``scores`` to its predictions, as returned here.
    out_of_fold
        The model's own out-of-fold predictions.

    Returns
    -------
    DataFrame
        ``patient set outcome model kind fold score probability score_mean``. ``kind`` is apparent
        (training patients, model fitted on them), out_of_fold (training patients, model fitted
        without their fold) or held_out (everybody else); ``score`` is the linear predictor, and
        ``score_mean`` its mean over the patients that the model was fitted on.

    Raises
    ------
    BadInput
        If patients, predictors or upstream predictions are missing or wrong.
    """
    if twice := patients_twice(patients):
        raise BadInput(twice)
    table = patients.set_index("patient").sort_index()
    scores = upstream_scores(settings, table, upstream_predictions)
    predictors = predictors_of(model, settings, table, features, scores)
    predicted = load_kind("model", settings["kind"]).predict(model, predictors)
    frozen = predicted.assign(score_mean=model["score_mean"])
    trained = table["set"] == "train"
    own = out_of_fold[out_of_fold["left_out"] == out_of_fold["fold"]].set_index("patient")
    lacking = table.index[trained].difference(own.index)
    if len(lacking):
        raise BadInput([Problem("no out-of-fold prediction", patient=str(one)) for one in lacking])
    parts = [
        _labelled(frozen[trained], table, model["name"], APPARENT),
        _labelled(own.loc[table.index[trained]], table, model["name"], OUT_OF_FOLD),
        _labelled(frozen[~trained], table, model["name"], HELD_OUT),
    ]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def predictors_of(
    model: dict[str, Any],
    settings: dict[str, Any],
    patients: pd.DataFrame,
    features: pd.DataFrame | None,
    scores: pd.DataFrame,
) -> pd.DataFrame:
    """Return what a frozen model reads of any patients.

    Parameters
    ----------
    model, settings
        As for :func:`predict_model`.
    patients
        Index patient: the clinical variables, and ``center`` where features are harmonised.
    features
        Index patient, one column a feature; None without radiomics.
    scores
        Index patient, one column a model named under ``scores``: its score less its ``score_mean``.

    Returns
    -------
    DataFrame
        Index patient, one column a clinical variable, a feature (harmonised where the model says
        so) or a score.

    Raises
    ------
    BadInput
        If predictors are missing or wrong.
    """
    sources = Sources(settings, model["clinical"], features)
    parts = [clinical_columns(patients, sources)]
    if "radiomics" in settings:
        fitted = model.get("harmonisation")
        parts.append(harmonised_columns(patients, model["features"], sources, fitted))
    return pd.concat([*parts, scores], axis=1)


def upstream_scores(
    settings: dict[str, Any], table: pd.DataFrame, predictions: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return the scores of the models named under ``scores``, of frozen models for everybody.

    Parameters
    ----------
    table
        Index patient, with ``set``.
    predictions
        Name of each of those models to its predictions, as `predict_model` returns them.

    Raises
    ------
    BadInput
        If predictions are missing.
    """
    kinds = table["set"].map(lambda name: APPARENT if name == "train" else HELD_OUT)
    scored = {}
    for name in settings.get("scores", []):
        if name not in predictions:
            raise BadInput(Problem(f"no predictions of upstream model {name}"))
        # What was left out of the fit is said by the kind of prediction here.
        scored[name] = predictions[name].rename(columns={"kind": "left_out"})
    return upstream_columns(scored, kinds)


def _labelled(predicted: pd.DataFrame, table: pd.DataFrame, name: str, kind: str) -> pd.DataFrame:
    """Return predictions with the columns that say whose and of what kind they are."""
    rows = table.loc[predicted.index]
    labelled = pd.DataFrame(
        {
            "patient": predicted.index,
            "set": rows["set"].to_numpy(),
            "outcome": rows["outcome"].to_numpy(),
            "model": name,
            "kind": kind,
            "fold": rows["fold"].to_numpy() if kind == OUT_OF_FOLD else pd.NA,
            "score": predicted["score"].to_numpy(),
            "probability": predicted["probability"].to_numpy(),
            "score_mean": predicted["score_mean"].to_numpy(),
        }
    )
    return labelled.astype({"fold": object})
