"""What was recomputed of one job: its tables anew, and what is only as it was recorded."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from radproof.dossier.lineage import Record
from radproof.errors import BadInput, Problem
from radproof.provenance import sha256_of
from radproof.tables import read_table

PATIENTS = "cohort/patients.tsv"


@dataclass
class Recomputed:
    """Tables of a job, by their place in the results folder, as they are computed again.

    ``n_given`` counts, by table, the columns that were taken as they stand. ``notes`` say which
    tables those are, and ``differences`` which of them are not the file that the job recorded.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    n_given: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    differences: dict[str, str] = field(default_factory=dict)


def inputs_of(results: Path, record: Record) -> dict[str, list[Path]]:
    """Return where the inputs of a job lie, by their name."""
    inputs = defaultdict(list)
    for entry in record["inputs"]:
        inputs[entry["name"]].append(results / entry["path"])
    return inputs


def places_of(record: Record) -> dict[str, str]:
    """Return the places of a job's outputs in the results folder, by their name."""
    return {entry["name"]: entry["path"] for entry in record["outputs"]}


def missing(paths: list[Path]) -> list[Path]:
    """Return the files that are not there."""
    return [path for path in paths if not path.is_file()]


def compare_with_record(
    results: Path, record: Record, name: str, what: str, gone: list[Path], into: Recomputed
) -> None:
    """Note that a table was not recomputed, and compare its SHA-256 with the job's record.

    Parameters
    ----------
    name
        Of the output.
    what
        It holds, in the plural.
    gone
        The files that it was made of and that are missing.
    into
        Takes the note, and the difference where there is one.

    Raises
    ------
    BadInput
        If the table is missing.
    """
    entry = next(entry for entry in record["outputs"] if entry["name"] == name)
    path = results / entry["path"]
    if not path.is_file():
        raise BadInput(Problem("table is missing", file=str(path)))
    into.notes.append(
        f"{what} were not recomputed: files that they are made of are missing ({len(gone)}, the"
        f" first {gone[0].relative_to(results)}); the SHA-256 of {entry['path']} was compared with"
        " the record instead"
    )
    if sha256_of(path) != entry["sha256"]:
        job = f"{record['rule']} {record['label']}"
        into.differences[entry["path"]] = f"{entry['path']}: file is not what {job} recorded"


def without_patients(results: Path, record: Record, tables: dict[str, str]) -> Recomputed | None:
    """Return how a job's tables (output → what they hold) compare with its record, without values.

    None where the patients' values are there, and all can be computed again.
    """
    gone = results / PATIENTS
    if gone.is_file():
        return None
    compared = Recomputed()
    for name, what in tables.items():
        compare_with_record(results, record, name, what, [gone], compared)
    return compared


def read_numbers(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a table of which some columns hold numbers.

    Raises
    ------
    BadInput
        If it cannot be read, lacks one of the columns, or holds text in it.
    """
    table = read_table(path)
    problems = []
    for name in columns:
        if name not in table:
            problems.append(Problem(f"table lacks column {name}", file=str(path)))
            continue
        wrong = table[name].notna() & pd.to_numeric(table[name], errors="coerce").isna()
        problems += [
            Problem(
                f"column {name} holds text",
                file=str(path),
                found=f"{table[name].iloc[row]} in row {row + 1}",
            )
            for row in np.flatnonzero(wrong)
        ]
    if problems:
        raise BadInput(problems)
    return table


@contextmanager
def of_this_version(record: Path) -> Iterator[None]:
    """Turn what is wrong with a record, or a table that it names, into a message that names it.

    Raises
    ------
    BadInput
        If something is looked up that is not there, or is of another type than a job wrote.
    """
    try:
        yield
    except BadInput:
        raise
    except KeyError as error:
        raise BadInput(
            Problem(
                "record or its tables are of another version of Radproof",
                file=str(record),
                found=f"no {error.args[0]}",
                remedy="verify with the version that wrote them, or run the study again",
            )
        ) from error
    except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        what, remedy = "record or its tables are not as a job wrote them", "restore them"
        raise BadInput(Problem(what, file=str(record), found=str(error), remedy=remedy)) from error
