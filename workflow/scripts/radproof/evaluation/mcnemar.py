"""McNemar's test: whether two classifications of the same patients err equally often."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, chi2

from radproof.evaluation.checks import check_outcome


@dataclass(frozen=True)
class McNemar:
    """Counts of patients by who was right, and the tests of the two discordant counts.

    The chi-squared statistics (1 degree of freedom) are NaN without discordant patients; the exact
    and mid p are then 1. Differences are those of a minus b, NaN where no patient has the class.
    """

    both_right: int
    a_right_b_wrong: int
    a_wrong_b_right: int
    both_wrong: int
    chi2: float
    chi2_p: float
    chi2_corrected: float
    chi2_corrected_p: float
    exact_p: float
    mid_p: float
    sensitivity_difference: float
    specificity_difference: float

    @property
    def note(self) -> str:
        """Why numbers are missing; nothing where none is."""
        notes = []
        if np.isnan(self.chi2):
            notes.append("no chi-squared test: no patient whom one alone judges right")
        if np.isnan(self.sensitivity_difference):
            notes.append("no sensitivity: no patient with the event")
        if np.isnan(self.specificity_difference):
            notes.append("no specificity: no patient without the event")
        return "; ".join(notes)


def mcnemar(outcome: ArrayLike, first: ArrayLike, second: ArrayLike) -> McNemar:
    """Compare two classifications of the same patients.

    Parameters
    ----------
    outcome, first, second
        0 or 1, each of shape (n,): what happened, and what a and b said.

    Raises
    ------
    BadInput
        If any of them is not 0 or 1.
    ValueError
        If they differ in length.

    Source: McNemar 1947 (Psychometrika 12:153); R's ``mcnemar.test`` (no correction where the
    discordant counts are equal) and ``binom.test``; mid p: Fagerland et al. 2013 (BMC Med Res
    Methodol 13:91).
    """
    events, a, b = (check_outcome(one, both_classes=False) for one in (outcome, first, second))
    if not events.size == a.size == b.size:
        raise ValueError(f"{events.size} outcomes, {a.size} and {b.size} predictions")
    a_right, b_right = a == events, b == events
    a_only, b_only = int((a_right & ~b_right).sum()), int((~a_right & b_right).sum())
    plain, corrected = _statistic(a_only, b_only, 0), _statistic(a_only, b_only, 1)
    discordant, fewer = a_only + b_only, min(a_only, b_only)
    tail = 2 * float(binom.cdf(fewer, discordant, 0.5))
    at_fewer = float(binom.pmf(fewer, discordant, 0.5))
    return McNemar(
        both_right=int((a_right & b_right).sum()),
        a_right_b_wrong=a_only,
        a_wrong_b_right=b_only,
        both_wrong=int((~a_right & ~b_right).sum()),
        chi2=plain,
        chi2_p=float(chi2.sf(plain, 1)),
        chi2_corrected=corrected,
        chi2_corrected_p=float(chi2.sf(corrected, 1)),
        exact_p=min(1.0, tail),
        mid_p=min(1.0, tail - at_fewer),
        sensitivity_difference=_share(a, events) - _share(b, events),
        specificity_difference=_share(~a, ~events) - _share(~b, ~events),
    )


def _statistic(a_only: int, b_only: int, correction: int) -> float:
    if a_only + b_only == 0:
        return np.nan
    gap = abs(a_only - b_only)
    return float(max(gap - correction, 0) ** 2 / (a_only + b_only))


def _share(said: np.ndarray, among: np.ndarray) -> float:
    return float(said[among].mean()) if among.any() else np.nan
