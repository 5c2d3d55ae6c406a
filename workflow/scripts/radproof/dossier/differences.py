"""Differences between a table as it was reported and as it is computed again."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.tables import as_level

RELATIVE_TOLERANCE = 1e-9
# What is 0 but for rounding: differences of models and masks, intercepts, slopes, correlations and
# their bounds, net benefit. A p value is never near 0 by rounding, and its digits count however
# small it is.
ABSOLUTE_TOLERANCE = 1e-12


def differences(name: str, reported: pd.DataFrame, computed: pd.DataFrame) -> list[str]:
    """Return one line for each row that one table lacks, and each cell that differs.

    Rows are compared by what they are of, in any order: a row that was taken out is one line.

    Parameters
    ----------
    name
        Of the table, to begin lines with.
    reported
        As it was read.
    computed
        What it should hold. Rows are told apart by its first columns of text.
    """
    if list(reported.columns) != list(computed.columns):
        return [
            f"{name}: columns are {', '.join(reported.columns)}, not {', '.join(computed.columns)}"
        ]
    computed = computed.reset_index(drop=True).infer_objects()
    keys = _keys(computed)
    found, expected = _labels(reported, keys), _labels(computed, keys)
    counts = pd.DataFrame({"found": found.value_counts(), "expected": expected.value_counts()})
    counts = counts.reindex(pd.concat([expected, found]).unique()).fillna(0).astype(int)
    unequal = counts[counts["found"] != counts["expected"]]
    lines = [f"{name}: {a} rows{label}, not {b}" for label, a, b in unequal.itertuples()]
    here, there = _numbered(found), _numbered(expected)
    shared = here[here.isin(there) & ~found.isin(unequal.index)]
    rows, others = here.get_indexer(shared), there.get_indexer(shared)
    return lines + _cells(name, reported.iloc[rows], computed.iloc[others])


def capped(name: str, lines: list[str], most: int) -> list[str]:
    """Return at most so many lines of a table, and one that says how many more there are."""
    left = len(lines) - most
    return lines if left <= 0 else [*lines[:most], f"{name}: {left:,} differences more"]


def _keys(table: pd.DataFrame) -> list[str]:
    """Return the first columns of text, as few as tell rows apart; else those before any number."""
    numeric = [pd.api.types.is_numeric_dtype(column) for _, column in table.items()]
    texts = [str(name) for name, is_number in zip(table, numeric, strict=True) if not is_number]
    for end in range(1, len(texts) + 1):
        if not table.duplicated(texts[:end]).any():
            return texts[:end]
    return [str(name) for name in table.columns[: [*numeric, True].index(True)]]


def _labels(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return what each row is of, as text."""
    label = pd.Series("", index=table.index)
    for place, name in enumerate(keys):
        column = table[name].astype(object)
        text = column.where(column.notna(), "").map(str)
        label += f"{', ' if place else ' of '}{name} " + text
    return label


def _numbered(labels: pd.Series) -> pd.MultiIndex:
    """Return labels with a running number among equal ones."""
    return pd.MultiIndex.from_arrays([labels, labels.groupby(labels).cumcount()])


def _cells(name: str, reported: pd.DataFrame, computed: pd.DataFrame) -> list[str]:
    """Return one line for each cell that differs; rows are in the same order."""
    lines = []
    rows = reported.index.to_numpy() + 1
    for column in computed.columns:
        found, expected = reported[column], computed[column]
        absolute = 0.0 if "p" in str(column).split("_") else ABSOLUTE_TOLERANCE
        for place in np.flatnonzero(~_alike(found, expected, absolute)):
            said = _said(found.iloc[place], expected.iloc[place])
            lines.append(f"{name} row {rows[place]} {column}: {said}")
    return lines


def _said(found: Any, expected: Any) -> str:
    if isinstance(found, str) and isinstance(expected, float | np.integer):
        return f"{found} is no number"
    return f"{'n/a' if pd.isna(found) else found}, not {'n/a' if pd.isna(expected) else expected}"


def _alike(found: pd.Series, expected: pd.Series, absolute: float) -> np.ndarray:
    """Return, cell by cell, whether a column as read says the same as it was computed."""
    is_number, is_bool = pd.api.types.is_numeric_dtype, pd.api.types.is_bool_dtype
    if not is_number(expected) or (is_bool(expected) and not is_number(found)):
        pairs = zip(found, expected, strict=True)
        return np.array([_same(*pair, absolute) for pair in pairs], dtype=bool)
    # One cell of text makes text of the whole column.
    numbers = pd.to_numeric(found, errors="coerce")
    a, b = (column.to_numpy(dtype=float, na_value=np.nan) for column in (numbers, expected))
    close = np.isclose(a, b, rtol=RELATIVE_TOLERANCE, atol=absolute, equal_nan=True)
    return close & (numbers.notna() | found.isna()).to_numpy()


def _same(found: Any, expected: Any, absolute: float) -> bool:
    # An empty text is read as a missing value.
    if pd.isna(found) or pd.isna(expected) or expected == "":
        return bool(pd.isna(found) and (pd.isna(expected) or expected == ""))
    numbers = int, float, np.integer, np.floating
    if isinstance(found, numbers) and isinstance(expected, numbers):
        return bool(np.isclose(found, expected, rtol=RELATIVE_TOLERANCE, atol=absolute))
    # A level 1 beside a gap is read as 1.0.
    return as_level(found) == as_level(expected)
