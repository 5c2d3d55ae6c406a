"""The test that fits a variable of two groups of patients, chosen by what the values allow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import gammaln

from radproof.z_scores import is_constant

WELCH, MANN_WHITNEY = "Welch's t test", "Mann–Whitney U test"
CHI_SQUARED, FISHER = "chi-squared test", "Fisher's exact test"
SIMULATED = "Fisher's exact test, simulated"
NO_TEST = "none"

NORMALITY_LEVEL = 0.05
# Shapiro and Wilk's test is made for 3 to 5,000 values.
SHAPIRO_LEAST, SHAPIRO_MOST = 3, 5000
LEAST_EXPECTED = 5
# Where more tables have the same margins, some are drawn at random instead.
ENUMERATED, DRAWN = 2_000_000, 100_000
ROUNDING = 1e-7


@dataclass(frozen=True)
class Tested:
    """The test that was taken, its p (missing without a test, ``note`` says why).

    ``normal`` says whether numbers of both groups pass for normal, and are shown by their mean.
    """

    test: str
    p: float
    note: str = ""
    normal: bool = False


def compare_numbers(first: np.ndarray, second: np.ndarray) -> Tested:
    """Compare the numbers of two groups.

    Welch's t test where both groups pass for normal (Shapiro–Wilk, p of at least 0.05), which needs
    no equal variances; else the Mann–Whitney U test, exact in groups of at most 8 without ties.

    Parameters
    ----------
    first, second
        Known, finite values, shape (n,) and (m,).

    Source: R's ``t.test``; ``wilcox.test(correct = TRUE)``.
    """
    both = np.concatenate([first, second])
    if min(first.size, second.size) == 0:
        return Tested(NO_TEST, np.nan, "no known value in a group")
    normal = _passes_for_normal(first) and _passes_for_normal(second)
    if is_constant(both[:, None]).all():
        return Tested(NO_TEST, np.nan, "one value in all patients")
    if normal:
        p = stats.ttest_ind(first, second, equal_var=False).pvalue
        return Tested(WELCH, float(p), normal=True)
    return Tested(MANN_WHITNEY, float(stats.mannwhitneyu(first, second).pvalue))


def _passes_for_normal(values: np.ndarray) -> bool:
    if values.size < SHAPIRO_LEAST or is_constant(values[:, None]).all():
        return False
    test = stats.shapiro if values.size <= SHAPIRO_MOST else stats.normaltest
    return bool(test(values).pvalue >= NORMALITY_LEVEL)


def compare_categories(first: Sequence[int], second: Sequence[int]) -> Tested:
    """Compare the counts of levels in two groups.

    The chi-squared test without continuity correction; Fisher's exact test where an expected count
    is below 5 (for more than two levels that of Freeman and Halton). Levels that nobody has are
    left out of the test.

    Parameters
    ----------
    first, second
        Patients of each level, shape (levels,).

    Source: R's ``chisq.test(correct = FALSE)``, ``fisher.test``.
    """
    table = np.array([first, second])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] == 0 or table.sum(axis=1).min() == 0:
        return Tested(NO_TEST, np.nan, "no known value in a group")
    if table.shape[1] == 1:
        return Tested(NO_TEST, np.nan, "one level in all patients")
    expected = stats.contingency.expected_freq(table)
    if expected.min() >= LEAST_EXPECTED:
        return Tested(CHI_SQUARED, float(stats.chi2_contingency(table, correction=False).pvalue))
    fisher = _fisher_p(table)
    if fisher is None:
        return Tested(SIMULATED, _drawn_p(table), f"from {DRAWN} tables drawn at random")
    return Tested(FISHER, fisher)


def _fisher_p(table: np.ndarray) -> float | None:
    """Return the probability of all tables no likelier than this one; None where they are many.

    The counts of the first group run over all that the margins allow, level by level.
    """
    totals = table.sum(axis=0)
    size, after = int(table[0].sum()), int(totals.sum())
    chosen, ways = np.zeros(1, int), np.zeros(1)
    for total in totals:
        counts = np.arange(total + 1)
        if chosen.size * counts.size > ENUMERATED:
            return None
        after -= int(total)
        chosen = (chosen[:, None] + counts).ravel()
        ways = (ways[:, None] + _log_binomials(int(total))).ravel()
        possible = (chosen <= size) & (chosen + after >= size)
        chosen, ways = chosen[possible], ways[possible]
    observed = sum(_log_binomials(int(n))[k] for n, k in zip(totals, table[0], strict=True))
    # Probabilities that rounding alone keeps apart count as equal, as in R.
    alike = ways[ways <= observed + ROUNDING]
    return float(min(1.0, np.exp(alike - _log_binomials(int(totals.sum()))[size]).sum()))


def _log_binomials(total: int) -> np.ndarray:
    taken = np.arange(total + 1)
    return gammaln(total + 1) - gammaln(taken + 1) - gammaln(total - taken + 1)


def _drawn_p(table: np.ndarray) -> float:
    """Return the share of tables no likelier than this one among those drawn with its margins."""
    same_margins = stats.random_table(table.sum(axis=1), table.sum(axis=0), seed=0)
    drawn = same_margins.logpmf(same_margins.rvs(DRAWN))
    no_likelier = int((drawn <= same_margins.logpmf(table) + ROUNDING).sum())
    return (no_likelier + 1) / (DRAWN + 1)
