"""Keep the features that differ between patients with and without the event."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu, shapiro, ttest_ind

from radproof.models.selecting import Selected
from radproof.z_scores import is_constant

READS_VALUES = True
READS_OUTCOME = True
NORMALITY_LEVEL = 0.05
EXACT_UP_TO = 8


def select(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    stability: pd.DataFrame | None,
    seed: int,
) -> Selected:
    """Keep each feature whose p-value, adjusted for all features tested, is at most the level.

    Parameters
    ----------
    table
        Index patient, float columns without missing values.
    outcome
        0 or 1.
    settings
        ``test``: ``t`` (Welch), ``mann_whitney``, or ``auto``: Welch where Shapiro and Wilk's test
        at 0.05 refuses normality in neither class, else Mann and Whitney; ``level``; ``adjust``:
        ``benjamini_hochberg`` or ``none``.
    stability, seed
        Not read.

    Returns
    -------
    Selected
        In the order of ``table``; a feature's value is its adjusted p-value. A feature without a
        p-value (constant in both classes, or a class of one patient in a t test) is dropped.
    """
    values, cases = table.to_numpy(float), outcome.to_numpy() == 1
    p = p_values(values[cases], values[~cases], settings["test"])
    known = np.isfinite(p)
    if settings["adjust"] == "benjamini_hochberg" and known.any():
        p[known] = false_discovery_control(p[known], method="bh")
    reasons = {
        str(name): "no p-value" if np.isnan(one) else "p-value above the level"
        for name, one in zip(table.columns, p, strict=True)
        if not one <= settings["level"]
    }
    columns = [str(name) for name in table.columns if name not in reasons]
    return Selected(columns, reasons, dict(zip(table.columns, p, strict=True)))


def p_values(cases: np.ndarray, controls: np.ndarray, test: str) -> np.ndarray:
    """Return the two-sided p-value of each feature, (p,), of cases (n, p) and controls (m, p).

    Source: R's ``t.test`` and ``wilcox.test`` (exact up to 8 patients of a class without ties,
    else normal with ties and continuity corrected).
    """
    constant = is_constant(np.concatenate([cases, controls]))
    normal = np.zeros(cases.shape[1], dtype=bool)
    if test == "t":
        normal = ~constant
    elif test == "auto":
        normal = np.array([_normal(one) for one in cases.T]) & np.array(
            [_normal(one) for one in controls.T]
        )
    p = np.full(cases.shape[1], np.nan)
    # A class that is constant has no variance; both make p missing, which is what is said.
    with np.errstate(divide="ignore", invalid="ignore"):
        if normal.any() and min(len(cases), len(controls)) > 1:
            p[normal] = ttest_ind(cases[:, normal], controls[:, normal], equal_var=False).pvalue
    return _add_rank_tests(p, cases, controls, ~normal & ~constant)


def _add_rank_tests(
    p: np.ndarray, cases: np.ndarray, controls: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    ordered = np.sort(np.concatenate([cases, controls]), axis=0)
    exact = ~(np.diff(ordered, axis=0) == 0).any(axis=0)
    exact &= min(len(cases), len(controls)) <= EXACT_UP_TO
    for method, chosen in (("exact", wanted & exact), ("asymptotic", wanted & ~exact)):
        if chosen.any():
            p[chosen] = mannwhitneyu(cases[:, chosen], controls[:, chosen], method=method).pvalue
    return p


def _normal(values: np.ndarray) -> bool:
    """Return whether normality is not refused; fewer than three or equal values say nothing."""
    if len(values) < 3 or is_constant(values[:, None])[0]:
        return False
    return bool(shapiro(values).pvalue >= NORMALITY_LEVEL)
