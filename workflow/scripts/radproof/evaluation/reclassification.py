"""Net reclassification improvement and integrated discrimination improvement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from radproof.errors import BadInput, Problem
from radproof.evaluation.checks import check_outcome, check_probability

# What rounding leaves of a standard error that is zero.
NO_ERROR = 1e-12


@dataclass(frozen=True)
class Improvement:
    """An estimate with standard error, z, two-sided normal p and 95 % limits.

    Without standard error z and p are NaN where the estimate is zero, else z is infinite; ``note``
    says so.
    """

    estimate: float
    se: float
    z: float
    p: float
    ci_low: float
    ci_high: float

    @property
    def note(self) -> str:
        """Why a number is missing or infinite; nothing where none is."""
        if np.isnan(self.se):
            return "one patient with or without the event: no standard error"
        return "no variance: all patients move alike" if self.se < NO_ERROR else ""


@dataclass(frozen=True)
class Reclassification:
    """Net reclassification: in all, and in those with and without the event.

    ``up_events`` and so on are shares of those with (without) the event whose probability, or
    category, rises or falls. ``null_se`` is the standard error were the shares that rise and fall
    equal (Pencina et al. 2008), ``null_z`` and ``null_p`` belong to it.
    """

    total: Improvement
    events: Improvement
    nonevents: Improvement
    up_events: float
    down_events: float
    up_nonevents: float
    down_nonevents: float
    null_se: float
    null_z: float
    null_p: float


@dataclass(frozen=True)
class Discrimination:
    """Integrated discrimination improvement, and its parts.

    ``events`` is the mean rise of the probability in those with the event, ``nonevents`` the mean
    fall in those without.
    """

    total: Improvement
    events: float
    nonevents: float


def continuous_nri(outcome: ArrayLike, old: ArrayLike, new: ArrayLike) -> Reclassification:
    """Return the net reclassification by any rise or fall of the probability.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    old, new
        Probabilities of two models, from 0 to 1, shape (n,).

    Raises
    ------
    BadInput
        If outcome or probabilities are not as said.

    Source: Pencina et al. 2011 (Stat Med 30:11); R's ``Hmisc::improveProb``.
    """
    events, first, second = _checked(outcome, old, new)
    return _reclassified(events, np.sign(second - first))


def category_nri(
    outcome: ArrayLike, old: ArrayLike, new: ArrayLike, cuts: ArrayLike
) -> Reclassification:
    """Return the net reclassification between risk categories.

    Category i holds probabilities from cut i-1 up to, not including, cut i. ``cuts`` rise and lie
    above 0 and below 1; the rest is as in :func:`continuous_nri`.

    Raises
    ------
    BadInput
        If outcome, probabilities or cuts are not as said.

    Source: Pencina et al. 2008 (Stat Med 27:157); R's ``Hmisc::improveProb`` on categories.
    """
    events, first, second = _checked(outcome, old, new)
    limits = np.atleast_1d(np.asarray(cuts, dtype=float))
    if not (np.all(np.diff(limits) > 0) and np.all((limits > 0) & (limits < 1)) and limits.size):
        found = ", ".join(f"{value:g}" for value in limits)
        expected = "rising, above 0 and below 1"
        raise BadInput(Problem("cuts are out of order or range", found=found, expected=expected))
    before, after = (np.searchsorted(limits, one, side="right") for one in (first, second))
    return _reclassified(events, np.sign(after - before))


def integrated_discrimination(outcome: ArrayLike, old: ArrayLike, new: ArrayLike) -> Discrimination:
    """Return the rise of the difference of mean probability between events and non-events.

    Arguments and errors are those of :func:`continuous_nri`. With one event or one non-event there
    is no standard error.

    Source: Pencina et al. 2008 (Stat Med 27:157); R's ``Hmisc::improveProb``.
    """
    events, first, second = _checked(outcome, old, new)
    rise = second - first
    gain, loss = float(rise[events].mean()), float(-rise[~events].mean())
    variances = [_variance_of_mean(rise[group]) for group in (events, ~events)]
    return Discrimination(_improvement(gain + loss, sum(variances)), gain, loss)


def _variance_of_mean(values: np.ndarray) -> float:
    return float(np.var(values, ddof=1) / values.size) if values.size > 1 else np.nan


def _checked(
    outcome: ArrayLike, old: ArrayLike, new: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    events = check_outcome(outcome)
    return (
        events,
        check_probability(old, events.size, "old probability"),
        check_probability(new, events.size, "new probability"),
    )


def _reclassified(events: np.ndarray, moved: np.ndarray) -> Reclassification:
    """Summarise moves (-1 down, 0, 1 up), shape (n,)."""
    n_events, n_nonevents = int(events.sum()), int((~events).sum())
    up, down = float((moved[events] > 0).mean()), float((moved[events] < 0).mean())
    up_non, down_non = float((moved[~events] > 0).mean()), float((moved[~events] < 0).mean())
    gain, loss = up - down, down_non - up_non
    variance = (up + down - gain**2) / n_events
    variance_non = (up_non + down_non - loss**2) / n_nonevents
    null = _improvement(gain + loss, (up + down) / n_events + (up_non + down_non) / n_nonevents)
    return Reclassification(
        total=_improvement(gain + loss, variance + variance_non),
        events=_improvement(gain, variance),
        nonevents=_improvement(loss, variance_non),
        up_events=up,
        down_events=down,
        up_nonevents=up_non,
        down_nonevents=down_non,
        null_se=null.se,
        null_z=null.z,
        null_p=null.p,
    )


def _improvement(estimate: float, variance: float) -> Improvement:
    se = float(np.sqrt(np.maximum(variance, 0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = float(np.divide(estimate, se))
    half = float(norm.ppf(0.975)) * se
    p = 2 * float(norm.sf(abs(z)))
    return Improvement(estimate, se, z, p, estimate - half, estimate + half)
