"""What every command of the command line shares: exit codes, JSON and readable text."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from radproof.disk_faults import disk_problem
from radproof.errors import (
    EXIT_BAD_INPUT,
    EXIT_CHECK_FAILED,
    EXIT_DISK,
    BadInput,
    CheckFailed,
    Problem,
)


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn our errors into one line a problem on standard error, and the exit code."""
    try:
        yield
    except BadInput as error:
        for problem in error.problems:
            print(f"radproof: {problem}", file=sys.stderr)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    except CheckFailed as error:
        print(f"radproof: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_CHECK_FAILED) from None
    except OSError as error:
        disk = disk_problem(error, Path.cwd())
        if disk is None:
            raise
        print(f"radproof: {disk}", file=sys.stderr)
        raise typer.Exit(EXIT_DISK) from None


def emit(value: dict[str, Any], as_json: bool, text: str | None = None) -> None:
    """Print one JSON object, or ``text``; without it, the same values as readable text."""
    if as_json:
        print(json.dumps(plain(value), ensure_ascii=False))
    else:
        print(as_text(plain(value)) if text is None else text)


def named_files(entries: list[str], option: str, example: str) -> dict[str, str]:
    """Return what was given as NAME=FILE, in order.

    Raises
    ------
    BadInput
        If an entry has no name or no file, or a name stands twice.
    """
    return _pairs(entries, option, ("name", "file"), example, "give each file its own name")


def column_values(entries: list[str] | None, option: str) -> dict[str, str]:
    """Return what was given as COLUMN=VALUE, in order.

    Raises
    ------
    BadInput
        If an entry has no column or no value, or a column stands twice.
    """
    remedy = "a row has one value of a column: give each column once"
    return _pairs(entries or [], option, ("column", "value"), "sex=F", remedy)


def named_values(entries: list[str] | None, option: str) -> dict[str, str]:
    """Return what was given as NAME=VALUE, in order.

    Raises
    ------
    BadInput
        If an entry has no name or no value, or a name stands twice.
    """
    return _pairs(entries or [], option, ("name", "value"), "age=61", "give each name once")


def _pairs(
    entries: list[str], option: str, parts: tuple[str, str], example: str, remedy: str
) -> dict[str, str]:
    form = "=".join(parts).upper()
    pairs = [entry.partition("=")[::2] for entry in entries]
    problems = [
        Problem(f"{option} is not given as {form}", found=entry, expected=example)
        for entry, pair in zip(entries, pairs, strict=True)
        if not all(pair)
    ]
    names = [name for name, _ in pairs]
    problems += [
        Problem(f"{option} has one {parts[0]} twice", found=name, remedy=remedy)
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    if problems:
        raise BadInput(problems)
    return dict(pairs)


def plain(value: Any) -> Any:
    """Return a value in what JSON knows.

    Floats keep every digit; those that JSON has no number for become the strings "NaN", "Inf" and
    "-Inf".
    """
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    return value


def as_text(value: dict[str, Any], indent: str = "") -> str:
    """Return nested mappings as indented lines; alike ones below each other become a table."""
    lines = []
    width = max((len(key) for key in value), default=0)
    for key, part in value.items():
        if rows := _alike(part):
            lines += [f"{indent}{key}", *_table(rows, indent + "  ")]
        elif isinstance(part, dict):
            lines += [f"{indent}{key}", as_text(part, indent + "  ")]
        else:
            lines.append(f"{indent}{key:<{width}}  {_short(part)}")
    return "\n".join(line for line in lines if line)


def _alike(value: Any) -> list[dict[str, Any]]:
    """Return the rows of a list of mappings, or of a mapping of flat mappings with equal keys."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return value
    if not isinstance(value, dict) or not all(isinstance(part, dict) for part in value.values()):
        return []
    nested = any(isinstance(cell, dict) for part in value.values() for cell in part.values())
    if nested or len({tuple(part) for part in value.values()}) != 1:
        return []
    return [{"": name} | part for name, part in value.items()]


def _table(rows: list[dict[str, Any]], indent: str) -> list[str]:
    names = list(rows[0])
    cells = [names, *([_short(row[name]) for name in names] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
    return [
        indent + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, list):
        return ", ".join(map(_short, value)) or "none"
    return "" if value is None else str(value)
