"""Areas under ROC curves and the tests of their differences, after DeLong.

A higher score always speaks for the event: a score that is reversed has an area under 0.5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import t

from radproof.evaluation.binomial import clopper_pearson
from radproof.evaluation.checks import check_outcome, check_scores

LEVEL = 0.95
ALPHA = 0.05
QUANTILE = float(ndtri((1 + LEVEL) / 2))
ONE_PATIENT = "one case or one control: no variance"
# What rounding leaves of a variance or a difference that is zero.
NO_VARIANCE, NO_DIFFERENCE = 1e-18, 1e-12


@dataclass(frozen=True)
class AucResult:
    """Areas under the ROC curves of k scores of the same patients.

    ``auc`` (k,) from 0 to 1; ``covariance`` (k, k), NaN where there is one case or one control.
    """

    auc: np.ndarray
    covariance: np.ndarray
    n_cases: int
    n_controls: int

    @property
    def variance(self) -> np.ndarray:
        """The variances of the areas, shape (k,)."""
        return np.diag(self.covariance)

    def interval(self) -> np.ndarray:
        """Return the 95 % limits, shape (k, 2): normal, clipped to 0 and 1."""
        half = QUANTILE * np.sqrt(self.variance)
        return np.clip(np.stack([self.auc - half, self.auc + half], axis=1), 0.0, 1.0)

    def exact_limits(self) -> tuple[float, float]:
        """Return 95 % limits of an area that was seen to be 1 (for one of 0, mirror them).

        DeLong's interval has no width there, and a bootstrap gives 1 in every resample. Patients
        can be put into min(cases, controls) pairs that share no patient; in each the case scores
        higher with a probability that is the area. So the exact limit of that many successes
        holds for the area, if conservatively.
        """
        pairs = min(self.n_cases, self.n_controls)
        return clopper_pearson(pairs, pairs)

    def distribution_free_limits(self) -> tuple[float, float]:
        """Return 95 % limits of the first area that hold for any distribution and any n.

        An area is the mean, over all ways to pair patients, of min(cases, controls) independent
        pairs, so that it lies farther than t from the true one with a probability of at most
        2 exp(-2 pairs t^2). Wide, and with one pair 0 to 1: one case tells nothing for sure.

        Source: Hoeffding 1963 (J Am Stat Assoc 58:13), section 5b.
        """
        pairs = min(self.n_cases, self.n_controls)
        half = float(np.sqrt(np.log(2 / (1 - LEVEL)) / (2 * pairs)))
        area = float(self.auc[0])
        return max(area - half, 0.0), min(area + half, 1.0)


@dataclass(frozen=True)
class Difference:
    """The difference of two areas, first minus second, with its 95 % interval and test.

    ``statistic`` is Z (``df`` infinite) of paired areas, Student's t of unpaired ones.
    """

    difference: float
    se: float
    statistic: float
    df: float
    p: float
    ci_low: float
    ci_high: float

    @property
    def note(self) -> str:
        """Why numbers are missing or infinite; nothing where none is."""
        if np.isnan(self.df):
            return "no test: neither area has a variance, or one is of a single case or control"
        if np.isnan(self.se):
            return ONE_PATIENT
        same = "no variance: each patient has the same rank in both, or both areas are 0 or 1"
        return same if self.se == 0 else ""


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests of a difference against a margin, at the 0.05 level."""

    margin: float
    p_equivalence: float
    equivalent: bool
    p_noninferiority: float
    noninferior: bool


def auc(outcome: ArrayLike, scores: ArrayLike) -> AucResult:
    """Return P(case scores higher) + P(tie) / 2 of each score, with their covariance.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    scores
        Shape (k, n), or (n,) for one; finite; a higher score speaks for the event.

    Raises
    ------
    BadInput
        If outcome or scores are not as said.

    Source: DeLong et al. 1988 (Biometrics 44:837) by midranks, in O(n log n): Sun & Xu 2014 (IEEE
    Signal Process Lett 21:1389). Equals R's pROC with direction "<".
    """
    events = check_outcome(outcome)
    values = check_scores(scores, events.size)
    cases, controls = values[:, events], values[:, ~events]
    n_cases, n_controls = cases.shape[1], controls.shape[1]
    ordered_cases, ordered_controls = np.sort(cases, axis=1), np.sort(controls, axis=1)
    # How many controls lie below each case, and cases above each control; ties count half.
    below = np.stack([_midranks(*pair) for pair in zip(ordered_controls, cases, strict=True)])
    above = n_cases - np.stack(
        [_midranks(*pair) for pair in zip(ordered_cases, controls, strict=True)]
    )
    won = below.sum(axis=1)
    of_cases, of_controls = below / n_controls, above / n_cases
    covariance = _covariance(of_cases) / n_cases + _covariance(of_controls) / n_controls
    return AucResult(won / (n_cases * n_controls), covariance, n_cases, n_controls)


def _midranks(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return how many of ``ordered`` lie below each value, those level with it counting half."""
    below, through = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (below + through) / 2


def _covariance(placements: np.ndarray) -> np.ndarray:
    """Return the sample covariance (k, k) of the rows of ``placements`` (k, n)."""
    count = placements.shape[1]
    if count < 2:
        return np.full((len(placements), len(placements)), np.nan)
    centred = placements - placements.mean(axis=1, keepdims=True)
    return centred @ centred.T / (count - 1)


def paired_test(result: AucResult, first: int = 0, second: int = 1) -> Difference:
    """Test whether two scores of the same patients have the same area (normal, two-sided).

    Without variance and without difference, as between identical scores, Z is 0 and p is 1; with a
    difference but without variance Z is infinite and p is 0.

    Source: DeLong et al. 1988; R's ``pROC::roc.test``.
    """
    covariance = result.covariance
    difference = float(result.auc[first] - result.auc[second])
    variance = float(
        covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]
    )
    if np.isnan(variance):
        return Difference(difference, np.nan, np.nan, np.inf, np.nan, np.nan, np.nan)
    if variance < NO_VARIANCE:
        difference = 0.0 if abs(difference) < NO_DIFFERENCE else difference
        z = float(np.sign(difference)) * np.inf if difference else 0.0
        p = 0.0 if difference else 1.0
        return Difference(difference, 0.0, z, np.inf, p, difference, difference)
    se = float(np.sqrt(variance))
    z, half = difference / se, QUANTILE * se
    p = 2 * float(ndtr(-abs(z)))
    return Difference(difference, se, z, np.inf, p, difference - half, difference + half)


def unpaired_test(first: AucResult, second: AucResult) -> Difference:
    """Test whether the first scores of two groups of patients have the same area (Student's t).

    The degrees of freedom are Satterthwaite's, with the patients of each group. Where neither area
    has a variance there is no test: p is NaN, and t infinite if the areas differ.

    Source: R's ``pROC::roc.test`` with ``paired = FALSE``.
    """
    difference = float(first.auc[0] - second.auc[0])
    variances = np.array([first.variance[0], second.variance[0]])
    patients = np.array([one.n_cases + one.n_controls for one in (first, second)])
    if not variances.sum() >= NO_VARIANCE:
        statistic = float(np.sign(difference)) * np.inf if variances.sum() == 0 else np.nan
        return Difference(difference, np.nan, statistic, np.nan, np.nan, np.nan, np.nan)
    se = float(np.sqrt(variances.sum()))
    df = float(variances.sum() ** 2 / np.sum(variances**2 / (patients - 1)))
    statistic, half = difference / se, float(t.ppf((1 + LEVEL) / 2, df)) * se
    p = 2 * float(t.sf(abs(statistic), df))
    return Difference(difference, se, statistic, df, p, difference - half, difference + half)


def equivalence_test(difference: float, se: float, margin: float) -> Equivalence:
    """Test that a difference lies within a margin (TOST), and above minus the margin.

    Equivalence is declared where both one-sided tests reject at 0.05, that is where the 90 %
    interval lies within the margin; non-inferiority of the first score where the lower one does.

    Parameters
    ----------
    difference, se
        Of the areas, first minus second, on DeLong's covariance.
    margin
        Above 0.

    Source: Liu et al. 2006 (Stat Med 25:1219).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.divide(difference + margin, se)
        below = np.divide(difference - margin, se)
    p_above, p_below = float(ndtr(-above)), float(ndtr(below))
    p = float(np.maximum(p_above, p_below))
    return Equivalence(margin, p, p < ALPHA, p_above, p_above < ALPHA)


def smallest_margin(difference: float, se: float) -> float:
    """Return the least margin at which equivalence would be declared at the 0.05 level."""
    return abs(difference) + float(ndtri(1 - ALPHA)) * se
