"""Features that were measured elsewhere, read from a table: one row a patient, one column each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.radiomics.dictionary import COLUMNS
from radproof.radiomics.feature_names import name_parts
from radproof.stats.tables import header_of, number_of, read_texts

UNKNOWN = "unknown"
WHY = "read from a table, which does not say how it was measured"
NOT_GIVEN = "not given"
CORRECT = "correct the table, or take the patient out of the sheet"


def read_features(
    path: Path, patients: Sequence[str], settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the features of some patients, and what is wrong with them.

    Parameters
    ----------
    path
        A CSV or TSV table, plain or gzipped.
    patients
        Whose rows are read; nothing of any other row is looked at but its label.
    settings
        The plan's entry: ``patient`` (column of labels, with or without ``sub-``), ``prefix``
        (taken off the names of features), ``sequences`` (the first stands before names that do not
        begin with one of them and ``__``), ``ignore`` (columns that are no features).

    Returns
    -------
    tuple
        Index patient, float, one column a feature named ``<sequence>__<name>``, missing where a
        cell is empty; and the problems of patients: a row that is missing or stands twice, text
        among numbers, infinite values. Patients with a problem stay in the table.

    Raises
    ------
    BadInput
        If the table cannot be read, lacks a column of the plan, has a column that is neither a
        feature nor ignored, two of one name, or no feature at all.
    """
    names = feature_columns(path, settings)
    texts = read_texts(path, [settings["patient"], *names])
    labels = texts.pop(settings["patient"]).fillna("").str.removeprefix("sub-")
    problems = [
        Problem("patient has no row of features", patient, str(path), remedy=CORRECT)
        for patient in patients
        if patient not in set(labels)
    ]
    rows = texts[labels.isin(patients)].set_axis(labels[labels.isin(patients)], axis=0)
    problems += [
        Problem("features of a patient stand twice", patient, str(path), remedy="keep one row")
        for patient in rows.index[rows.index.duplicated()].unique()
    ]
    own = rows[~rows.index.duplicated()].reindex(list(patients)).rename_axis("patient")
    numbers = own.map(lambda text: np.nan if pd.isna(text) else number_of(text))
    values = numbers.astype(float).rename(columns=names)
    wrong = (values.isna() & own.notna().to_numpy()) | np.isinf(values)
    for patient, place in zip(*np.nonzero(wrong.to_numpy()), strict=True):
        problems.append(
            Problem(
                f"feature {own.columns[place]} is wrong",
                str(own.index[patient]),
                str(path),
                str(own.iloc[patient, place]),
                "a finite number, or an empty cell",
                CORRECT,
            )
        )
    return values, problems


def read_mask(files: Mapping[str, Sequence[str]], settings: Mapping[str, Any]) -> pd.DataFrame:
    """Read the features of one mask: path of a table → the patients to read of it.

    Raises
    ------
    BadInput
        With every problem of every patient.
    """
    read = [read_features(Path(path), patients, settings) for path, patients in files.items()]
    problems = [problem for _, found in read for problem in found]
    if problems:
        raise BadInput(problems)
    return pd.concat([values for values, _ in read])


def shared_columns(paths: Sequence[str], settings: Mapping[str, Any]) -> list[str]:
    """Return the features that all tables have.

    Raises
    ------
    BadInput
        If tables have different features, which would be missing of all patients of some.
    """
    columns = [list(feature_columns(Path(path), settings).values()) for path in paths]
    problems = [
        Problem(
            "tables of features have different columns",
            file=str(path),
            found=", ".join(sorted(set(own) ^ set(columns[0]))),
            expected=f"the features of {paths[0]}",
        )
        for path, own in zip(paths, columns, strict=True)
        if set(own) != set(columns[0])
    ]
    if problems:
        raise BadInput(problems)
    return columns[0]


def feature_columns(path: Path, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns of a table that are features, with the names that they have here.

    Raises
    ------
    BadInput
        As `read_features` does for the columns.
    """
    header = header_of(path)
    given = {"patient": [settings["patient"]], "ignore": settings["ignore"]}
    problems = [
        Problem(f"table of features lacks a column named under {key}", "", str(path), name)
        for key, columns in given.items()
        for name in columns
        if name not in header
    ]
    others = [name for name in header if name not in [settings["patient"], *settings["ignore"]]]
    stray = [name for name in others if not name.startswith(settings["prefix"])]
    if stray:
        what = "table has columns that are neither features nor ignored"
        expected = f"names that begin with {settings['prefix']}"
        remedy = "name them under ignore in the plan"
        problems.append(Problem(what, "", str(path), ", ".join(stray), expected, remedy))
    names = {name: _named(name.removeprefix(settings["prefix"]), settings) for name in others}
    twice = pd.Index(names.values())
    problems += [
        Problem("two columns are the same feature", file=str(path), found=name)
        for name in twice[twice.duplicated()].unique()
    ]
    if not names:
        problems.append(Problem("table has no feature", file=str(path)))
    if problems:
        raise BadInput(problems)
    return names


def _named(name: str, settings: Mapping[str, Any]) -> str:
    begins = name.split("__")[0] in settings["sequences"] and "__" in name
    return name if begins else f"{settings['sequences'][0]}__{name}"


def describe(names: Sequence[str]) -> pd.DataFrame:
    """Return one row a feature with the columns of the dictionary, as far as its name tells."""
    table = name_parts(pd.Series(names)).assign(name=list(names), standardised=UNKNOWN, why=WHY)
    own = table["name"].str.split("__", n=1).str
    table["sequence"], table["feature"] = own[0], own[1]
    built = table["class"].notna()
    # <filter>_<class>_<feature>, where a name is built so.
    table.loc[built, "feature"] = table["feature"].str.split("_", n=2).str[2]
    return table.reindex(columns=COLUMNS).astype(object).fillna("")


def outcomes(features: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return ``patient mask sequence filter outcome reason n_missing`` of empty cells, by mask."""
    rows = [
        {
            **{"patient": patient, "mask": mask, "outcome": NOT_GIVEN},
            **{"reason": "empty in the table", "n_missing": int(count)},
        }
        for mask, table in features.items()
        for patient, count in table.isna().sum(axis=1).items()
        if count
    ]
    columns = ["patient", "mask", "sequence", "filter", "outcome", "reason", "n_missing"]
    return pd.DataFrame(rows, columns=columns)
