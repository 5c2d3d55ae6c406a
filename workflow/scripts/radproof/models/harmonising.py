"""Harmonisation of a model's features across centres: learned for each fit, applied from it."""

from typing import Any

import pandas as pd

from radproof.kinds import load_kind
from radproof.models.design import Sources, clinical_columns, radiomics_columns


def learn_harmonisation(
    patients: pd.DataFrame, names: list[str], sources: Sources
) -> dict[str, Any] | None:
    """Return what harmonises features, learned from patients; None where the plan has none.

    Parameters
    ----------
    patients
        Index patient: ``center`` and the covariates.
    names
        The features that the model may select from: effects of a centre are pooled over them.
    sources
        Of the model.

    Raises
    ------
    BadInput
        If centres or covariates of these patients cannot be harmonised.
    """
    settings = sources.harmonisation
    if settings is None:
        return None
    features = radiomics_columns(patients.index, names, sources)
    covariates = covariate_columns(patients, settings["covariates"])
    kind = load_kind("harmonisation", settings["kind"])
    fitted = kind.fit(features, patients["center"], covariates, settings)
    return {"kind": settings["kind"], **fitted, "clinical": settings["covariates"]}


def harmonised_columns(
    patients: pd.DataFrame, names: list[str], sources: Sources, fitted: dict[str, Any] | None
) -> pd.DataFrame:
    """Return features of patients, harmonised by what was fitted; as they are where it is None.

    Raises
    ------
    BadInput
        If features are missing, or a patient's centre cannot be harmonised.
    """
    features = radiomics_columns(patients.index, names, sources)
    if fitted is None:
        return features
    covariates = covariate_columns(patients, fitted["clinical"])
    kind = load_kind("harmonisation", fitted["kind"])
    return kind.apply(fitted, features, patients["center"], covariates)


def covariate_columns(patients: pd.DataFrame, entries: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the covariates of patients as they are, missing values and all."""
    chosen = {"clinical": [entry["name"] for entry in entries]}
    return clinical_columns(patients, Sources(chosen, entries, None))


def needed_harmonisation(fitted: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return what was fitted with the named features alone, all that a frozen model reads."""
    return fitted | {
        "features": [one for one in fitted["features"] if one["feature"] in names],
        "unharmonised": [name for name in fitted["unharmonised"] if name in names],
    }


def unseen_warnings(fitted: dict[str, Any] | None, patients: pd.DataFrame) -> list[str]:
    """Return one line a centre whose patients keep their values, for nobody of it was fitted on."""
    if fitted is None:
        return []
    unseen = patients["center"][~patients["center"].isin(fitted["centers"])]
    return [
        f"harmonisation: center {center} was not seen in training, the features of its {count}"
        f" patients are taken as if they were of center {fitted['reference']}"
        for center, count in unseen.value_counts().sort_index().items()
    ]
