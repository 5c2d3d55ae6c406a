"""What evaluation accepts: outcomes, scores and tables of predictions; every problem is named."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from radproof.errors import BadInput, Problem

KINDS = ("apparent", "out_of_fold", "held_out")
# Treating everybody and nobody stand beside the models in tables of net benefit.
RESERVED = ("all", "none")
NEEDED = ("patient", "set", "outcome", "model", "kind", "probability")


def check_outcome(outcome: ArrayLike, both_classes: bool = True) -> np.ndarray:
    """Return the outcome as booleans, shape (n,), True for an event.

    Raises
    ------
    BadInput
        If there are no patients, a value is neither 0 nor 1, or (with ``both_classes``) only one
        of the two occurs.
    """
    values = _numbers(outcome, "outcome")
    if values.size == 0:
        raise BadInput(Problem("no patients"))
    wrong = values[(values != 0) & (values != 1)]
    if wrong.size:
        expected = "0 or 1, 1 for an event"
        raise BadInput(Problem("outcome is not 0 or 1", found=_some(wrong), expected=expected))
    events = values == 1
    if both_classes and np.unique(events).size == 1:
        raise BadInput(
            Problem(
                "only one class of the outcome",
                found=f"{values.size} patients, all {int(values[0])}",
                expected="both 0 and 1",
            )
        )
    return events


def check_scores(scores: ArrayLike, size: int, name: str = "score") -> np.ndarray:
    """Return scores as floats, shape (k, n); one score of shape (n,) becomes (1, n).

    Raises
    ------
    BadInput
        If their number differs from that of outcomes or a value is missing or infinite.
    """
    values = np.atleast_2d(_numbers(scores, name))
    if values.ndim != 2 or values.shape[1] != size:
        found = f"{values.shape[-1]} values"
        raise BadInput(Problem(f"{name} does not fit the outcome", found=found, expected=str(size)))
    if not np.isfinite(values).all():
        wrong = values[~np.isfinite(values)]
        raise BadInput(Problem(f"{name} is missing or infinite", found=_some(wrong)))
    return values


def check_probability(probability: ArrayLike, size: int, name: str = "probability") -> np.ndarray:
    """Return probabilities as floats, shape (n,), each from 0 to 1.

    Raises
    ------
    BadInput
        If their number differs from that of outcomes, or a value is missing or outside 0 to 1.
    """
    values = check_scores(probability, size, name)[0]
    wrong = values[(values < 0) | (values > 1)]
    if wrong.size:
        raise BadInput(Problem(f"{name} is outside 0 to 1", found=_some(wrong)))
    return values


def _numbers(values: ArrayLike, name: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInput(Problem(f"{name} is not a number", found=str(error))) from error


def _some(values: np.ndarray) -> str:
    """Say the first few of the values that are wrong, and how many there are."""
    first = ", ".join(f"{value:g}" for value in values[:3])
    return first if values.size <= 3 else f"{first}, ... ({values.size} values)"


def check_predictions(predictions: pd.DataFrame) -> None:
    """Refuse a table of predictions that cannot be evaluated as it stands.

    Parameters
    ----------
    predictions
        ``patient set outcome model kind probability``; all models, one below the other.

    Raises
    ------
    BadInput
        Naming every column that is missing; or every row with an outcome other than 0 and 1, a
        probability missing or outside 0 to 1, an unknown kind, or no model, set or patient;
        patients predicted twice; and
        models of one set and kind that do not judge the same patients with the same outcomes.
    """
    lacking = [name for name in NEEDED if name not in predictions.columns]
    if lacking:
        raise BadInput(Problem("predictions lack columns", found=", ".join(lacking)))
    if predictions.empty:
        raise BadInput(Problem("no predictions"))
    problems = [
        Problem("name of a model is reserved", found=name, remedy="rename the model in the plan")
        for name in RESERVED
        if (predictions["model"] == name).any()
    ]
    problems += _problems_of_rows(predictions) + _problems_of_groups(predictions)
    if problems:
        raise BadInput(problems)


def _problems_of_rows(predictions: pd.DataFrame) -> list[Problem]:
    probability = pd.to_numeric(predictions["probability"], errors="coerce")
    keys = ["model", "set", "kind", "patient"]
    tests: list[tuple[str, Any, str, str]] = [
        ("outcome is not 0 or 1", ~predictions["outcome"].isin([0, 1]), "outcome", ""),
        ("not a probability", ~probability.between(0, 1), "probability", "from 0 to 1"),
        ("unknown kind", ~predictions["kind"].isin(KINDS), "kind", ", ".join(KINDS)),
        ("predicted twice", predictions.duplicated(keys), "kind", ""),
        *(
            (f"no {name}", predictions[name].isna(), name, "")
            for name in ("model", "set", "patient")
        ),
    ]
    return [
        Problem(
            f"model {row['model']}: {what}",
            patient=str(row["patient"]),
            found=str(row[column]),
            expected=expected,
        )
        for what, wrong, column, expected in tests
        for _, row in predictions[wrong].iterrows()
    ]


def _problems_of_groups(predictions: pd.DataFrame) -> list[Problem]:
    """Find models that judge other patients, or the same with other outcomes, than the first."""
    problems = []
    for (name, kind), group in predictions.groupby(["set", "kind"], sort=False):
        judged = {
            str(model): frozenset(zip(rows["patient"], rows["outcome"], strict=True))
            for model, rows in group.groupby("model", sort=False)
        }
        first, *others = judged
        problems += [
            Problem(
                f"models {first} and {other} do not judge the same patients and outcomes",
                found=f"{len(judged[first] ^ judged[other])} differences in set {name}, {kind}",
            )
            for other in others
            if judged[other] != judged[first]
        ]
    return problems
