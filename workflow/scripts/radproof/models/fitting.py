"""Fitting of a model, and its predictions for patients it has not seen, fold by fold.

For each subset of folds left out, everything that is learned is learned on the other patients:
stability, harmonisation, filling of missing values, filters, penalty, coefficients. A model that
takes the score of another is fitted on scores of fits that had not seen the scored patient either,
so that pairs of folds are left out of the other model.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from radproof.errors import BadInput, Problem
from radproof.folds import NONE, left_out_label, left_out_subsets, patients_kept
from radproof.kinds import load_kind
from radproof.models.design import (
    Sources,
    candidate_features,
    clinical_columns,
    stable_features,
    upstream_columns,
)
from radproof.models.harmonising import (
    harmonised_columns,
    learn_harmonisation,
    needed_harmonisation,
    unseen_warnings,
)
from radproof.seeds import derive_seed


@dataclass(frozen=True)
class Fitted:
    """A fitted model: its JSON, its table of coefficients and its out-of-fold predictions."""

    model: dict[str, Any]
    coefficients: pd.DataFrame
    out_of_fold: pd.DataFrame


@dataclass(frozen=True)
class _Training:
    """What all fits of one model share."""

    name: str
    learner: ModuleType
    patients: pd.DataFrame
    sources: Sources
    stability: pd.DataFrame | None
    upstream: dict[str, pd.DataFrame]
    seed: int


def fit_model(
    name: str,
    settings: dict[str, Any],
    patients: pd.DataFrame,
    clinical: list[dict[str, Any]],
    features: pd.DataFrame | None,
    stability: pd.DataFrame | None,
    upstream: dict[str, pd.DataFrame],
    seed: int,
    harmonisation: dict[str, Any] | None = None,
) -> Fitted:
    """Fit a model on the training patients, and again without each fold and pair of folds.

    Parameters
    ----------
    name, settings
        The model's name and entry in the plan; ``kind`` names the learner.
    patients
        Training patients: ``patient set fold outcome``, the clinical variables, and ``center``
        where features are harmonised.
    clinical
        The plan's entries of the clinical variables.
    features
        Index patient, one column a feature; None without radiomics.
    stability
        Stability of the model's region: ``feature left_out icc kept``; None keeps every feature.
    upstream
        Name of each model named under ``scores`` to its out-of-fold predictions.
    seed
        The plan's seed.
    harmonisation
        The plan's harmonisation with its covariates as entries; None leaves features as they are.

    Returns
    -------
    Fitted
        ``model`` (ready for JSON); ``coefficients``, see the learner; ``out_of_fold``: ``patient
        fold left_out score probability score_mean``, each patient once for each subset of folds
        that holds the patient's own. ``score_mean`` is the mean score over the patients fitted on.

    Raises
    ------
    BadInput
        If the patients, predictors or upstream predictions cannot be used.
    """
    training = _training_of(
        name, settings, patients, clinical, features, stability, upstream, seed, harmonisation
    )
    # Sums are rounded otherwise with another number of threads.
    with threadpool_limits(1):
        return _fit_all(training)


def _training_of(
    name: str,
    settings: dict[str, Any],
    patients: pd.DataFrame,
    clinical: list[dict[str, Any]],
    features: pd.DataFrame | None,
    stability: pd.DataFrame | None,
    upstream: dict[str, pd.DataFrame],
    seed: int,
    harmonisation: dict[str, Any] | None,
) -> _Training:
    chosen = [entry for entry in clinical if entry["name"] in settings.get("clinical", [])]
    return _Training(
        name,
        load_kind("model", settings["kind"]),
        _checked(patients),
        Sources(settings, chosen, features, harmonisation),
        stability,
        {score: _scored(upstream, score) for score in settings.get("scores", [])},
        seed,
    )


def _fit_all(training: _Training) -> Fitted:
    """Fit on everybody, then without each subset of folds; pairs only where scores may be asked."""
    table = training.patients
    labels = [label for label in left_out_subsets(table["fold"]) if label != NONE]
    singles = [label for label in labels if "+" not in label]
    learned, harmonisation, whole = _fit(training, NONE)
    rows, warnings = [], []
    for label in singles if training.upstream else labels:
        try:
            predicted, unseen = _left_out_predictions(training, label)
        except BadInput as error:
            if label in singles:
                raise
            warnings.append(f"not fitted with folds {label} left out: {error}")
        else:
            rows.append(predicted)
            warnings += unseen
    coefficients = training.learner.coefficients(learned, whole, table["outcome"])
    model = _described(training, learned)
    if harmonisation is not None:
        model["harmonisation"] = needed_harmonisation(harmonisation, model["features"])
        warnings = harmonisation["warnings"] + warnings
    model["warnings"] = model["warnings"] + warnings
    return Fitted(model, coefficients, pd.concat(rows, ignore_index=True))


def _checked(patients: pd.DataFrame) -> pd.DataFrame:
    """Return training patients by name, in the order of their names."""
    wrong = patients[patients["set"] != "train"]
    problems = [
        Problem("patient is not of the training set", patient=str(row.patient), found=str(row.set))
        for row in wrong.itertuples()
    ]
    lacking = patients[patients["fold"].isna() | patients["outcome"].isna()]
    problems += [
        Problem("training patient without fold or outcome", patient=str(patient))
        for patient in lacking["patient"]
    ]
    twice = patients["patient"][patients["patient"].duplicated()]
    problems += [Problem("patient stands twice", patient=str(patient)) for patient in twice]
    if not problems and patients["fold"].nunique() < 2:
        problems.append(Problem("training patients are of fewer than two folds"))
    if problems:
        raise BadInput(problems)
    return patients.set_index("patient").sort_index()


def _scored(upstream: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    if name not in upstream:
        raise BadInput(Problem(f"no out-of-fold predictions of upstream model {name}"))
    return upstream[name]


def _design(
    training: _Training, left_out: str, patients: pd.Index, harmonisation: dict[str, Any] | None
) -> pd.DataFrame:
    """Return the predictors of patients, for a fit without the left-out folds.

    A patient's upstream score is of a fit without those folds and without the patient's own.
    """
    rows = training.patients.loc[patients]
    parts = [clinical_columns(rows, training.sources)]
    if "radiomics" in training.sources.settings:
        stable = _stable(training, left_out)
        parts.append(harmonised_columns(rows, stable, training.sources, harmonisation))
    others = set() if left_out == NONE else set(left_out.split("+"))
    wanted = rows["fold"].map(lambda fold: left_out_label({fold, *others}))
    parts.append(upstream_columns(training.upstream, wanted))
    return pd.concat(parts, axis=1)


def _stable(training: _Training, left_out: str) -> list[str]:
    return stable_features(candidate_features(training.sources), training.stability, left_out)


def _fit(
    training: _Training, left_out: str
) -> tuple[dict[str, Any], dict[str, Any] | None, pd.DataFrame]:
    """Return what is learned without the left-out folds, the harmonisation and the predictors."""
    kept = patients_kept(training.patients["fold"], left_out)
    rows, settings = training.patients.loc[kept], training.sources.settings
    stable = _stable(training, left_out)
    with _saying_where(training, left_out):
        harmonisation = learn_harmonisation(rows, stable, training.sources)
    design = _design(training, left_out, kept, harmonisation)
    seed = derive_seed(training.seed, training.name, left_out)
    with _saying_where(training, left_out):
        learned = training.learner.fit(design, rows["outcome"].astype(int), settings, seed)
    return learned, harmonisation, design


@contextmanager
def _saying_where(training: _Training, left_out: str) -> Iterator[None]:
    try:
        yield
    except BadInput as error:
        where = f"model {training.name}, folds left out: {left_out}"
        problems = [replace(one, what=f"{where}: {one.what}") for one in error.problems]
        raise BadInput(problems) from error


def _left_out_predictions(training: _Training, left_out: str) -> tuple[pd.DataFrame, list[str]]:
    """Fit without the left-out folds and predict their patients; say whose centre is unseen."""
    learned, harmonisation, design = _fit(training, left_out)
    others = training.patients.index.difference(design.index)
    with _saying_where(training, left_out):
        predictors = _design(training, left_out, others, harmonisation)
    predicted = training.learner.predict(learned, predictors)
    rows = training.patients.loc[others]
    unseen = unseen_warnings(harmonisation, rows)
    table = pd.DataFrame(
        {
            "patient": others,
            "fold": rows["fold"].to_numpy(),
            "left_out": left_out,
            "score": predicted["score"].to_numpy(),
            "probability": predicted["probability"].to_numpy(),
            "score_mean": learned["score_mean"],
        }
    )
    return table, [f"folds {left_out} left out: {warning}" for warning in unseen]


def patients_hash(patients: pd.Index) -> str:
    """Return the sha256 of the sorted patients, one a line."""
    text = "\n".join(sorted(map(str, patients)))
    return hashlib.sha256(text.encode()).hexdigest()


def _described(training: _Training, learned: dict[str, Any]) -> dict[str, Any]:
    """Return the model with what it was fitted on and the whole path of selection."""
    outcome = training.patients["outcome"].astype(int)
    events = int(outcome.sum())
    candidates = learned["n_candidate_parameters"]
    path = learned["selection"]
    if "radiomics" in training.sources.settings:
        names = candidate_features(training.sources)
        stable = stable_features(names, training.stability, NONE)
        path = [
            {"step": "candidates", "n": len(names)},
            {"step": "stable", "n": len(stable)},
            *path,
        ]
    return {
        "name": training.name,
        "kind": training.sources.settings["kind"],
        **learned,
        "selection": path,
        "clinical": training.sources.clinical,
        "n": len(outcome),
        "n_events": events,
        "n_parameters": len(learned["terms"]),
        "events_per_parameter": events / candidates if candidates else None,
        "patients_sha256": patients_hash(training.patients.index),
    }


def fit_once(*given: Any, left_out: Sequence[str] = ()) -> tuple[dict[str, Any], pd.DataFrame]:
    """Fit a model once, on all given patients, as for a resample of them.

    Parameters
    ----------
    given
        All that :func:`fit_model` is given, in its order.
    left_out
        Folds to leave out in turn, to predict their patients.

    Returns
    -------
    tuple
        ``model`` and ``out_of_fold`` of :class:`Fitted`, the latter of these folds alone.

    Raises
    ------
    BadInput
        As :func:`fit_model`.
    """
    training = _training_of(*given)
    with threadpool_limits(1):
        learned, harmonisation, _ = _fit(training, NONE)
        rows = [_left_out_predictions(training, label)[0] for label in left_out]
    model = _described(training, learned)
    if harmonisation is not None:
        model["harmonisation"] = needed_harmonisation(harmonisation, model["features"])
    return model, pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
