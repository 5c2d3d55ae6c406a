"""The steps by which a model selects features, in the order of the plan, anew for each fit.

Every step sees the patients of that fit alone. Missing values take the feature's median over them;
features that are missing in all of them are left out before the first step that reads values.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import pandas as pd

from radproof.kinds import load_kind
from radproof.models.checks import check_training, fill_medians
from radproof.seeds import derive_seed

COLUMNS = ["feature", "step", "kept", "reason", "value"]


@dataclass(frozen=True)
class Selected:
    """What a step decided.

    Attributes
    ----------
    columns
        The features kept, the most preferred first.
    reasons
        Why each other feature was dropped.
    values
        The number by which a feature was judged, of each that has one.
    """

    columns: list[str]
    reasons: dict[str, str]
    values: dict[str, float]


class Path:
    """What each step of a selection kept and dropped.

    Attributes
    ----------
    steps
        ``step n dropped`` (counts by reason), ready for JSON; the candidates first, where there
        are any.
    kept, n_candidates
        The features that the last step left, and how many there were at first.
    """

    def __init__(self, candidates: list[str]) -> None:
        self.kept, self.n_candidates = candidates, len(candidates)
        self.steps: list[dict[str, Any]] = []
        if candidates:
            self.steps.append({"step": "candidates", "n": len(candidates), "dropped": {}})
        self._rows: list[list[Any]] = []

    def add(self, step: str, selected: Selected) -> None:
        """Write down a step."""
        self.kept = selected.columns
        counts = Counter(selected.reasons.values())
        dropped = {reason: counts[reason] for reason in sorted(counts)}
        self.steps.append({"step": step, "n": len(selected.columns), "dropped": dropped})
        reasons = dict.fromkeys(selected.columns) | selected.reasons
        self._rows += [
            [name, step, reason is None, reason, selected.values.get(name)]
            for name, reason in reasons.items()
        ]

    def table(self) -> pd.DataFrame:
        """Return ``feature step kept reason value``: a row for each feature that reached a step.

        Within a step the features kept come first, the most preferred before others.
        """
        table = pd.DataFrame(self._rows, columns=COLUMNS)
        return table.astype({"kept": bool, "reason": object, "value": float})


def select_by_name(
    candidates: list[str],
    steps: list[dict[str, Any]],
    stability: pd.DataFrame | None,
    path: Path,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Apply the steps at the head of the list that read no values; return names and other steps.

    They come before harmonisation, which pools over features what centres do to them.

    Parameters
    ----------
    candidates
        Names of features in the order of their table.
    steps
        The plan's list; ``kind`` names the module.
    stability
        Index feature, ``icc kept``, for the folds left out of this fit; None without a table.
    path
        Is told of each step.
    """
    first = list(takewhile(lambda step: not _module(step).READS_VALUES, steps))
    table, nobody = pd.DataFrame(columns=candidates, dtype=float), pd.Series(dtype=int)
    for step in first:
        selected = _module(step).select(table, nobody, step, stability, 0)
        path.add(step["kind"], selected)
        table = table[selected.columns]
    return list(table.columns), steps[len(first) :]


def select_by_value(
    table: pd.DataFrame,
    outcome: pd.Series,
    steps: list[dict[str, Any]],
    stability: pd.DataFrame | None,
    seed: int,
    path: Path,
) -> pd.DataFrame:
    """Apply the other steps and return the features kept, missing values as they came.

    Parameters
    ----------
    table
        Index patient, of the patients fitted on; one float column a feature.
    outcome
        Of the same patients, 0 or 1.
    steps, stability, path
        See ``select_by_name``.
    seed
        Of this fit; each step derives its own.

    Raises
    ------
    BadInput
        If features or outcomes cannot be used.
    """
    if not steps:
        return table
    check_training(table, outcome)
    known = table.loc[:, table.notna().any()]
    if known.shape[1] < table.shape[1]:
        gone = dict.fromkeys(table.columns.difference(known.columns), "missing in every patient")
        path.add("known", Selected(list(known.columns), gone, {}))
    filled = fill_medians(known)
    for place, step in enumerate(steps):
        own = derive_seed(seed, "selection", str(place), step["kind"])
        if filled.shape[1]:
            selected = _module(step).select(filled, outcome, step, stability, own)
        else:
            selected = Selected([], {}, {})
        path.add(step["kind"], selected)
        filled = filled[selected.columns]
    return table[list(filled.columns)]


def outcome_warnings(settings: dict[str, Any]) -> list[str]:
    """Say which steps made inner folds judge features that their own patients had chosen."""
    steps = [step["kind"] for step in settings.get("selection", []) if reads_outcome(step)]
    if not steps or "inner_folds" not in settings:
        return []
    return [
        f"{', '.join(steps)} read the outcomes of all inner folds: the cross-validation inside the"
        " fit is too kind, and the penalty too small or the risks too extreme"
    ]


def reads_outcome(step: dict[str, Any]) -> bool:
    """Whether a step of the plan chooses features by the outcome."""
    return getattr(_module(step), "READS_OUTCOME", False) or step.get("prefer") == "outcome"


def _module(step: dict[str, Any]) -> Any:
    return load_kind("selection", step["kind"])


def stability_of(stability: pd.DataFrame | None, left_out: str) -> pd.DataFrame | None:
    """Return the verdicts without the left-out folds: index feature, ``icc kept``; None if none.

    Parameters
    ----------
    stability
        Columns ``feature left_out icc kept``; None without a table.
    left_out
        The folds left out: ``none``, ``1``, ``1+2``, …
    """
    if stability is None or not (rows := stability["left_out"] == left_out).any():
        return None
    return stability.loc[rows].set_index("feature")[["icc", "kept"]]
