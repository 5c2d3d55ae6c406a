"""Pairs of models side by side: the same patients, in one set, by one kind of prediction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem

PAIR = ["first", "second", "set", "kind", "n", "n_events"]
ONE_CLASS = "one class of the outcome"
NESTED = "nested models on the patients they were fitted on: the test does not hold"


@dataclass(frozen=True)
class Pair:
    """Two models on the patients of one set, by one kind of prediction.

    ``entry`` is the plan's comparison; ``outcome`` (n,) 0 or 1; ``first`` and ``second`` (n,)
    probabilities, in the same order of patients.
    """

    entry: dict[str, Any]
    keys: dict[str, Any]
    outcome: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @property
    def has_both(self) -> bool:
        """Whether both classes of the outcome occur."""
        return np.unique(self.outcome).size == 2

    @property
    def is_testable(self) -> bool:
        """Whether tests hold: not for ``nested`` models on the patients they were fitted on.

        Source: Demler et al. 2012 (Stat Med 31:2577); Pepe et al. 2014 (Biostatistics 15:277).
        """
        return not (self.entry.get("nested") and self.keys["kind"] == "apparent")


def paired_groups(
    predictions: pd.DataFrame, comparisons: Sequence[dict[str, Any]]
) -> Iterator[list[Pair]]:
    """Yield, for each set and kind, the pairs of the comparisons whose models have predictions.

    ``keys`` of a pair are ``first second set kind n n_events``. Predictions are checked before.
    """
    for (name, kind), group in predictions.groupby(["set", "kind"], sort=False):
        wide = group.pivot(index="patient", columns="model", values="probability")
        outcome = group.drop_duplicates("patient").set_index("patient")["outcome"]
        ordered = outcome.loc[wide.index].to_numpy()
        known = {"set": str(name), "kind": str(kind), "n": len(wide)}
        known["n_events"] = int(ordered.sum())
        yield [
            Pair(
                entry,
                {"first": entry["first"], "second": entry["second"]} | known,
                ordered,
                wide[entry["first"]].to_numpy(float),
                wide[entry["second"]].to_numpy(float),
            )
            for entry in comparisons
            if entry["first"] in wide and entry["second"] in wide
        ]


def check_names(comparisons: Sequence[dict[str, Any]], models: set[str]) -> None:
    """Refuse comparisons of models that there are not.

    Raises
    ------
    BadInput
        Naming each.
    """
    expected = f"one of {', '.join(sorted(models))}"
    problems = [
        Problem("no predictions of the model", found=entry[side], expected=expected)
        for entry in comparisons
        for side in ("first", "second")
        if entry[side] not in models
    ]
    if problems:
        raise BadInput(problems)
