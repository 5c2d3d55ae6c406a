"""The sheet: who trains, in which fold, and who is held out. Made once, kept as data."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.safety import text_fault
from radproof.tables import as_level, read_table

LABEL = re.compile(r"[A-Za-z0-9]{1,64}")
COLUMNS = ["patient", "dataset", "center", "set", "fold"]
VALUES_NAMED = 10


def read_sheet(path: str | Path) -> pd.DataFrame:
    """Read and check a sheet: text columns ``patient dataset center set fold``, None where missing.

    Raises
    ------
    BadInput
        Listing every problem: missing columns, patients that stand twice (whatever the case),
        labels that BIDS forbids, centres that no cell of a table should hold, training patients
        without a fold, others with one, fewer than two folds.
    """
    table = read_table(path, text=("dataset", "center"))
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise BadInput(Problem("sheet lacks columns", file=str(path), expected=", ".join(missing)))
    table = table[COLUMNS].astype(object).where(table[COLUMNS].notna(), None)
    problems = _row_problems(table, str(path))
    folds = table.loc[table["set"] == "train", "fold"].dropna()
    if folds.nunique() < 2:
        problems.append(
            Problem(
                "training set has too few folds",
                file=str(path),
                found=str(folds.nunique()),
                expected="at least 2",
                remedy="make the sheet with radproof split",
            )
        )
    if problems:
        raise BadInput(problems)
    return table


def _row_problems(table: pd.DataFrame, file: str) -> list[Problem]:
    problems = []
    lowered = table["patient"].astype("str").str.lower()
    for row in table[lowered.duplicated(keep="first") & lowered.notna()].itertuples():
        problems.append(Problem("patient stands twice", patient=str(row.patient), file=file))
    unfolded = table["fold"].isna()
    for row, no_fold in zip(table.itertuples(), unfolded, strict=True):
        patient = str(row.patient)
        for column in ("patient", "dataset", "set", *(() if no_fold else ("fold",))):
            value = getattr(row, column)
            if pd.isna(value) or not LABEL.fullmatch(str(value)):
                problems.append(
                    Problem(
                        f"{column} is not a plain label",
                        patient=patient,
                        file=file,
                        found=str(value),
                        expected="letters and digits, at most 64",
                    )
                )
        if fault := text_fault(str(row.center)):
            remedy = "give the center another name"
            problems.append(Problem(f"center {fault}", patient, file, str(row.center), "", remedy))
        if row.set == "train" and no_fold:
            problems.append(Problem("training patient has no fold", patient=patient, file=file))
        if row.set != "train" and not no_fold:
            problems.append(
                Problem(
                    "patient outside training has a fold",
                    patient=patient,
                    file=file,
                    found=str(row.fold),
                    expected="n/a",
                )
            )
    return problems


def make_sheet(
    participants: pd.DataFrame,
    outcome: str,
    test: float,
    folds: int,
    seed: int,
    stratify: list[str],
    external: dict[str, str],
    dataset: str,
) -> pd.DataFrame:
    """Split patients into a training set in folds and a test set, balanced and seeded.

    Parameters
    ----------
    participants
        ``participant_id`` (``sub-`` is dropped), the outcome, and the columns named below; a column
        ``center`` is taken over where there is one.
    outcome
        Column with 0 and 1, balanced between sets and folds.
    test
        Share of patients held out, at least 0 and below 1; 0 makes no test set.
    folds, seed
        Number of folds of the training set, and the seed of both splits.
    stratify
        Further columns to balance.
    external
        Column → value: patients with that value make a set of their own, named after the value.
    dataset
        Name of the data set.

    Raises
    ------
    BadInput
        If a column is missing, a patient stands twice, an outcome is missing or not 0/1, nobody has
        a value of ``external`` or it makes no name of a set, or a class is too small for the folds.
    """
    # Imported here because every plan of the graph reads a sheet, and few make one.
    from sklearn.model_selection import StratifiedKFold, train_test_split

    _check_participants(participants, outcome, [*stratify, *external])
    table = pd.DataFrame(
        {
            "patient": participants["participant_id"].str.removeprefix("sub-"),
            "dataset": dataset,
            "center": participants.get("center", pd.Series(dataset, participants.index)),
            "set": "train",
            "fold": pd.Series(None, participants.index, dtype=object),
        }
    )
    for column, value in external.items():
        chosen = participants[column].map(as_level, na_action="ignore") == value
        name = re.sub(r"[^A-Za-z0-9]", "", value)
        if not chosen.any():
            raise BadInput(_nobody_external(participants[column], value))
        if name in ("", "train", "test"):
            what, remedy = "external set has no name of its own", "rename the value in participants"
            raise BadInput(Problem(what, found=f"{column}={value}", remedy=remedy))
        table.loc[chosen, "set"] = name
    groups = participants[[outcome, *stratify]].astype(str).agg("|".join, axis=1)
    inside = table.index[table["set"] == "train"].to_numpy()
    _check_sizes(groups[inside], test, folds)
    if test > 0:
        inside, held_out = train_test_split(
            inside, test_size=test, random_state=seed, stratify=groups[inside]
        )
        table.loc[held_out, "set"] = "test"
    inside = np.sort(inside)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for number, (_, rows) in enumerate(splitter.split(inside, groups[inside]), 1):
        table.loc[inside[rows], "fold"] = str(number)
    return table[COLUMNS]


def _nobody_external(column: pd.Series, value: str) -> Problem:
    known = sorted(column.dropna().map(as_level).unique())
    more = f" and {len(known) - VALUES_NAMED} more" if len(known) > VALUES_NAMED else ""
    return Problem(
        "no participant is of the external set",
        found=f"nobody with {column.name}={value}",
        expected=f"one of {', '.join(known[:VALUES_NAMED])}{more}",
        remedy="correct --external",
    )


def _check_participants(participants: pd.DataFrame, outcome: str, others: list[str]) -> None:
    problems = [
        Problem(f"participants have no column {column}")
        for column in ["participant_id", outcome, *others]
        if column not in participants
    ]
    if problems:
        raise BadInput(problems)
    names = participants["participant_id"]
    for patient in names[names.str.lower().duplicated()]:
        problems.append(Problem("participant stands twice", patient=str(patient)))
    for patient, value in zip(names, participants[outcome], strict=True):
        if pd.isna(value) or value not in (0, 1):
            problems.append(
                Problem(
                    f"outcome {outcome} is wrong",
                    patient=str(patient),
                    found=str(value),
                    expected="0 or 1",
                    remedy="leave the patient out, or complete participants.tsv",
                )
            )
    if problems:
        raise BadInput(problems)


def _check_sizes(groups: pd.Series, test: float, folds: int) -> None:
    """Refuse classes that cannot be in every fold (and in the test set)."""
    needed = folds + (1 if test > 0 else 0)
    sizes = groups.value_counts()
    small = sizes[sizes < needed]
    if len(small) or len(sizes) < 2:
        raise BadInput(
            Problem(
                "too few patients of a class for the folds",
                found=", ".join(f"{name}: {count}" for name, count in sizes.items()),
                expected=f"at least {needed} of each of at least two classes",
                remedy="ask for fewer folds, or stratify by fewer columns",
            )
        )
