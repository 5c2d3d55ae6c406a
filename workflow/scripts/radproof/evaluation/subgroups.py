"""Models in groups of patients: the area in each, and whether groups differ."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.evaluation.checks import check_predictions
from radproof.evaluation.delong import auc, unpaired_test
from radproof.evaluation.discrimination import AREA, discrimination
from radproof.evaluation.holm import holm
from radproof.evaluation.interaction import equal_areas_test, interaction_test
from radproof.models.design import Sources, by_patient, clinical_columns
from radproof.tables import as_level

KEYS = ["model", "set", "kind", "subgroup"]
CENTER = "center"
MISSING = "missing"
SUBGROUPS = [*KEYS, "group", *AREA]
INTERACTIONS = [
    *(*KEYS, "groups", "n", "n_events", "difference", "ci_low", "ci_high"),
    *("areas_statistic", "areas_df", "areas_p", "areas_p_holm"),
    *("interaction_chi2", "interaction_df", "interaction_p", "interaction_p_holm", "note"),
]


def analyse_subgroups(
    predictions: pd.DataFrame,
    patients: pd.DataFrame,
    subgroups: Sequence[dict[str, Any]],
    clinical: list[dict[str, Any]],
    least: int,
) -> dict[str, pd.DataFrame]:
    """Return the area of each model in each group of patients, and the tests between groups.

    Parameters
    ----------
    predictions
        As for :func:`radproof.evaluation.evaluate.evaluate`.
    patients
        ``patient``, ``center`` and the clinical variables, one row a patient.
    subgroups
        The plan's: ``name variable cuts levels``.
    clinical
        The plan's entries of the clinical variables.
    least
        Fewest patients with, and without, the event in a group that is judged.

    Returns
    -------
    dict of pandas.DataFrame
        ``subgroups``: ``model set kind subgroup group`` and the columns of the table
        ``discrimination``; a group too small, and patients whose value is missing, have a reason
        in ``note``. ``interactions``: ``model set kind subgroup groups n n_events``; for two groups
        ``difference`` (first minus second area) with its 95 % interval ``ci_low ci_high``;
        ``areas_statistic areas_df areas_p``: Student's t of the unpaired DeLong test, or
        chi-squared for more groups; ``interaction_chi2 interaction_df interaction_p``: whether the
        slope of the score differs between groups; each p also adjusted by Holm over the subgroups
        of the model, set and kind (``_holm``); ``note``.

    Raises
    ------
    BadInput
        If predictions or patients cannot be used, or somebody predicted is not among the patients.
    """
    check_predictions(predictions)
    table = by_patient(patients)
    unknown = sorted(set(predictions["patient"]) - set(table.index))
    if unknown:
        what = "predicted, but not among the patients"
        raise BadInput([Problem(what, patient=str(patient)) for patient in unknown])
    groups = {entry["name"]: group_of(table, entry, clinical) for entry in subgroups}
    areas: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    for values, rows in predictions.groupby(KEYS[:3], sort=False):
        keys = dict(zip(KEYS, map(str, values), strict=False))
        found = []
        for name, group in groups.items():
            known = keys | {"subgroup": name}
            split = _split(rows, group)
            areas += [known | {"group": label} | _area(part, label, least) for label, part in split]
            found.append(known | _tests(split, least))
        tests += _adjusted(found)
    return {
        "subgroups": pd.DataFrame(areas, columns=SUBGROUPS),
        "interactions": pd.DataFrame(tests, columns=INTERACTIONS),
    }


def group_of(
    patients: pd.DataFrame, entry: dict[str, Any], clinical: list[dict[str, Any]]
) -> pd.Series:
    """Return the group of each patient, categorical in the order of the plan; missing stays so.

    Parameters
    ----------
    patients
        Index patient: the variable.
    entry
        ``variable``; ``cuts``, the least values of all groups but the first; or ``levels``, groups
        to their levels; with neither, each level is a group.
    clinical
        The plan's entries of the clinical variables.

    Raises
    ------
    BadInput
        If the variable is not there or its values are wrong.
    """
    name = entry["variable"]
    if name == CENTER:
        return patients[CENTER].astype("category")
    values = clinical_columns(patients, Sources({"clinical": [name]}, clinical, None))[name]
    if entry["cuts"] is not None:
        cuts = entry["cuts"]
        return pd.cut(values, [-np.inf, *cuts, np.inf], right=False, labels=_between(cuts))
    if entry["levels"] is None:
        return values.astype("category")
    label = {as_level(level): group for group, own in entry["levels"].items() for level in own}
    grouped = values.astype(object).map(lambda value: label.get(as_level(value)), "ignore")
    return grouped.astype(pd.CategoricalDtype(list(entry["levels"])))


def _between(cuts: Sequence[float]) -> list[str]:
    inner = [f"{low:g} to < {high:g}" for low, high in pairwise(cuts)]
    return [f"< {cuts[0]:g}", *inner, f">= {cuts[-1]:g}"]


def _split(rows: pd.DataFrame, group: pd.Series) -> list[tuple[str, pd.DataFrame]]:
    own = group.loc[rows["patient"]].to_numpy()
    split = [(str(label), rows[own == label]) for label in group.cat.categories]
    without = rows[pd.isna(own)]
    return [*split, (MISSING, without)] if len(without) else split


def _enough(rows: pd.DataFrame, least: int) -> bool:
    events = int(rows["outcome"].sum())
    return min(events, len(rows) - events) >= least


def _area(rows: pd.DataFrame, label: str, least: int) -> dict[str, Any]:
    counts: dict[str, Any] = {"n": len(rows), "n_events": int(rows["outcome"].sum())}
    if label == MISSING:
        return counts | {"note": "in no group: value missing or of no group"}
    if not _enough(rows, least):
        return counts | {"note": f"fewer than {least} patients with or without the event"}
    found = discrimination(rows["outcome"], rows["probability"])
    return found | {"note": found["note"] or None}


def _tests(split: list[tuple[str, pd.DataFrame]], least: int) -> dict[str, Any]:
    judged = [(label, rows) for label, rows in split if label != MISSING and _enough(rows, least)]
    small = [label for label, rows in split if label != MISSING and not _enough(rows, least)]
    rows = pd.concat([part for _, part in split])
    row: dict[str, Any] = {"groups": ", ".join(label for label, _ in judged) or None}
    notes = [f"too small: {', '.join(small)}"] if small else []
    if len(judged) < 2:
        counts = {"n": len(rows), "n_events": int(rows["outcome"].sum())}
        return row | counts | {"note": "; ".join(["fewer than two groups to compare", *notes])}
    rows = pd.concat([part for _, part in judged])
    labels = np.repeat([label for label, _ in judged], [len(part) for _, part in judged])
    row |= {"n": len(rows), "n_events": int(rows["outcome"].sum())}
    slope = interaction_test(rows["outcome"], rows["probability"], labels)
    compared, note = _compare_areas([part for _, part in judged])
    row |= compared
    row |= {"interaction_chi2": slope.statistic, "interaction_df": slope.df}
    row |= {"interaction_p": slope.p}
    notes += [f"areas: {note}"] if note else []
    notes += [f"interaction: {slope.note}"] if slope.note else []
    return row | {"note": "; ".join(notes) or None}


def _compare_areas(parts: list[pd.DataFrame]) -> tuple[dict[str, Any], str]:
    areas = [auc(part["outcome"], part["probability"]) for part in parts]
    if len(areas) > 2:
        equal = equal_areas_test(areas)
        note = equal.note or "more than two groups: no single difference"
        row = {"areas_statistic": equal.statistic, "areas_df": equal.df, "areas_p": equal.p}
        return row, note
    test = unpaired_test(*areas)
    if np.isnan(test.p):
        return {"difference": test.difference}, "neither has a variance"
    return {
        "difference": test.difference,
        "ci_low": test.ci_low,
        "ci_high": test.ci_high,
        "areas_statistic": test.statistic,
        "areas_df": test.df,
        "areas_p": test.p,
    }, ""


def _adjusted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for name in ("areas_p", "interaction_p"):
        p = holm(np.array([row.get(name, np.nan) for row in rows], dtype=float))
        rows = [row | {f"{name}_holm": one} for row, one in zip(rows, p, strict=True)]
    return rows
