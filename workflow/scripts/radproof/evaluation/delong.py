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
NO_VARIANCE = "the difference does not vary between patients: no variance"


@dataclass(frozen=True)
class AucResult:
    """Areas under the ROC curves of k scores of the same patients.

    ``auc`` (k,) from 0 to 1; ``covariance`` (k, k), NaN where there is one case or one control, 0
    where a score's placements do not vary. ``below`` (k, n_cases) controls lie below each case, and
    ``above`` (k, n_controls) cases above each control, ties counting half.
    """

    auc: np.ndarray
    covariance: np.ndarray
    n_cases: int
    n_controls: int
    below: np.ndarray
    above: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """The variances of the areas, shape (k,)."""
        return np.diag(self.covariance)

    def variance_of_difference(self, first: int, second: int) -> float:
        """Return the variance of the difference of two areas: 0 where placements differ by nothing.

        From the differences of counts, which are exact; those of covariances are lost to rounding
        where two scores of many patients are nearly the same.
        """
        counts = [(one[first] - one[second])[None] for one in (self.below, self.above)]
        return float(_covariance_of_areas(*counts)[0, 0])

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
        return NO_VARIANCE if self.se == 0 else ""


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
    covariance = _covariance_of_areas(below, above)
    return AucResult(won / (n_cases * n_controls), covariance, n_cases, n_controls, below, above)


def _midranks(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return how many of ``ordered`` lie below each value, those level with it counting half."""
    below, through = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (below + through) / 2


def _covariance_of_areas(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Return DeLong's covariance (k, k) of areas from counts (k, n_cases) and (k, n_controls)."""
    n_cases, n_controls = below.shape[1], above.shape[1]
    if min(n_cases, n_controls) < 2:
        return np.full((len(below), len(below)), np.nan)
    return _covariance(below / n_controls) / n_cases + _covariance(above / n_cases) / n_controls


def _covariance(placements: np.ndarray) -> np.ndarray:
    """Return the sample covariance (k, k) of the rows of ``placements`` (k, n).

    Of equal numbers it is 0, which rounding of their mean would spoil.
    """
    centred = placements - placements.mean(axis=1, keepdims=True)
    centred[np.ptp(placements, axis=1) == 0] = 0.0
    return centred @ centred.T / (placements.shape[1] - 1)


def paired_test(result: AucResult, first: int = 0, second: int = 1) -> Difference:
    """Test whether two scores of the same patients have the same area (normal, two-sided).

    Without variance and without difference, as between identical scores, Z is 0 and p is 1; with a
    difference but without variance Z is infinite and p is 0.

    Source: DeLong et al. 1988; R's ``pROC::roc.test``.
    """
    difference = float(result.auc[first] - result.auc[second])
    variance = result.variance_of_difference(first, second)
    if np.isnan(variance):
        return Difference(difference, np.nan, np.nan, np.inf, np.nan, np.nan, np.nan)
    if variance == 0:
        z = float(np.sign(difference)) * np.inf if difference else 0.0
        p = 0.0 if difference else 1.0
        return Difference(difference, 0.0, z, np.inf, p, difference, difference)
    se = float(np.sqrt(variance))
    z, half = difference / se, QUANTILE * se
    p = 2 * float(ndtr(-abs(z)))
    return Difference(difference, se, z, np.inf, p, difference - half, difference + half)


def same_order(first: ArrayLike, second: ArrayLike) -> bool:
    """Return whether two scores rank all patients alike, so that their areas are one.

    Any two scores without variance of their difference that do not, such as two that separate a few
    patients, are alike or different by chance as well, and nothing can be tested.
    """
    of_first, of_second = (
        np.unique(np.asarray(one), return_inverse=True)[1] for one in (first, second)
    )
    return bool(np.array_equal(of_first, of_second))


def unpaired_test(first: AucResult, second: AucResult) -> Difference:
    """Test whether the first scores of two groups of patients have the same area (Student's t).

    The degrees of freedom are Satterthwaite's, with the patients of each group. Where neither area
    has a variance there is no test: p is NaN, and t infinite if the areas differ.

    Source: R's ``pROC::roc.test`` with ``paired = FALSE``.
    """
    difference = float(first.auc[0] - second.auc[0])
    variances = np.array([first.variance[0], second.variance[0]])
    patients = np.array([one.n_cases + one.n_controls for one in (first, second)])
    if not variances.sum() > 0:
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
