"""Missing values among the columns of a regression: drawn for fitting, expected for predicting.

For fitting, each missing value is drawn several times from a chain of Bayesian linear regressions
on all other columns and the outcome (van Buuren & Groothuis-Oudshoorn 2011, J Stat Softw 45:3):
imputed without the outcome, values would dilute its associations (Moons et al. 2006, J Clin
Epidemiol 59:1092). For predicting there is no outcome: a value is what the completed training
patients let expect from the patient's known columns, the outcome averaged out (regression
imputation, Buck 1960, J R Stat Soc B 22:302). So nothing is drawn and nothing refitted.

A category is imputed by its 0/1 columns, each as a number, the first level being what they lack to
1. For fitting, the level with the largest number is taken (Allison 2002, Missing Data, ch. 4): a
drawn level that the fit has seen, though rare levels come too seldom. For predicting, the numbers
are the shares of the levels, cut at 0 and made to add up to 1: the score is then its mean over the
levels, and no step is made where one level becomes likelier than another.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from radproof.seeds import derive_seed
from radproof.z_scores import is_constant

ROUNDS = 10


def impute(
    columns: pd.DataFrame,
    variables: list[dict[str, Any]],
    outcome: np.ndarray,
    count: int,
    seed: int,
) -> list[pd.DataFrame]:
    """Return ``count`` completed copies of the columns, each with values drawn anew.

    Parameters
    ----------
    columns
        Index patient, as ``coding.encode`` returns them: float, missing where to be imputed.
    variables
        What was learned of the variables, see ``coding.learn_coding``.
    outcome
        0 or 1, shape (n,), of the same patients.
    count
        Number of copies; where nothing is missing there is one, the columns themselves.
    seed
        Each copy's seed is derived from it.

    Notes
    -----
    Values are drawn by scikit-learn's ``IterativeImputer``. It draws a patient's value with the
    uncertainty of the regression in it, but for each patient apart. Numbers are not kept within
    the range seen, which would bias their spread (von Hippel 2013, Sociol Methods Res 42:105).
    """
    unknown = columns.isna()
    if not unknown.any(axis=None):
        return [columns]
    # The regressions shrink all coefficients alike, so that units must not matter.
    known = np.column_stack([columns.to_numpy(float), outcome])
    centre, scale = _centre_and_scale(known)
    standard = (known - centre) / scale
    drawn = [_draw(standard, derive_seed(seed, "imputation", str(n))) for n in range(count)]
    return [
        _with_levels(
            pd.DataFrame((z * scale + centre)[:, :-1], columns.index, columns.columns).where(
                unknown, columns
            ),
            unknown,
            variables,
            _one_level,
        )
        for z in drawn
    ]


def _draw(standard: np.ndarray, seed: int) -> np.ndarray:
    # Imported here: it takes half a second, which models without missing values need not wait for.
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    imputer = IterativeImputer(sample_posterior=True, max_iter=ROUNDS, random_state=seed)
    return imputer.fit_transform(standard)


def _centre_and_scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and SD of the known values of each column; the SD of a constant is given as 1."""
    mean = np.nanmean(values, axis=0)
    constant = is_constant(np.where(np.isnan(values), mean, values))
    return mean, np.where(constant, 1.0, np.nanstd(values, axis=0))


def _with_levels(
    columns: pd.DataFrame,
    unknown: pd.DataFrame,
    variables: list[dict[str, Any]],
    settle: Callable[[np.ndarray], np.ndarray],
) -> pd.DataFrame:
    """Return columns in which ``settle`` has made shares of levels of each imputed category.

    It is given numbers of shape (patients, levels) that add up to 1 and returns shares, so shaped.
    """
    settled = columns.copy()
    for variable in variables:
        names = [f"{variable['variable']}={level}" for level in variable.get("levels", [])[1:]]
        if not names:
            continue
        rows = unknown[names[0]].to_numpy()
        others = columns.loc[rows, names].to_numpy(float)
        numbers = np.column_stack([1 - others.sum(axis=1), others])
        settled.loc[rows, names] = settle(numbers)[:, 1:]
    return settled


def _one_level(numbers: np.ndarray) -> np.ndarray:
    """Give the whole share to the level of the largest number, the first among equals."""
    return np.eye(numbers.shape[1])[numbers.argmax(axis=1)]


def _shares(numbers: np.ndarray) -> np.ndarray:
    """Cut numbers at 0; some are above, for they add up to 1."""
    positive = np.clip(numbers, 0.0, None)
    return positive / positive.sum(axis=1, keepdims=True)


def learn_expectation(completed: list[pd.DataFrame]) -> dict[str, Any]:
    """Return what new patients' missing values are expected from, ready for JSON.

    Parameters
    ----------
    completed
        The training patients' completed columns, as ``impute`` returns them, without the outcome.

    Returns
    -------
    dict
        ``columns`` (names), ``mean`` and ``sd`` (each (p,)) and ``correlation`` ((p, p)), all over
        the patients of all completed copies together.
    """
    values = np.concatenate([one.to_numpy(float) for one in completed])
    centre, scale = _centre_and_scale(values)
    standard = (values - centre) / scale
    return {
        "columns": list(completed[0].columns),
        "mean": centre.tolist(),
        "sd": scale.tolist(),
        "correlation": (standard.T @ standard / len(values)).tolist(),
    }


def expect(
    columns: pd.DataFrame, variables: list[dict[str, Any]], learned: dict[str, Any]
) -> pd.DataFrame:
    """Return the columns with missing values as expected from the patient's known ones.

    Parameters
    ----------
    columns
        Index patient, as ``coding.encode`` returns them.
    variables
        What was learned of the variables, see ``coding.learn_coding``.
    learned
        As ``learn_expectation`` returns it.

    Returns
    -------
    DataFrame
        Numbers are within the range of the patients fitted on; the 0/1 columns of a category hold
        the shares of its levels, 0 to 1. A patient is filled the same in whatever company.

    Notes
    -----
    For standardised columns of correlation R, missing ones m and known ones k: ``z_m = R_mk R_kk^-1
    z_k`` (Little & Rubin 2002, Statistical Analysis with Missing Data, sec. 4.2.2).
    """
    unknown = columns.isna()
    values = columns.to_numpy(float, copy=True)
    for place in np.flatnonzero(unknown.any(axis=1)):
        values[place] = _expected_values(values[place], learned)
    filled = pd.DataFrame(values, columns.index, columns.columns)
    for variable in variables:
        name = variable["variable"]
        if variable["kind"] == "number":
            within = filled[name].clip(variable["minimum"], variable["maximum"])
            filled[name] = filled[name].where(~unknown[name], within)
    return _with_levels(filled, unknown, variables, _shares)


def _expected_values(values: np.ndarray, learned: dict[str, Any]) -> np.ndarray:
    """Return one patient's columns (p,), the missing ones as expected from the others."""
    centre, scale = np.array(learned["mean"]), np.array(learned["sd"])
    correlation = np.array(learned["correlation"])
    absent = np.isnan(values)
    known = ~absent
    z = (values - centre) / scale
    # Columns may be constant or follow from one another: the pseudo-inverse leaves those out.
    inverse = np.linalg.pinv(correlation[np.ix_(known, known)], rcond=1e-10, hermitian=True)
    z[absent] = correlation[np.ix_(absent, known)] @ inverse @ z[known]
    return np.where(absent, z * scale + centre, values)
