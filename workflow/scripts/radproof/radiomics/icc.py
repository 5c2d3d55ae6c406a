"""Intraclass correlation in all six forms, for many features at once."""

import numpy as np
import pandas as pd
from scipy import stats

FORMS = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")
ALPHA = 0.05


def icc(values: np.ndarray) -> pd.DataFrame:
    """Return the intraclass correlations of features measured by several raters.

    Parameters
    ----------
    values
        Shape (subjects, raters, features); no value missing, at least two subjects and raters.

    Returns
    -------
    pandas.DataFrame
        One row a feature and form: ``feature`` (position), ``form``, ``icc f df1 df2 p ci_low
        ci_high reason``. Negative values are kept. A feature without variance between subjects
        has no correlation, with the reason; one that the raters give alike has 1, and no interval.

    Raises
    ------
    ValueError
        If there are fewer than two subjects or raters, or a value is missing.

    Source: Shrout and Fleiss, Psychol Bull 86:420 (1979); intervals of ICC2 as in McGraw and Wong,
    Psychol Methods 1:30 (1996). Agrees with ``psych::ICC(lmer = FALSE)`` of R.
    """
    n, k, _ = values.shape
    if n < 2 or k < 2:
        raise ValueError(f"{n} subjects and {k} raters: at least two of each are needed")
    if not np.isfinite(values).all():
        raise ValueError("values are missing or not finite")
    between, raters, residual, within = _mean_squares(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        forms = _estimates(between, raters, residual, within, n, k)
        limits = _limits(between, raters, residual, within, forms["ICC2"], n, k)
    constant, exact = between == 0, (between > 0) & (residual == 0)
    tables = []
    for form in FORMS:
        f, df1, df2 = _f_test(form, between, residual, within, n, k)
        low, high = limits[form]
        table = {
            "feature": np.arange(values.shape[2]),
            "form": form,
            "icc": forms[form],
            "f": f,
            "df1": float(df1),
            "df2": float(df2),
            "p": stats.f.sf(f, df1, df2),
            "ci_low": np.where(exact, np.nan, low),
            "ci_high": np.where(exact, np.nan, high),
        }
        tables.append(pd.DataFrame(table))
    joined = pd.concat(tables, ignore_index=True)
    reason = np.where(exact, "no residual variance", "")
    reason = np.where(constant, "no variance between subjects", reason)
    joined["reason"] = np.tile(reason, len(FORMS))
    joined.loc[np.tile(constant, len(FORMS)), ["icc", "f", "p", "ci_low", "ci_high"]] = np.nan
    return joined


def _mean_squares(values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the mean squares between subjects, between raters, residual and within subjects.

    Values are taken relative to the first one, so that a large offset costs no digits and a
    constant feature gives exact zeros; sums of squares that are rounding noise become 0.
    """
    n, k, _ = values.shape
    centred = values - values[:1, :1]
    centred = centred - centred.mean(axis=(0, 1))
    subjects, raters = centred.mean(axis=1), centred.mean(axis=0)
    residuals = centred - subjects[:, None] - raters[None]
    scale = np.abs(values).max(axis=(0, 1))
    noise = (8 * np.finfo(float).eps * scale) ** 2 * n * k

    def clean(sums: np.ndarray) -> np.ndarray:
        return np.where(sums <= noise, 0.0, sums)

    ss_between = clean(k * (subjects**2).sum(axis=0))
    ss_raters = clean(n * (raters**2).sum(axis=0))
    ss_residual = clean((residuals**2).sum(axis=(0, 1)))
    ss_within = ss_raters + ss_residual
    return (
        ss_between / (n - 1),
        ss_raters / (k - 1),
        ss_residual / ((n - 1) * (k - 1)),
        ss_within / (n * (k - 1)),
    )


def _estimates(
    between: np.ndarray,
    raters: np.ndarray,
    residual: np.ndarray,
    within: np.ndarray,
    n: int,
    k: int,
) -> dict[str, np.ndarray]:
    shift = (raters - residual) / n
    return {
        "ICC1": (between - within) / (between + (k - 1) * within),
        "ICC2": (between - residual) / (between + (k - 1) * residual + k * shift),
        "ICC3": (between - residual) / (between + (k - 1) * residual),
        "ICC1k": (between - within) / between,
        "ICC2k": (between - residual) / (between + shift),
        "ICC3k": (between - residual) / between,
    }


def _f_test(
    form: str, between: np.ndarray, residual: np.ndarray, within: np.ndarray, n: int, k: int
) -> tuple[np.ndarray, int, int]:
    with np.errstate(divide="ignore", invalid="ignore"):
        if form.startswith("ICC1"):
            return between / within, n - 1, n * (k - 1)
        return between / residual, n - 1, (n - 1) * (k - 1)


def _limits(
    between: np.ndarray,
    raters: np.ndarray,
    residual: np.ndarray,
    within: np.ndarray,
    icc2: np.ndarray,
    n: int,
    k: int,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return lower and upper 95 % limits of each form."""
    limits = {}
    for form, noise, df2 in (("ICC1", within, n * (k - 1)), ("ICC3", residual, (n - 1) * (k - 1))):
        f = between / noise
        low = f / stats.f.ppf(1 - ALPHA / 2, n - 1, df2)
        high = f * stats.f.ppf(1 - ALPHA / 2, df2, n - 1)
        limits[form] = ((low - 1) / (low + k - 1), (high - 1) / (high + k - 1))
        limits[f"{form}k"] = (1 - 1 / low, 1 - 1 / high)
    ratio = raters / residual
    rest = n * (1 + (k - 1) * icc2) - k * icc2
    df = (k - 1) * (n - 1) * (k * icc2 * ratio + rest) ** 2
    df = df / ((n - 1) * (k * icc2 * ratio) ** 2 + rest**2)
    upper, lower = stats.f.ppf(1 - ALPHA / 2, n - 1, df), stats.f.ppf(1 - ALPHA / 2, df, n - 1)
    common = k * raters + (k * n - k - n) * residual
    # Divided by the quantile, which has no largest value where hardly a degree of freedom is left.
    low = n * (between / upper - residual) / (common + n * between / upper)
    high = n * (lower * between - residual) / (common + n * lower * between)
    limits["ICC2"] = (low, high)
    limits["ICC2k"] = (low * k / (1 + low * (k - 1)), high * k / (1 + high * (k - 1)))
    return limits
