"""Table 1: patients with and without the event, and each set against training, with the right test.

Its p values describe the patients. They are never used to choose predictors, which would fit a
model to all patients and not to those of a fold.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from radproof.cohort.group_tests import Tested, compare_categories, compare_numbers
from radproof.errors import BadInput
from radproof.models.checks import outcome_problems
from radproof.models.design import by_patient, plan_columns
from radproof.tables import as_level

COLUMNS = [
    *("comparison", "set", "variable", "level", "summary"),
    *("first", "n_first", "value_first", "missing_first"),
    *("second", "n_second", "value_second", "missing_second"),
    *("test", "p", "note"),
]
TRAIN = "train"
EVENT = {0: "no event", 1: "event"}
OUTCOME = {"name": "outcome", "kind": "category", "levels": ["0", "1"]}

Variable = Mapping[str, Any]


def table_1(patients: pd.DataFrame, clinical: Sequence[Variable]) -> pd.DataFrame:
    """Compare patients by outcome within each set, and the other sets with training.

    Parameters
    ----------
    patients
        ``patient set outcome`` and the clinical variables, one row a patient.
    clinical
        The plan's entries: ``name``, ``kind`` (number or category), ``levels`` or ``unit``.

    Returns
    -------
    pandas.DataFrame
        One row a comparison (``outcome`` within a set, or ``sets``), variable and level. Of the
        ``first`` and the ``second`` group: ``n`` patients with a known value, the ``value`` as
        ``summary`` says, and how many are ``missing``. ``p`` is of the whole variable, the same in
        all rows of its levels, by the named ``test``; where there is none, ``note`` says why.

    Raises
    ------
    BadInput
        If an outcome is neither 0 nor 1, or a value is none that the plan allows: such patients
        would be counted in no group or level.
    """
    patients = by_patient(patients)
    if wrong := outcome_problems(patients["outcome"]):
        raise BadInput(wrong)
    plan_columns(patients, clinical)
    rows: list[dict[str, Any]] = []
    sets = {str(name): group for name, group in patients.groupby("set", sort=False)}
    for name, group in sets.items():
        pair = {word: group[group["outcome"] == code] for code, word in EVENT.items()}
        place = {"comparison": "outcome", "set": name}
        for variable in clinical:
            rows += [place | row for row in _compared(variable, pair)]
    others = [name for name in sets if name != TRAIN] if TRAIN in sets else []
    for name in others:
        pair = {TRAIN: sets[TRAIN], name: sets[name]}
        for variable in [OUTCOME, *clinical]:
            rows += [{"comparison": "sets", "set": name} | row for row in _compared(variable, pair)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _compared(variable: Variable, pair: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a variable in two named groups."""
    name = str(variable["name"])
    first, second = (rows[name] for rows in pair.values())
    compare = _numbers if variable["kind"] == "number" else _levels
    tested, summary, described = compare(variable, first.dropna(), second.dropna())
    shared: dict[str, Any] = {"variable": name, "summary": summary}
    shared |= {"test": tested.test, "p": tested.p, "note": tested.note or None}
    for side, group, column in zip(("first", "second"), pair, (first, second), strict=True):
        known = int(column.count())
        shared |= {side: group, f"n_{side}": known, f"missing_{side}": len(column) - known}
    for level, *values in described:
        yield {**shared, "level": level, "value_first": values[0], "value_second": values[1]}


Compared = tuple[Tested, str, list[tuple[str | None, str | None, str | None]]]


def _numbers(variable: Variable, first: pd.Series, second: pd.Series) -> Compared:
    a, b = first.astype(float), second.astype(float)
    tested = compare_numbers(a.to_numpy(), b.to_numpy())
    show = _mean if tested.normal else _median
    summary = "mean (SD)" if tested.normal else "median (quartiles)"
    return tested, summary, [(variable.get("unit"), show(a), show(b))]


def _levels(variable: Variable, first: pd.Series, second: pd.Series) -> Compared:
    a, b = first.map(as_level), second.map(as_level)
    levels = [str(level) for level in variable["levels"]]
    counts = [[int((column == level).sum()) for level in levels] for column in (a, b)]
    described = [(level, _share(a, level), _share(b, level)) for level in levels]
    return compare_categories(*counts), "n (%)", [*described]


def _mean(values: pd.Series) -> str:
    return f"{values.mean():.2f} ({values.std():.2f})"


def _median(values: pd.Series) -> str | None:
    if values.empty:
        return None
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _share(values: pd.Series, level: str) -> str | None:
    count = int((values == level).sum())
    return f"{count} ({100 * count / len(values):.1f} %)" if len(values) else None
