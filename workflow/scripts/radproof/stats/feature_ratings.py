"""Stability of the features of a table: one row a subject and rating, a column a feature."""

from pathlib import Path
from typing import Any

import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.radiomics.stability import correlations, summarise
from radproof.stats.tables import found_in_rows, header_of, number_of, read_texts

COLUMNS = [
    *("feature", "form", "icc", "ci_low", "ci_high", "f", "df1", "df2", "p"),
    *("n", "kept", "reason"),
]
DECIMAL_COMMA = r"^([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)$"


def read_ratings(
    path: Path, subject: str, rater: str, only: dict[str, str]
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Read a long table of features.

    Parameters
    ----------
    path
        CSV or TSV with a header, plain or gzipped.
    subject, rater
        Columns that say who was measured, and by whom or when.
    only
        Column → value of the rows that are taken.

    Returns
    -------
    tuple
        Rater → features (index subject; a subject whom a rater did not see has missing values),
        and the columns that were ignored since they hold text.

    Raises
    ------
    BadInput
        If a column is missing, no row is taken, a row names nobody, a rater saw a subject twice,
        there is one rater, no column holds numbers, or a column of numbers holds text or decimal
        commas here and there.
    """
    names = header_of(path)
    table = read_texts(path, list(dict.fromkeys([subject, rater, *only, *names])))
    for column, value in only.items():
        table = table[table[column] == value]
    _check(table, path, subject, rater)
    features, ignored, problems = {}, [], []
    for name in table.columns.difference([subject, rater, *only], sort=False):
        values = table[name].dropna().map(number_of)
        if values.notna().all():
            features[name] = values.astype(float).reindex(table.index)
        elif _meant_as_numbers(table[name].dropna()):
            problems.append(_misspelt(path, table[name], values.index[values.isna()]))
        else:
            ignored.append(name)
    if problems:
        raise BadInput(problems)
    if not features:
        raise BadInput(Problem("no column holds numbers", file=str(path)))
    placed = pd.DataFrame(features).set_index([table[rater], table[subject]])
    subjects = pd.Index(table[subject].unique())
    return {name: placed.loc[name].reindex(subjects) for name in table[rater].unique()}, ignored


def _meant_as_numbers(texts: pd.Series) -> bool:
    """Return whether at least half of the cells are numbers, be it with a decimal comma."""
    read = texts.str.replace(DECIMAL_COMMA, r"\1.\2", regex=True).map(number_of)
    return bool(2 * read.notna().sum() >= len(texts))


def _misspelt(path: Path, column: pd.Series, wrong: pd.Index) -> Problem:
    return Problem(
        f"column {column.name} holds text among its numbers",
        file=str(path),
        found=found_in_rows(column, column.index.isin(wrong)),
        expected="numbers with a decimal point",
        remedy="mend them, leave them empty, or take the column out of the table",
    )


def _check(table: pd.DataFrame, path: Path, subject: str, rater: str) -> None:
    file = str(path)
    if table.empty:
        raise BadInput(Problem("no row of the table is taken", file=file, remedy="mend --only"))
    pairs = table[[subject, rater]]
    problems = [
        Problem(f"row {row + 2} names no {subject} or no {rater}", file=file)
        for row in table.index[pairs.isna().any(axis=1)]
    ]
    problems += [
        Problem(
            f"{rater} {b} rated {subject} {a} twice",
            file=file,
            remedy="choose rows with --only, or keep one",
        )
        for a, b in pairs[pairs.duplicated() & pairs.notna().all(axis=1)].to_numpy()
    ]
    raters = table[rater].dropna().unique()
    if len(raters) < 2:
        found = ", ".join(raters)
        problems.append(Problem("raters", file=file, found=found, expected="at least two"))
    if problems:
        raise BadInput(problems)


def stability_of_ratings(
    ratings: dict[str, pd.DataFrame], settings: dict[str, Any]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the verdict on each feature, and how many are kept of each class.

    Parameters
    ----------
    ratings
        Rater → features (index subject), as `read_ratings` gives them.
    settings
        ``form threshold bound``, as in a plan.

    Returns
    -------
    tuple
        ``feature form icc ci_low ci_high f df1 df2 p n kept reason``, as the rule
        ``assess_stability`` would judge them; and ``n_subjects n_raters n_features n_kept
        summary``.

    Raises
    ------
    BadInput
        If the threshold lies outside -1 to 1 or is no number.
    """
    if not -1 <= settings["threshold"] <= 1:
        found = f"{settings['threshold']:g}"
        raise BadInput(Problem("--threshold is no correlation", found=found, expected="-1 to 1"))
    subjects = next(iter(ratings.values())).index
    together = {"all": {"masks": list(ratings), "decides": True}}
    table = correlations(ratings, pd.Series("1", index=subjects), together, settings)
    counts = {"n_subjects": len(subjects), "n_raters": len(ratings)}
    counts |= {"n_features": len(table), "n_kept": int(table["passed"].sum())}
    summary = summarise(table).drop(columns="between").rename(columns={"n_passed": "n_kept"})
    rows = summary.astype(object).where(summary.notna(), None).to_dict("records")
    return table.rename(columns={"passed": "kept"})[COLUMNS], counts | {"summary": rows}
