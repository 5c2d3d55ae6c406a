"""Reporting checklists, filled from a run as far as it knows: TRIPOD+AI, METRICS, CLEAR."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.dossier.evidence.cohort import COHORT
from radproof.dossier.evidence.evaluation import EVALUATION
from radproof.dossier.evidence.models import BUILDING
from radproof.dossier.evidence.radiomics import RADIOMICS
from radproof.dossier.evidence.run import Evidence, Run
from radproof.schema import read_yaml

FOLDER = Path(__file__).with_name("checklists")
NAMES = ("tripod_ai", "metrics", "clear")
HUMAN, FILLED, YES, NO = "human needed", "filled", "yes", "no"
NOT_APPLICABLE, SIMULATED = "not applicable", "simulated cohort"
COLUMNS = ["checklist", "item", "section", "text", "weight", "answer", "value", "evidence"]

EVIDENCE: dict[str, Callable[[Run], Evidence | None]] = {
    function.__name__: function for function in (*COHORT, *RADIOMICS, *BUILDING, *EVALUATION)
}


def read_checklists() -> list[dict[str, Any]]:
    """Return the checklists: ``name``, ``source`` and ``items``."""
    return [read_yaml(FOLDER / f"{name}.yaml") for name in NAMES]


def fill_checklists(run: Run) -> pd.DataFrame:
    """Answer what a run knows, with the evidence; leave all else to a human.

    Returns
    -------
    pandas.DataFrame
        ``checklist item section text weight answer value evidence``. ``answer`` is ``filled``, of
        a criterion with a weight ``yes`` or ``no``; ``human needed`` (``value`` may say what the
        run knows of it); ``not applicable``; ``simulated cohort`` where an item is about real
        patients and these are not. ``evidence`` is paths in the results folder. The last row of a
        checklist with weights is its score.
    """
    rows: list[dict[str, Any]] = []
    for checklist in read_checklists():
        own = [
            answered(item, run) | {"checklist": checklist["name"]} for item in checklist["items"]
        ]
        rows += own
        if any("weight" in item for item in checklist["items"]):
            rows.append(score(own, run.simulated) | {"checklist": checklist["name"]})
    return pd.DataFrame(rows, columns=COLUMNS)


def answered(item: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Return an item with its answer, value and evidence."""
    row = {name: item[name] for name in ("item", "section", "text", "weight") if name in item}
    if "condition" in item and not CONDITIONS[item["condition"]](run):
        return row | {"answer": NOT_APPLICABLE, "value": f"no {item['condition']} in this study"}
    if run.simulated and item.get("patients"):
        return row | {"answer": SIMULATED}
    found = EVIDENCE[item["evidence"]](run) if "evidence" in item else None
    if found is None:
        return row | {"answer": HUMAN}
    value = f"{SIMULATED}: {found.value}" if run.simulated else found.value
    evidence = ", ".join(dict.fromkeys(found.files))
    return row | {"answer": _answer(item, found), "value": value, "evidence": evidence}


def _answer(item: Mapping[str, Any], found: Evidence) -> str:
    if found.met is None or item.get("part"):
        return HUMAN
    if "weight" not in item:
        return FILLED
    return YES if found.met else NO


def score(rows: Iterable[Mapping[str, Any]], simulated: bool) -> dict[str, Any]:
    """Return the row of a score: the share of applicable points, lowest to highest.

    Lowest counts what the run meets; highest also what a human has still to judge. Items about
    real patients give no points in a simulated cohort.
    """
    points = dict.fromkeys((YES, NO, HUMAN, SIMULATED), 0.0)
    for row in rows:
        if row["answer"] != NOT_APPLICABLE:
            points[row["answer"]] += row["weight"]
    total = sum(points.values())
    low, high = points[YES] / total, (points[YES] + points[HUMAN]) / total
    value = (
        f"{points[YES]:.3f} of {total:.3f} applicable points from the run: {100 * low:.1f} %; up to"
        f" {100 * high:.1f} % by what a human has to judge"
    )
    return {
        "item": "score",
        "section": "score",
        "text": "Points of the items that apply",
        "weight": total,
        "answer": HUMAN if points[HUMAN] else FILLED,
        "value": f"{SIMULATED}: {value}" if simulated else value,
    }


def _has_masks(run: Run) -> bool:
    # Features of a table were measured in masks that somebody outlined elsewhere.
    return bool(run.plan["raters"] or run.plan["segmenters"] or run.radiomic)


def _has_automated_masks(run: Run) -> bool:
    # How masks behind a table of features were outlined is not known: this stays to a human.
    elsewhere = bool(run.radiomic) and not run.plan["raters"]
    return bool(run.plan["segmenters"]) or elsewhere


CONDITIONS: dict[str, Callable[[Run], bool]] = {
    "segmentation": _has_masks,
    "automated segmentation": _has_automated_masks,
    "hand-crafted features": lambda run: bool(run.radiomic),
    "tabular data": lambda run: bool(run.radiomic or run.plan["clinical"]),
    # No kind of model takes images in and gives a prediction out.
    "end-to-end deep learning": lambda run: False,
}
