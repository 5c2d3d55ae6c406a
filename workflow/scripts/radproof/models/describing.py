"""What ``model.json`` says of a fit beside what was learned."""

import hashlib
from types import ModuleType
from typing import Any

import pandas as pd

from radproof.models.design import Sources
from radproof.models.harmonising import covariate_columns
from radproof.models.lasso_path import PATH
from radproof.models.sample_size import usual_sample_size
from radproof.models.selecting import Path, Selected


def describe_model(
    name: str, sources: Sources, outcome: pd.Series, learned: dict[str, Any], path: Path
) -> dict[str, Any]:
    """Return the model with what it was fitted on and the whole path of selection.

    Candidate parameters are counted before the first step of selection; so are events per
    parameter and the least sample size by them.

    Parameters
    ----------
    name, sources
        Of the model.
    outcome
        Index patient, 0 or 1, of everybody fitted on.
    learned
        As the learner returns it.
    path
        The steps of selection before the learner; is told which features the learner then reads.
    """
    events, candidates = int(outcome.sum()), learned["n_candidate_parameters"]
    if "radiomics" in sources.settings:
        candidates += path.n_candidates - len(path.kept)
        unread = [feature for feature in path.kept if feature not in learned["features"]]
        weightless = dict.fromkeys(unread, "no weight in the model")
        path.add(sources.settings["kind"], Selected(learned["features"], weightless, {}))
    return {
        "name": name,
        "kind": sources.settings["kind"],
        **learned,
        "selection": [*path.steps, *learned["selection"]],
        "clinical": sources.clinical,
        "n": len(outcome),
        "n_events": events,
        "n_parameters": len(learned["terms"]),
        "n_candidate_parameters": candidates,
        "events_per_parameter": events / candidates if candidates else None,
        "sample_size": usual_sample_size(events / len(outcome), candidates),
        "patients_sha256": patients_hash(outcome.index),
    }


def path_of(
    learner: ModuleType, learned: dict[str, Any], design: pd.DataFrame, outcome: pd.Series
) -> pd.DataFrame:
    """Return the coefficients along a path of penalties: ``feature step lambda coefficient``.

    Of the fit that was ``learned`` on a design; no row where the learner follows no path.
    """
    follow = getattr(learner, "coefficient_path", None)
    return follow(learned, design, outcome) if follow else pd.DataFrame(columns=PATH)


def patients_filled(
    design: pd.DataFrame, patients: pd.DataFrame, harmonisation: dict[str, Any] | None
) -> dict[str, list[str]]:
    """Return whose predictors or covariates of harmonisation are filled in: patient to their names.

    Parameters
    ----------
    design
        Index patient, the predictors as the learner is given them, missing values and all.
    patients
        The same patients, with the covariates.
    harmonisation
        As fitted; None without one.
    """
    unknown = design.isna()
    if harmonisation is not None:
        covariates = covariate_columns(patients.loc[design.index], harmonisation["clinical"])
        unknown = pd.concat([covariates.isna(), unknown], axis=1)
    return {
        str(patient): list(dict.fromkeys(unknown.columns[row]))
        for patient, row in zip(unknown.index, unknown.to_numpy(bool), strict=True)
        if row.any()
    }


def patients_hash(patients: pd.Index) -> str:
    """Return the sha256 of the sorted patients, one a line."""
    text = "\n".join(sorted(map(str, patients)))
    return hashlib.sha256(text.encode()).hexdigest()
