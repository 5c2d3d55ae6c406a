"""Tables given on the command line: CSV or TSV, checked column by column."""

import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem

MISSING = ["", "NA", "NaN", "nan", "n/a", "N/A", "null", "NULL"]
ROWS_NAMED, COLUMNS_NAMED = 5, 10
# Sums of squares of larger values are infinite.
LARGEST = 1e150


@dataclass(frozen=True)
class GivenTable:
    """The columns asked for, in the order of the file.

    ``rows`` holds every row, missing values included; ``complete`` those without any, and
    ``n_dropped`` counts the others.
    """

    rows: pd.DataFrame
    complete: pd.DataFrame
    n_dropped: int

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were complete, and how many were not."""
        return {"n": len(self.complete), "n_dropped": self.n_dropped}


def header_of(path: Path) -> list[str]:
    """Return the names of the columns of a table.

    Raises
    ------
    BadInput
        If the file cannot be read or has no header.
    """
    return _lines(path)[0]


def read_given_table(
    path: Path,
    numbers: Sequence[str],
    classes: Sequence[str] = (),
    texts: Sequence[str] = (),
    drop_missing: bool = False,
) -> GivenTable:
    """Read columns of a CSV or TSV table, plain or gzipped; a tab in the header makes it TSV.

    Parameters
    ----------
    numbers, classes, texts
        Columns to be read as finite numbers (up to ``LARGEST`` in size), as 0 or 1, and as text.
    drop_missing
        Whether rows with a missing value in any of them are set aside rather than refused.

    Raises
    ------
    BadInput
        Naming every column that the table lacks or has twice, and every one that holds text among
        numbers, infinite or too large values, classes other than 0 and 1 or, unless dropped,
        missing values.
    """
    raw = read_texts(path, list(dict.fromkeys([*classes, *numbers, *texts])))
    problems: list[Problem] = []
    columns = {}
    for name, column in raw.items():
        if name in texts:
            columns[str(name)] = column
            continue
        values, wrong = _numbers(column, name in classes)
        columns[str(name)] = values
        if wrong:
            expected = "0 or 1" if name in classes else "finite numbers"
            problems.append(_problem(path, f"column {name}", wrong, expected))
    table = pd.DataFrame(columns)
    missing = raw.isna()
    if not drop_missing:
        problems += [
            _problem(
                path, f"column {name}", found_in_rows(raw[name], missing[name]), "no missing values"
            )
            for name in raw
            if missing[name].any()
        ]
    if problems:
        raise BadInput(problems)
    complete = table[~missing.any(axis=1)]
    if complete.empty:
        raise BadInput(Problem("no complete rows in the table", file=str(path)))
    return GivenTable(table, complete, len(table) - len(complete))


def _lines(path: Path) -> list[list[str]]:
    """Return the cells of every line that is not blank."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            separator = "\t" if "\t" in first else ","
            lines = list(csv.reader(chain([first], stream), delimiter=separator))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise BadInput(Problem("table cannot be read", file=str(path), found=str(error))) from error
    if not any(lines[:1]):
        raise BadInput(Problem("table has no header", file=str(path)))
    # In a table of one column a blank line is a missing value.
    return [line or [""] for line in lines if line or len(lines[0]) == 1]


def _among(name: str, names: list[str]) -> str:
    """Return the columns there are, those of nearly the same name first, and how many are more."""
    lowered = {other.lower(): other for other in names}
    alike = [lowered[one] for one in get_close_matches(name.lower(), lowered, cutoff=0.7)]
    shown = [*alike, *(other for other in names if other not in alike)][:COLUMNS_NAMED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"one of {', '.join(shown)}{more}"


def read_texts(path: Path, wanted: list[str]) -> pd.DataFrame:
    """Return the wanted columns as text, None where a value is missing.

    Raises
    ------
    BadInput
        If the file cannot be read, has no rows, or lacks a column or has it twice.
    """
    names, *rows = _lines(path)
    problems = [
        Problem(f"no column {name}", file=str(path), expected=_among(name, names))
        for name in wanted
        if name not in names
    ]
    problems += [
        Problem(f"column {name} stands twice", file=str(path))
        for name in wanted
        if names.count(name) > 1
    ]
    problems += [
        Problem(
            f"row {number} does not fit the header",
            file=str(path),
            found=f"{len(row)} cells",
            expected=str(len(names)),
        )
        for number, row in enumerate(rows, 2)
        if len(row) != len(names)
    ]
    if not rows:
        problems.append(Problem("table has no rows", file=str(path)))
    if problems:
        raise BadInput(problems)
    cells = {
        name: [row[place].strip() for row in rows]
        for place, name in enumerate(names)
        if name in wanted
    }
    table = pd.DataFrame(cells, dtype=object)
    return table.mask(table.isin(MISSING), None)[wanted]


def _numbers(column: pd.Series, classes: bool) -> tuple[pd.Series, str]:
    """Return the numbers of a column of text, and what is wrong with some of them."""
    known = column.dropna()
    values = {row: number_of(text) for row, text in known.items()}
    allowed = {
        row: value is not None and abs(value) <= LARGEST and (not classes or value in (0, 1))
        for row, value in values.items()
    }
    wrong = pd.Series(allowed, dtype=bool).reindex(column.index, fill_value=True)
    numbers = pd.Series(values, dtype=float).reindex(column.index)
    return numbers, found_in_rows(column, ~wrong)


def number_of(text: str) -> float | None:
    """Return the number that a text is; the parser of Python, which rounds correctly."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def found_in_rows(column: pd.Series, wrong: pd.Series | np.ndarray) -> str:
    """Say which rows of a file (the header is row 1) hold which wrong values.

    The index of the column counts the rows of the file from 0.
    """
    rows = np.flatnonzero(wrong)
    if not rows.size:
        return ""
    said = [
        f"{'nothing' if pd.isna(column.iloc[row]) else column.iloc[row]}"
        f" in row {column.index[row] + 2}"
        for row in rows[:ROWS_NAMED]
    ]
    more = [f"and {rows.size - ROWS_NAMED} more"] if rows.size > ROWS_NAMED else []
    return ", ".join(said + more)


def _problem(path: Path, what: str, found: str, expected: str) -> Problem:
    remedy = "mend them or set such rows aside with --drop-missing" if "missing" in expected else ""
    return Problem(what, file=str(path), found=found, expected=expected, remedy=remedy)
