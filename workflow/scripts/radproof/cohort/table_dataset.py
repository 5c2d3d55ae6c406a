"""A data set made of one table: participants with the outcome, and their features."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.stats.tables import header_of, read_texts
from radproof.tables import write_table


def make_dataset(
    table: Path, folder: Path, outcome: str, patient: str | None, clinical: Sequence[str]
) -> int:
    """Write ``participants.tsv`` and ``features.tsv`` of a table, one row a patient; return n.

    Cells are copied as they are written, missing ones as ``n/a``.

    Parameters
    ----------
    table
        CSV or TSV, plain or gzipped.
    folder
        Where the two tables go.
    outcome, clinical
        Columns of the participants; all others are features.
    patient
        Column whose letters and digits label the patients; None numbers them in the table's order.

    Raises
    ------
    BadInput
        If the table cannot be read, lacks a column, or two patients would have one label.
    """
    columns = header_of(table)
    named = [outcome, *clinical, *([patient] if patient else [])]
    texts = read_texts(table, list(dict.fromkeys([*columns, *named])))
    labels = _labels(texts, table, patient)
    texts.insert(0, "participant_id", [f"sub-{label}" for label in labels])
    features = [name for name in columns if name not in named]
    write_table(texts[["participant_id", outcome, *clinical]], folder / "participants.tsv")
    write_table(texts[["participant_id", *features]], folder / "features.tsv")
    return len(texts)


def _labels(texts: pd.DataFrame, table: Path, patient: str | None) -> list[str]:
    if patient is None:
        digits = len(str(len(texts)))
        return [f"P{number:0{digits}d}" for number in range(1, len(texts) + 1)]
    labels = [re.sub(r"[^A-Za-z0-9]", "", text or "") for text in texts[patient]]
    lowered = pd.Series(labels).str.lower()
    problems = [
        Problem("row without a patient", file=str(table), found=f"row {row + 2}")
        for row, label in enumerate(labels)
        if not label
    ]
    problems += [
        Problem("patient stands twice", patient=label, file=str(table))
        for label in lowered[lowered.duplicated() & (lowered != "")].unique()
    ]
    if problems:
        raise BadInput(problems)
    return labels
