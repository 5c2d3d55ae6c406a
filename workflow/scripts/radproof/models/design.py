"""The table that a model is fitted on or applied to, for one way of leaving folds out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.models.checks import patients_twice
from radproof.tables import as_level


@dataclass(frozen=True)
class Sources:
    """Where a model's predictors come from.

    Attributes
    ----------
    settings
        The model's entry of the plan: ``clinical``, ``scores`` or ``radiomics``, where it has them.
    clinical
        The plan's entries of the clinical variables.
    features
        Index patient, one column a feature; None without radiomics.
    harmonisation
        The plan's harmonisation with its covariates as entries; None leaves features as they are.
    """

    settings: dict[str, Any]
    clinical: list[dict[str, Any]]
    features: pd.DataFrame | None
    harmonisation: dict[str, Any] | None = None


def clinical_columns(patients: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Return the model's clinical variables: float, or categorical with the plan's levels.

    Raises
    ------
    BadInput
        If a variable is missing from the table, a number is text or infinite, or a level is none of
        the plan's.
    """
    entries = {entry["name"]: entry for entry in sources.clinical}
    columns: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in sources.settings.get("clinical", []):
        if name not in entries or name not in patients.columns:
            problems.append(Problem(f"clinical variable {name} is missing from the patients"))
        elif entries[name]["kind"] == "number":
            columns[name] = pd.to_numeric(patients[name], errors="coerce").astype(float)
            finite = np.isfinite(columns[name])
            wrong = ~finite & patients[name].notna()
            problems += _wrong_values(patients.loc[wrong, name], "a finite number")
        else:
            levels = [str(level) for level in entries[name]["levels"]]
            known = patients[name].map(as_level, na_action="ignore")
            wrong = known.notna() & ~known.isin(levels)
            columns[name] = pd.Categorical(known.mask(wrong), categories=levels)
            problems += _wrong_values(patients.loc[wrong, name], f"one of {', '.join(levels)}")
    if problems:
        raise BadInput(problems)
    return pd.DataFrame(columns, index=patients.index)


def by_patient(patients: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its column ``patient``, if there is one, as index: messages name it.

    Raises
    ------
    BadInput
        If a patient stands twice.
    """
    if "patient" not in patients:
        return patients
    if twice := patients_twice(patients):
        raise BadInput(twice)
    return patients.set_index("patient")


def plan_columns(patients: pd.DataFrame, clinical: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return every clinical variable of the plan, as :func:`clinical_columns` does."""
    chosen = {"clinical": [entry["name"] for entry in clinical]}
    return clinical_columns(patients, Sources(chosen, [dict(entry) for entry in clinical], None))


def _wrong_values(values: pd.Series, expected: str) -> list[Problem]:
    return [
        Problem(
            f"{values.name} is wrong", patient=str(patient), found=str(value), expected=expected
        )
        for patient, value in values.items()
    ]


def radiomics_columns(patients: pd.Index, names: list[str], sources: Sources) -> pd.DataFrame:
    """Return features of patients; a patient whose features failed has missing values.

    So has one whose feature is infinite, as some ratios are of a flat tumour.

    Raises
    ------
    BadInput
        If there is no feature table, a patient or feature is not in it, stands there twice, or is
        text.
    """
    if sources.features is None:
        raise BadInput(Problem("the model uses radiomics but no features were given"))
    features = sources.features
    twice = features.index[features.index.duplicated()]
    absent = patients.difference(features.index)
    unknown = [name for name in names if name not in features.columns]
    problems = [Problem("features stand twice", patient=str(patient)) for patient in twice]
    problems += [
        Problem("feature stands twice", found=str(name))
        for name in features.columns[features.columns.duplicated()]
    ]
    problems += [Problem("no row of features", patient=str(patient)) for patient in absent]
    problems += [Problem("feature is missing from the table", found=name) for name in unknown]
    if problems:
        raise BadInput(problems)
    chosen = features.loc[patients, names]
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(chosen[name].dtype)]
    if texts:
        raise BadInput([Problem("feature holds text", found=name) for name in texts])
    return chosen.astype(float).replace([np.inf, -np.inf], np.nan)


def candidate_features(sources: Sources) -> list[str]:
    """Return the features of the sequences that the model's plan names, in table order.

    Shape features are of the mask alone and carry the name of the study's first sequence.
    """
    if "radiomics" not in sources.settings or sources.features is None:
        return []
    sequences = sources.settings["radiomics"]["sequences"]
    return [name for name in sources.features.columns if name.split("__")[0] in sequences]


def upstream_columns(upstream: dict[str, pd.DataFrame], wanted: pd.Series) -> pd.DataFrame:
    """Return one column an upstream model: its score less the mean score of its own fit.

    Scores of different fits are compared here, one of each fold, and their intercepts differ; the
    mean over the patients fitted on is taken off so that an upstream model that selected nothing
    is 0 for everybody, and not a hint of how many events a fold holds.

    Parameters
    ----------
    upstream
        Name of the model to a table ``patient left_out score score_mean``.
    wanted
        Index patient; which folds must have been left out of the fit that scored the patient.

    Raises
    ------
    BadInput
        If an upstream model did not score a patient in that way.
    """
    columns, problems = {}, []
    for name, scored in upstream.items():
        values = scored["score"] - scored["score_mean"]
        by_patient = dict(
            zip(zip(scored["patient"], scored["left_out"], strict=True), values, strict=True)
        )
        columns[name] = [by_patient.get(key, np.nan) for key in wanted.items()]
        problems += [
            Problem(
                f"{name} gives no score with folds {left_out} left out",
                patient=str(patient),
                expected="an upstream model without scores of its own, and three folds or more",
            )
            for patient, left_out in wanted.items()
            if (patient, left_out) not in by_patient
        ]
    if problems:
        raise BadInput(problems)
    return pd.DataFrame(columns, index=wanted.index, dtype=float)
