"""What every learner asks of the table it is fitted on, checked once and said at once."""

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem

# Sums of squares of larger values are infinite.
LARGEST = 1e150


def check_training(table: pd.DataFrame, outcome: pd.Series) -> None:
    """Check that a table can be fitted; missing values are the learner's own affair.

    Parameters
    ----------
    table
        Index patient; columns float, or categorical with the levels of the plan.
    outcome
        Index patient, in the order of ``table``; 0 or 1.

    Raises
    ------
    BadInput
        With every problem found: no patients, duplicates, outcomes other than 0 and 1, only one
        class, text or infinite values among numbers, or values too large to compute with.
    """
    problems = _problems_of_outcome(outcome)
    if not table.index.equals(outcome.index):
        problems.append(Problem("predictors and outcomes are not of the same patients"))
    if not table.index.is_unique:
        found = ", ".join(map(str, table.index[table.index.duplicated()].unique()))
        problems.append(Problem("patients stand twice among the predictors", found=found))
    if not table.columns.is_unique:
        found = ", ".join(map(str, table.columns[table.columns.duplicated()].unique()))
        problems.append(Problem("predictors stand twice", found=found))
    else:
        problems += _problems_of_values(table)
    if problems:
        raise BadInput(problems)


def _problems_of_outcome(outcome: pd.Series) -> list[Problem]:
    if outcome.empty:
        return [Problem("no patients to fit on")]
    if wrong := outcome_problems(outcome):
        return wrong
    if outcome.nunique() == 1:
        return [
            Problem(
                "only one class of the outcome",
                found=f"{outcome.size} patients, all {outcome.iloc[0]}",
                expected="both 0 and 1",
                remedy="use fewer folds or more patients",
            )
        ]
    return []


def outcome_problems(outcome: pd.Series) -> list[Problem]:
    """Return a problem for each outcome, by patient, that is neither 0 nor 1."""
    return [
        Problem("outcome is not 0 or 1", patient=str(patient), found=str(value))
        for patient, value in outcome[~outcome.isin([0, 1])].items()
    ]


def patients_twice(patients: pd.DataFrame) -> list[Problem]:
    """Return a problem for each patient who has a second row."""
    twice = patients["patient"][patients["patient"].duplicated()]
    return [Problem("patient stands twice", patient=str(patient)) for patient in twice]


def _problems_of_values(table: pd.DataFrame) -> list[Problem]:
    measured = table.loc[:, [not isinstance(dtype, pd.CategoricalDtype) for dtype in table.dtypes]]
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in measured.dtypes]
    numbers, others = measured.loc[:, numeric], measured.loc[:, np.logical_not(numeric)]
    problems = [Problem(f"predictor {name} holds text", expected="numbers") for name in others]
    values = numbers.to_numpy(float)
    return problems + [
        Problem(
            f"predictor {numbers.columns[column]} is infinite or too large to be squared",
            patient=str(table.index[row]),
            found=f"{values[row, column]:g}",
        )
        for column, row in np.argwhere(np.abs(values.T) > LARGEST)
    ]


def fill_medians(table: pd.DataFrame) -> pd.DataFrame:
    """Return float columns with the median of each in place of its missing values."""
    values = table.to_numpy(float)
    filled = np.where(np.isnan(values), table.median().to_numpy(float), values)
    return pd.DataFrame(filled, table.index, table.columns)


def say_medians(table: pd.DataFrame) -> list[str]:
    """Return the warning of how many patients lack features; none where everybody has all.

    It counts and names nobody: it stands in ``model.json``, which is shared without patients.
    """
    count = int(table.isna().any(axis=1).sum())
    if not count:
        return []
    return [f"features of {count} of {len(table)} patients are missing, medians stand in"]


def columns_of(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the columns that a fitted model reads, in its order.

    Raises
    ------
    BadInput
        If the table lacks any of them.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        what = "predictors of the model are missing from the table"
        raise BadInput(Problem(what, found=", ".join(missing)))
    return table[names]


def training_patients(patients: pd.DataFrame) -> pd.DataFrame:
    """Return training patients, ``patient set fold outcome`` and more, by name in its order.

    Raises
    ------
    BadInput
        If a patient is of another set, stands twice, has no fold or an outcome other than 0 and 1;
        if all patients are of one fold.
    """
    wrong = patients[patients["set"] != "train"]
    problems = [
        Problem("patient is not of the training set", patient=str(row.patient), found=str(row.set))
        for row in wrong.itertuples()
    ]
    lacking_rows = patients["fold"].isna() | patients["outcome"].isna()
    problems += [
        Problem("training patient without fold or outcome", patient=str(patient))
        for patient in patients.loc[lacking_rows, "patient"]
    ]
    problems += outcome_problems(patients.loc[~lacking_rows].set_index("patient")["outcome"])
    problems += patients_twice(patients)
    if not problems and patients["fold"].nunique() < 2:
        problems.append(Problem("training patients are of fewer than two folds"))
    if problems:
        raise BadInput(problems)
    return patients.set_index("patient").sort_index()
