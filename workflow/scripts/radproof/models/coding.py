"""From clinical variables to the columns of a regression, learned on training patients alone."""

from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.models.checks import columns_of

FEW_VALUES = 10
REMEDY = "give the value, or have missing ones filled by another setting of missing"


def learn_coding(table: pd.DataFrame, missing: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Learn levels, fill values and axes of the variables; return them and what must be said.

    Parameters
    ----------
    table
        Training patients; float columns, or categorical ones with the levels of the plan.
    missing
        ``refuse``; ``impute``: median or most frequent level; ``indicator``: the same, and a column
        that says that the value was missing; ``multiple``: no fill value, see ``imputation``.

    Returns
    -------
    list, list
        One mapping a variable, ready for JSON, and warnings as text.

    Raises
    ------
    BadInput
        If values are missing and ``missing`` is ``refuse``.
    """
    if missing == "refuse":
        _refuse_missing(table)
    variables: list[dict[str, Any]] = []
    warnings: list[str] = []
    for name, column in table.items():
        known = column.dropna()
        if known.empty:
            warnings.append(f"{name} is missing in every patient fitted on and is left out")
            continue
        variable: dict[str, Any] = {"variable": str(name), "n_missing": int(column.isna().sum())}
        variable["indicator"] = missing == "indicator" and bool(column.isna().any())
        variable["refuse"] = missing == "refuse"
        if isinstance(column.dtype, pd.CategoricalDtype):
            variable |= _learn_category(known)
            for absent, level in variable["merged"].items():
                warnings.append(f"{name}={absent} was not seen in fitting and counts as {level}")
        else:
            variable |= _learn_number(known)
        if missing == "multiple":
            variable["fill"] = None
        if variable["n_missing"]:
            warnings.append(_say_missing(column, variable["fill"]))
        variables.append(variable)
    return variables, warnings


def _say_missing(column: pd.Series, fill: float | str | None) -> str:
    """Say of how many patients values are missing, and what they become; None where imputed."""
    taken = f"taken as {fill:g}" if isinstance(fill, float) else f"taken as {fill}"
    become = "imputed" if fill is None else taken
    return (
        f"{column.name} is missing and {become} in {column.isna().sum()} of {len(column)} patients"
    )


def _refuse_missing(table: pd.DataFrame) -> None:
    problems = [
        Problem(f"{name} is missing", patient=str(patient), remedy=REMEDY)
        for name, column in table.items()
        for patient in column.index[column.isna()]
    ]
    if problems:
        raise BadInput(problems)


def _learn_number(known: pd.Series) -> dict[str, Any]:
    values = sorted({float(value) for value in known})
    return {
        "kind": "number",
        "fill": float(known.median()),
        "minimum": values[0],
        "maximum": values[-1],
        "values": values if len(values) <= FEW_VALUES else None,
    }


def _learn_category(known: pd.Series) -> dict[str, Any]:
    """Learn the levels seen; one never seen counts as its nearest in the order of the plan."""
    order = [str(level) for level in known.cat.categories]
    counts = known.value_counts().reindex(known.cat.categories)
    seen = [place for place, count in enumerate(counts) if count > 0]
    merged = {
        level: order[min(seen, key=lambda other: (abs(other - place), other))]
        for place, level in enumerate(order)
        if place not in seen
    }
    # The most frequent level; among equals the first in the order of the plan.
    fill = order[max(seen, key=lambda place: (counts.iloc[place], -place))]
    levels = [order[place] for place in seen]
    return {"kind": "category", "fill": fill, "levels": levels, "merged": merged}


def encode(variables: list[dict[str, Any]], table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the regression: index patient, float.

    A number is itself; a category has one 0/1 column ``variable=level`` for each level but the
    first (treatment coding); ``variable=missing`` stands where missing values were indicated.
    Values are missing only of variables without a fill value, in all columns of the variable.

    Raises
    ------
    BadInput
        If a variable is missing from the table, a level is none of the plan's, or a value is
        missing of a variable whose missing values are refused.
    """
    table = columns_of(table, [variable["variable"] for variable in variables])
    _refuse_missing(table[[one["variable"] for one in variables if one["refuse"]]])
    columns: dict[str, np.ndarray] = {}
    for variable in variables:
        name = variable["variable"]
        column = table[name]
        if variable["kind"] == "number":
            columns[name] = _filled(column, variable).to_numpy(float)
        else:
            levels = _merge_levels(column, variable)
            for level in variable["levels"][1:]:
                here = (levels == level).astype(float).where(levels.notna())
                columns[f"{name}={level}"] = here.to_numpy(float)
        if variable["indicator"]:
            columns[f"{name}=missing"] = column.isna().to_numpy(float)
    return pd.DataFrame(columns, index=table.index)


def _filled(column: pd.Series, variable: dict[str, Any]) -> pd.Series:
    return column if variable["fill"] is None else column.fillna(variable["fill"])


def _merge_levels(column: pd.Series, variable: dict[str, Any]) -> pd.Series:
    levels = _filled(column.astype(object), variable)
    levels = levels.map(lambda level: variable["merged"].get(level, level), na_action="ignore")
    unknown = levels[levels.notna() & ~levels.isin(variable["levels"])]
    if len(unknown):
        raise BadInput(
            [
                Problem(
                    f"unknown level of {variable['variable']}",
                    patient=str(patient),
                    found=str(level),
                    expected=f"one of {', '.join([*variable['levels'], *variable['merged']])}",
                )
                for patient, level in unknown.items()
            ]
        )
    return levels


def independent_columns(columns: pd.DataFrame) -> list[str]:
    """Return the columns that neither are constant nor follow from those before them.

    As R's ``glm`` drops aliased terms, in the order of the columns.
    """
    kept: list[str] = []
    basis = np.full((len(columns), 1), 1 / np.sqrt(max(len(columns), 1)))
    for name, column in columns.items():
        values = column.to_numpy(float)
        size = np.linalg.norm(values)
        rest = values - basis @ (basis.T @ values)
        rest = rest - basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > 1e-9 * size:
            kept.append(str(name))
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return kept
