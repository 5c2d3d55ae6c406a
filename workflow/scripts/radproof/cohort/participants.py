"""Participants: outcome and clinical values of patients, checked against the plan."""

import math
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.tables import read_table

COMPLETE = "correct participants.tsv, or take the patient out of the sheet"


def read_participants(folder: Path, text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a data set's ``participants.tsv``, index the label without ``sub-``.

    Columns named in ``text`` stay text, so that the level ``1`` is not read as a number.

    Raises
    ------
    BadInput
        If the table is missing, has no ``participant_id``, or a participant is unnamed or stands
        twice (whatever the case).
    """
    path = folder / "participants.tsv"
    table = read_table(path, text)
    if "participant_id" not in table:
        raise BadInput(Problem("table has no column participant_id", file=str(path)))
    table.index = pd.Index(table["participant_id"].str.removeprefix("sub-"), name="patient")
    if table.index.hasnans:
        raise BadInput(Problem("participant has no label", file=str(path)))
    repeated = table.index[table.index.str.lower().duplicated()]
    if len(repeated):
        raise BadInput(
            [Problem("participant stands twice", patient=name, file=str(path)) for name in repeated]
        )
    return table


def text_columns(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of participants that are to be read as text, by ``clinical cohort``."""
    person = settings["cohort"]["person"]
    categories = [entry for entry in settings["clinical"] if entry["kind"] == "category"]
    columns = [_column(variable) for variable in categories]
    return ("center", *([person] if person else []), *columns)


def unlisted(participants: Mapping[str, pd.DataFrame], sheet: pd.DataFrame) -> dict[str, list[str]]:
    """Return, by data set, the participants that stand in no row of the sheet."""
    return {
        name: sorted(set(table.index) - set(sheet.loc[sheet["dataset"] == name, "patient"]))
        for name, table in participants.items()
    }


def patient_table(
    rows: pd.DataFrame, participants: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the patients of a sheet with outcome and clinical values, and what is wrong.

    Parameters
    ----------
    rows
        Rows of the sheet.
    participants
        Data set → its participants.
    settings
        ``outcome`` (its column) and ``clinical cohort`` of the plan.

    Returns
    -------
    tuple
        ``patient set fold center outcome``, ``person`` where the plan names its column, and the
        clinical variables (categories as text, missing values kept as missing); and the problems,
        in the order of the sheet.
    """
    clinical, person = settings["clinical"], settings["cohort"]["person"]
    wanted = [settings["outcome"], *([person] if person else []), *map(_column, clinical)]
    problems = [
        Problem(
            "table lacks a column of the plan",
            file=_file(name),
            expected=column,
            remedy="add the column, or correct its name in the plan",
        )
        for name, table in participants.items()
        for column in wanted
        if column not in table
    ]
    records = []
    for row in rows.to_dict("records"):
        record, found = _patient(row, participants[row["dataset"]], settings)
        records.append(record)
        problems += found
    columns = ["patient", "set", "fold", "center", "outcome", *(["person"] if person else [])]
    columns += [variable["name"] for variable in clinical]
    return pd.DataFrame(records, columns=columns), problems


def _patient(
    row: Mapping[Hashable, Any], table: pd.DataFrame, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    patient, file = row["patient"], _file(row["dataset"])
    record = {key: row[key] for key in ("patient", "set", "fold", "center")}
    if patient not in table.index:
        what = "patient of the sheet is not among the participants"
        remedy = "add the participant, or take the row out of the sheet"
        return record, [Problem(what, patient=patient, file=file, remedy=remedy)]
    values = table.loc[patient]
    problems = []

    def wrong(what: str, found: Any, expected: str) -> None:
        text = "missing" if pd.isna(found) else str(found)
        problems.append(Problem(what, patient, file, text, expected, COMPLETE))

    center = values.get("center")
    if pd.notna(center) and str(center) != str(row["center"]):
        wrong("sheet and participants disagree on the center", center, str(row["center"]))
    outcome, person = settings["outcome"], settings["cohort"]["person"]
    if person:
        record["person"] = values.get(person)
    if outcome in values.index:
        if values[outcome] in (0, 1):
            record["outcome"] = int(values[outcome])
        else:
            wrong(f"outcome {outcome} is wrong", values[outcome], "0 or 1")
    for variable in settings["clinical"]:
        found = values.get(_column(variable))
        record[variable["name"]] = None if pd.isna(found) else found
        rule = "" if pd.isna(found) else broken_rule(found, variable)
        if rule:
            wrong(f"clinical variable {variable['name']} is wrong", found, rule)
    return record, problems


def _column(variable: dict[str, Any]) -> str:
    return str(variable.get("column", variable["name"]))


def _file(dataset: str) -> str:
    return f"{dataset}/participants.tsv"


def broken_rule(found: Any, variable: dict[str, Any]) -> str:
    """Return what was expected where a value breaks the plan's rule, else nothing."""
    if variable["kind"] == "category":
        levels = variable["levels"]
        return "" if found in levels else f"one of {', '.join(levels)}"
    try:
        number = float(found)
    except (TypeError, ValueError):
        return "a number"
    low, high = variable.get("minimum", -math.inf), variable.get("maximum", math.inf)
    if math.isfinite(number) and low <= number <= high:
        return ""
    return f"{low:g} to {high:g} {variable.get('unit', '')}".strip()
