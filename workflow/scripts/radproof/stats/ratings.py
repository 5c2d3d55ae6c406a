"""Intraclass correlations of a table given on the command line, one row a subject and rater."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem
from radproof.radiomics.icc import icc

MEASURES = ["icc", "f", "df1", "df2", "p", "ci_low", "ci_high"]
LEAST_SUBJECTS = 2


def agreement_of_raters(
    rows: pd.DataFrame, subject: str, rater: str, values: Sequence[str], drop_missing: bool
) -> dict[str, Any]:
    """Return every form of the intraclass correlation of each value.

    Parameters
    ----------
    rows
        Columns named by ``subject``, ``rater`` and ``values``.
    drop_missing
        Whether each value is judged on the subjects whom every rater gave it; else a rater who
        did not see a subject is refused.

    Returns
    -------
    dict
        By value ``n_subjects n_raters degenerate`` (why its correlations say little, or null) and
        the six forms, each ``icc f df1 df2 p ci_low ci_high``.

    Raises
    ------
    BadInput
        If a rater saw a subject twice or (unless dropped) not at all, or there is one rater.
    """
    seen = rows.dropna(subset=[subject, rater])
    subjects, raters = (sorted(seen[name].unique()) for name in (subject, rater))
    problems = [
        Problem(f"{rater} {one[1]} rated {subject} {one[0]} twice")
        for one in seen.loc[seen.duplicated([subject, rater]), [subject, rater]]
        .drop_duplicates()
        .to_numpy()
    ]
    problems += [
        Problem("column names subject or rater, and is no value", found=name)
        for name in values
        if name in (subject, rater)
    ]
    if len(raters) < 2:
        problems.append(Problem("raters", found=", ".join(raters), expected="at least two"))
    if problems:
        raise BadInput(problems)
    placed = seen.set_index([subject, rater])
    places = pd.MultiIndex.from_product([subjects, raters])
    unseen = [place for place in places if place not in placed.index]
    if unseen and not drop_missing:
        remedy = "mend the table or leave such subjects out with --drop-missing"
        raise BadInput(
            [Problem(f"{rater} {b} did not rate {subject} {a}", remedy=remedy) for a, b in unseen]
        )
    ratings = placed.reindex(places)[list(values)].to_numpy(dtype=float)
    return _by_pattern(ratings.reshape(len(subjects), len(raters), len(values)), values)


def _by_pattern(ratings: np.ndarray, values: Sequence[str]) -> dict[str, Any]:
    """Judge together the values (subjects, raters, values) that the same subjects have."""
    complete = np.isfinite(ratings).all(axis=1)
    patterns, group_of = np.unique(complete.T, axis=0, return_inverse=True)
    result: dict[str, Any] = dict.fromkeys(values)
    for number, pattern in enumerate(patterns):
        columns = np.flatnonzero(group_of == number).tolist()
        counts = {"n_subjects": int(pattern.sum()), "n_raters": ratings.shape[1]}
        if pattern.sum() < LEAST_SUBJECTS:
            few = f"fewer than {LEAST_SUBJECTS} subjects rated by every rater"
            result |= {values[column]: counts | {"degenerate": few} for column in columns}
            continue
        table = icc(ratings[pattern][:, :, columns])
        for place, column in enumerate(columns):
            found = table[table["feature"] == place].set_index("form")
            reason = {"degenerate": found["reason"].iloc[0] or None}
            result[values[column]] = counts | reason | found[MEASURES].to_dict("index")
    return result
