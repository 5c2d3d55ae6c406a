"""Participants: outcome and clinical values of the patients, checked against the plan."""

from pathlib import Path
from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.tables import read_table


def read_participants(folder: Path) -> pd.DataFrame:
    """Read a data set's ``participants.tsv``, index the label without ``sub-``.

    Raises
    ------
    BadInput
        If the table is missing, has no ``participant_id``, or a participant stands twice.
    """
    path = folder / "participants.tsv"
    table = read_table(path)
    if "participant_id" not in table:
        raise BadInput(Problem("table has no column participant_id", file=str(path)))
    table.index = pd.Index(table["participant_id"].str.removeprefix("sub-"), name="patient")
    repeated = table.index[table.index.str.lower().duplicated()]
    if len(repeated):
        raise BadInput(
            [Problem("participant stands twice", patient=name, file=str(path)) for name in repeated]
        )
    return table


def patient_table(
    rows: pd.DataFrame,
    participants: dict[str, pd.DataFrame],
    outcome: str,
    clinical: list[dict[str, Any]],
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the patients of a sheet with outcome and clinical values, and what is wrong.

    Parameters
    ----------
    rows
        Rows of the sheet.
    participants
        Data set → its participants.
    outcome
        Column of the outcome.
    clinical
        The plan's clinical variables.

    Returns
    -------
    tuple
        ``patient set fold center outcome`` and the clinical variables (categories as text, missing
        values kept as missing); and the problems, in the order of the sheet.
    """
    problems: list[Problem] = []
    records = []
    for row in rows.to_dict("records"):
        table = participants[row["dataset"]]
        record = {key: row[key] for key in ("patient", "set", "fold", "center")}
        if row["patient"] in table.index:
            values = table.loc[row["patient"]]
            record["outcome"] = _outcome(values, outcome, row["patient"], problems)
            for variable in clinical:
                record[variable["name"]] = _value(values, variable, row["patient"], problems)
        else:
            problems.append(
                Problem(
                    "patient of the sheet is not in participants.tsv",
                    patient=row["patient"],
                    found=f"data set {row['dataset']}",
                    remedy="add the participant or take the row out of the sheet",
                )
            )
        records.append(record)
    columns = ["patient", "set", "fold", "center", "outcome"]
    columns += [variable["name"] for variable in clinical]
    return pd.DataFrame(records, columns=columns), problems


def _outcome(values: pd.Series, name: str, patient: str, problems: list[Problem]) -> Any:
    found = values.get(name)
    if found in (0, 1):
        return int(found)  # type: ignore[arg-type]
    problems.append(
        Problem(
            f"outcome {name} is wrong",
            patient=patient,
            file="participants.tsv",
            found="missing" if found is None or pd.isna(found) else str(found),
            expected="0 or 1",
        )
    )
    return None


def _value(
    values: pd.Series, variable: dict[str, Any], patient: str, problems: list[Problem]
) -> Any:
    column = variable.get("column", variable["name"])
    if column not in values.index:
        expected = f"a column {column} in participants.tsv"
        problems.append(Problem("clinical variable is missing", patient=patient, expected=expected))
        return None
    found = values[column]
    if pd.isna(found):
        return None
    wrong = _number_rule(found, variable) if variable["kind"] == "number" else ""
    if variable["kind"] == "category":
        found = _as_level(found)
        if found not in variable["levels"]:
            wrong = f"one of {', '.join(variable['levels'])}"
    if wrong:
        problems.append(
            Problem(
                f"clinical variable {variable['name']} is wrong",
                patient=patient,
                file="participants.tsv",
                found=str(found),
                expected=wrong,
            )
        )
    return found


def _number_rule(found: Any, variable: dict[str, Any]) -> str:
    """Return what was expected where a number breaks the rule, else nothing."""
    try:
        number = float(found)
    except (TypeError, ValueError):
        return "a number"
    low, high = variable.get("minimum", float("-inf")), variable.get("maximum", float("inf"))
    return (
        "" if low <= number <= high else f"{low:g} to {high:g} {variable.get('unit', '')}".strip()
    )


def _as_level(found: Any) -> str:
    """Return a category as text; a whole number read as 2.0 is the level 2."""
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)
