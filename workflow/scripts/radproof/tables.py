"""Reading and writing tables so that values round-trip and bytes repeat."""

import csv
import json
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.processes import runs

MISSING = "n/a"
LEFT_OVER_S = 3600


def read_table(path: str | Path, text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a tab-separated table; ``n/a`` and empty cells are missing.

    Columns named in ``text`` stay text whatever they look like (``01`` is not 1); so does any
    column called ``patient``, ``participant_id``, ``person``, ``fold``, ``set`` or ``left_out``.

    Raises
    ------
    BadInput
        If the file is missing, empty or not a table, has two columns of one name, or a row that
        does not fit the header.
    """
    always_text = ("patient", "participant_id", "person", "fold", "set", "left_out", *text)
    try:
        _refuse_misfits(path)
        return pd.read_csv(
            path,
            sep="\t",
            keep_default_na=False,
            na_values=[MISSING, ""],
            dtype=dict.fromkeys(always_text, "str"),
        )
    except (OSError, ValueError, csv.Error) as error:
        raise BadInput(
            Problem(
                "table cannot be read",
                file=str(path),
                found=(str(error).splitlines() or [""])[0],
                remedy="give a tab-separated UTF-8 table with a header row",
            )
        ) from error


def _refuse_misfits(path: str | Path) -> None:
    """Raise where pandas would rename a column, or move the cells of a row, without a word."""
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, delimiter="\t")
        header = next(rows, [])
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise ValueError(f"two columns are called {twice[0]}")
        for row in rows:
            if row and len(row) != len(header):
                cells = f"{len(row)} cells under {len(header)} columns"
                raise ValueError(f"{cells} in line {rows.line_num}")


def as_level(value: Any) -> str:
    """Return a category as text; a table read without types makes 2 or 2.0 of the level 2."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a tab-separated table; floats are written to round-trip, missing values as ``n/a``."""
    with put_in_place(path) as unfinished:
        table.to_csv(unfinished, sep="\t", index=False, na_rep=MISSING, lineterminator="\n")


def read_features(path: str | Path) -> pd.DataFrame:
    """Read a feature table: one row a patient (index ``patient``), one float64 column a feature."""
    return pd.read_parquet(path).set_index("patient")


def write_features(table: pd.DataFrame, path: str | Path) -> None:
    """Write a feature table (index ``patient``) as Parquet, byte-repeatable."""
    whole = table.rename_axis("patient").reset_index()
    with put_in_place(path) as unfinished:
        whole.to_parquet(unfinished, index=False, compression="zstd")


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def as_json(value: Any) -> str:
    """Return JSON with stable order of lines; floats round-trip, NaN is refused."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON as :func:`as_json` returns it."""
    with put_in_place(path) as unfinished:
        unfinished.write_text(as_json(value), encoding="utf-8")


@contextmanager
def put_in_place(path: str | Path) -> Iterator[Path]:
    """Give a name beside a file to write to, and put it in the file's place when it is whole.

    A job that is stopped leaves the old file. The name is of this process of this machine, as the
    jobs of a cluster share the folder; of a job that was killed it stays, see `remove_unfinished`.
    A link keeps leading where it led; what is no file (``/dev/stdout``) is written to itself.
    """
    place = Path(path).resolve()
    if place.exists() and not place.is_file():
        yield place
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{socket.gethostname()}.{os.getpid()}.{place.name}")
    try:
        yield unfinished
        unfinished.replace(place)
    except OSError as error:
        error.filename = error.filename or str(place)  # a full disk is said without a name
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(paths: Iterable[str | Path]) -> None:
    """Remove what killed writers of some files left beside them.

    Of other machines, whose processes are not known here, what is an hour old.
    """
    places = [Path(path) for path in paths]
    for folder in {place.parent for place in places if place.parent.is_dir()}:
        hidden = [path for path in folder.iterdir() if path.name.startswith(".")]
        names = [re.escape(place.name) for place in places if place.parent == folder and hidden]
        unfinished = re.compile(rf"\.(?P<host>.+)\.(?P<process>\d+)\.({'|'.join(names)})")
        for path in hidden:
            name = unfinished.fullmatch(path.name)
            if name and _is_left_over(path, name["host"], int(name["process"])):
                path.unlink(missing_ok=True)


def _is_left_over(path: Path, host: str, process: int) -> bool:
    if host == socket.gethostname():
        return not runs(process)
    return path.exists() and time.time() - path.stat().st_mtime > LEFT_OVER_S
