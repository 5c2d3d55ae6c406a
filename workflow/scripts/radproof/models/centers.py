"""What harmonisation asks of centres, of the sheet before anything runs and of each fit."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pandas as pd

from radproof.errors import Problem
from radproof.folds import NONE, patients_kept


def center_problems(centers: pd.Series, settings: dict[str, Any]) -> list[Problem]:
    """Return why a harmonisation cannot be fitted on patients of these centres.

    Parameters
    ----------
    centers
        Index patient; the centre of each patient to fit on.
    settings
        ``reference`` and ``least_patients``.
    """
    counts = centers.value_counts().sort_index()
    problems = _without_center(centers)
    if len(counts) < 2:
        problems.append(
            Problem(
                "nothing to harmonise: patients to fit on are of fewer than two centers",
                found=", ".join(counts.index) or "none",
                remedy="set harmonisation to null, or make folds by radproof split"
                " --stratify center",
            )
        )
    problems += [
        Problem(
            f"center {center} has too few patients to be harmonised",
            found=str(count),
            expected=f"at least {settings['least_patients']}",
            remedy="make folds by radproof split --stratify center, join centers of one scanner and"
            " protocol, or lower harmonisation.least_patients",
        )
        for center, count in counts.items()
        if count < settings["least_patients"]
    ]
    reference = settings["reference"]
    if reference is not None and reference not in counts.index:
        what, known = "reference center has no patient to fit on", ", ".join(counts.index)
        problems.append(Problem(what, found=reference, expected=f"one of {known}"))
    return problems


def unseen_problems(
    centers: pd.Series, known: Collection[str], settings: dict[str, Any]
) -> list[Problem]:
    """Return the patients that cannot be harmonised, for nobody of their centre was fitted on.

    Parameters
    ----------
    centers
        Index patient; the centre of each patient to be harmonised.
    known
        The centres of the patients fitted on.
    settings
        ``unseen``: ``refuse`` or ``reference``.
    """
    problems = _without_center(centers)
    if settings["unseen"] == "reference":
        return problems
    unseen = centers[centers.notna() & ~centers.isin(known)]
    return problems + [
        Problem(
            "center was not seen in training, so that its features cannot be harmonised",
            patient=str(patient),
            found=center,
            expected=f"one of {', '.join(sorted(known))}",
            remedy="train on patients of it too, or set harmonisation.unseen to reference",
        )
        for patient, center in unseen.items()
    ]


def _without_center(centers: pd.Series) -> list[Problem]:
    return [
        Problem("patient has no center", patient=str(patient), remedy="name it in the sheet")
        for patient in centers.index[centers.isna()]
    ]


def sheet_problems(
    settings: dict[str, Any] | None, sheet: pd.DataFrame, file: str
) -> list[Problem]:
    """Return why patients of a sheet cannot be harmonised, with each fold left out in turn.

    Parameters
    ----------
    settings
        ``harmonisation`` of the plan; None asks nothing.
    sheet
        ``patient center set fold``.
    file
        Where the sheet stands.
    """
    if settings is None:
        return []
    table = sheet.set_index("patient")
    training = table[table["set"] == "train"]
    for left_out in [NONE, *sorted(training["fold"].unique())]:
        centers = training.loc[patients_kept(training["fold"], left_out), "center"]
        others = (table if left_out == NONE else training)["center"].drop(centers.index)
        problems = center_problems(centers, settings)
        problems += unseen_problems(others, set(centers.dropna()), settings)
        if problems:
            # Said once: with other folds left out most would come again.
            where = "" if left_out == NONE else f"fold {left_out} left out: "
            return [replace(one, what=where + one.what, file=file) for one in problems]
    return []
