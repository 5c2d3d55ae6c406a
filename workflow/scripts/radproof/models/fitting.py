"""Fitting of a model, and its predictions for patients it has not seen, fold by fold.

For each subset of folds left out, everything that is learned is learned on the other patients:
harmonisation, filling of missing values, each step of selection, penalty, coefficients. A model
that takes the score of another is fitted on scores of fits that had not seen the scored patient
either, so that pairs of folds are left out of the other model.
"""

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
from radproof.models import selecting
from radproof.models.checks import training_patients
from radproof.models.describing import describe_model, path_of, patients_filled
from radproof.models.design import (
    Sources,
    candidate_features,
    clinical_columns,
    upstream_columns,
)
from radproof.models.harmonising import (
    harmonised_columns,
    learn_harmonisation,
    needed_harmonisation,
    unseen_warnings,
)
from radproof.models.selecting import Path
from radproof.seeds import derive_seed


@dataclass(frozen=True)
class Fitted:
    """JSON, terms, selection, path, out-of-fold predictions; ``filled`` names patients too."""

    model: dict[str, Any]
    coefficients: pd.DataFrame
    selection: pd.DataFrame
    path: pd.DataFrame
    out_of_fold: pd.DataFrame
    filled: dict[str, list[str]]


@dataclass(frozen=True)
class _Fit:
    """What was learned without some folds, on which predictors, and how they were selected."""

    learned: dict[str, Any]
    harmonisation: dict[str, Any] | None
    design: pd.DataFrame
    path: Path


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
        Stability of the model's region: ``feature left_out icc kept``; None where no step of
        selection asks for it.
    upstream
        Name of each model named under ``scores`` to its out-of-fold predictions.
    seed
        The plan's seed.
    harmonisation
        The plan's harmonisation with its covariates as entries; None leaves features as they are.

    Returns
    -------
    Fitted
        ``model`` (ready for JSON); ``coefficients``, see the learner; ``selection``, of the fit on
        all patients: ``feature step kept reason value``; ``path``, see `path_of`; ``out_of_fold``:
        ``patient fold left_out score probability score_mean``, each patient once for each subset of
        folds that holds the patient's own. ``score_mean``: mean score over the patients fitted on.

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
        training_patients(patients),
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
    whole = _fit(training, NONE)
    rows, warnings = [], []
    for label in singles if training.upstream else labels:
        try:
            predicted, unseen = _left_out_predictions(training, label)
        except BadInput as error:
            if label in singles:
                raise
            reasons = "; ".join(dict.fromkeys(one.what for one in error.problems))
            warnings.append(f"not fitted with folds {label} left out: {reasons}")
        else:
            rows.append(predicted)
            warnings += unseen
    fit = whole.learned, whole.design, table["outcome"]
    coefficients, path = training.learner.coefficients(*fit), path_of(training.learner, *fit)
    model = _described(training, whole)
    if whole.harmonisation is not None:
        warnings = whole.harmonisation["warnings"] + warnings
    model["warnings"] += [*selecting.outcome_warnings(training.sources.settings), *warnings]
    out_of_fold = pd.concat(rows, ignore_index=True)
    filled = patients_filled(whole.design, table, whole.harmonisation)
    return Fitted(model, coefficients, whole.path.table(), path, out_of_fold, filled)


def _described(training: _Training, fit: _Fit) -> dict[str, Any]:
    outcome = training.patients["outcome"].astype(int)
    model = describe_model(training.name, training.sources, outcome, fit.learned, fit.path)
    if fit.harmonisation is not None:
        model["harmonisation"] = needed_harmonisation(fit.harmonisation, model["features"])
    return model


def _scored(upstream: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    if name not in upstream:
        raise BadInput(Problem(f"no out-of-fold predictions of upstream model {name}"))
    return upstream[name]


def _other_columns(
    training: _Training, left_out: str, patients: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return clinical variables and upstream scores of patients, for a fit without some folds.

    A patient's upstream score is of a fit without those folds and without the patient's own.
    """
    rows = training.patients.loc[patients]
    others = set() if left_out == NONE else set(left_out.split("+"))
    wanted = rows["fold"].map(lambda fold: left_out_label({fold, *others}))
    scores = upstream_columns(training.upstream, wanted)
    return clinical_columns(rows, training.sources), scores


def _fit(training: _Training, left_out: str) -> _Fit:
    """Fit without the left-out folds, on the patients that are kept."""
    kept = patients_kept(training.patients["fold"], left_out)
    clinical, scores = _other_columns(training, left_out, kept)
    seed = derive_seed(training.seed, training.name, left_out)
    with _saying_where(training, left_out):
        features, harmonisation, path = _selected(training, left_out, kept, seed)
        design = pd.concat([clinical, features, scores], axis=1)
        outcome = training.patients.loc[kept, "outcome"].astype(int)
        learned = training.learner.fit(design, outcome, training.sources.settings, seed)
    return _Fit(learned, harmonisation, design, path)


def _selected(
    training: _Training, left_out: str, patients: pd.Index, seed: int
) -> tuple[pd.DataFrame, dict[str, Any] | None, Path]:
    """Return the features that the steps keep, what harmonises them, and the path."""
    sources, rows = training.sources, training.patients.loc[patients]
    path = Path(candidate_features(sources))
    if "radiomics" not in sources.settings:
        return pd.DataFrame(index=patients), None, path
    stability = selecting.stability_of(training.stability, left_out)
    steps = sources.settings["selection"]
    names, others = selecting.select_by_name(candidate_features(sources), steps, stability, path)
    harmonisation = learn_harmonisation(rows, names, sources)
    features = harmonised_columns(rows, names, sources, harmonisation)
    outcome = rows["outcome"].astype(int)
    selected = selecting.select_by_value(features, outcome, others, stability, seed, path)
    return selected, harmonisation, path


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
    fit = _fit(training, left_out)
    others = training.patients.index.difference(fit.design.index)
    rows = training.patients.loc[others]
    parts = [*_other_columns(training, left_out, others)]
    if "radiomics" in training.sources.settings:
        with _saying_where(training, left_out):
            names = fit.learned["features"]
            parts.append(harmonised_columns(rows, names, training.sources, fit.harmonisation))
    predicted = training.learner.predict(fit.learned, pd.concat(parts, axis=1))
    unseen = unseen_warnings(fit.harmonisation, rows)
    table = pd.DataFrame(
        {
            "patient": others,
            "fold": rows["fold"].to_numpy(),
            "left_out": left_out,
            "score": predicted["score"].to_numpy(),
            "probability": predicted["probability"].to_numpy(),
            "score_mean": fit.learned["score_mean"],
        }
    )
    return table, [f"folds {left_out} left out: {warning}" for warning in unseen]


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
        fit = _fit(training, NONE)
        rows = [_left_out_predictions(training, label)[0] for label in left_out]
    model = _described(training, fit)
    return model, pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
