"""Calibration: whether predicted probabilities agree with what happens."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import chi2, norm
from skmisc.loess import loess

from radproof.evaluation.checks import check_outcome, check_probability
from radproof.evaluation.delong import auc
from radproof.models.likelihood import fit_logistic

SPAN, DEGREE = 0.75, 2
GROUPS = 10


@dataclass(frozen=True)
class Recalibration:
    """Logistic recalibration: estimates with 95 % limits.

    ``intercept`` and ``slope`` belong to logit(risk) = intercept + slope * logit(p); ``citl``, the
    calibration in the large, is the intercept where the slope is held at 1. ``n_finite`` patients
    have a probability other than 0 and 1; the others have no logit and are left out. ``note`` says
    why an estimate is missing.
    """

    n_finite: int
    intercept: tuple[float, float, float]
    slope: tuple[float, float, float]
    citl: tuple[float, float, float]
    note: str


@dataclass(frozen=True)
class HosmerLemeshow:
    """The Hosmer-Lemeshow statistic; NaN where all probabilities are equal."""

    chi2: float
    df: int
    p: float
    groups: int


def brier_score(outcome: ArrayLike, probability: ArrayLike) -> float:
    """Return the mean squared difference of outcome and probability, from 0 (best) to 1.

    Source: Brier 1950 (Mon Weather Rev 78:1).
    """
    events = check_outcome(outcome, both_classes=False)
    return float(np.mean((check_probability(probability, events.size) - events) ** 2))


def recalibrate(outcome: ArrayLike, probability: ArrayLike) -> Recalibration:
    """Estimate intercept, slope and calibration in the large by maximum likelihood.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    probability
        From 0 to 1, shape (n,).

    Raises
    ------
    BadInput
        If outcome or probability are not as said.

    Source: Cox 1958 (Biometrika 45:562); Van Calster et al. 2019 (BMC Med 17:230).
    """
    events = check_outcome(outcome)
    with np.errstate(divide="ignore"):
        lp = logit(check_probability(probability, events.size))
    finite = np.isfinite(lp)
    events, lp = events[finite], lp[finite]
    missing = (np.nan, np.nan, np.nan)
    if np.unique(events).size < 2:
        note = "no recalibration: one class among probabilities other than 0 and 1"
        return Recalibration(events.size, missing, missing, missing, note)
    citl = _calibration_in_the_large(events, lp)
    if np.ptp(lp) == 0:
        note = "no calibration slope: every probability is equal"
        return Recalibration(events.size, missing, missing, citl, note)
    cases, controls = lp[events], lp[~events]
    if cases.min() >= controls.max() or controls.min() >= cases.max():
        note = "no calibration slope: the probabilities separate the classes"
        return Recalibration(events.size, missing, missing, citl, note)
    design = np.column_stack([np.ones(lp.size), lp])
    estimate = fit_logistic(design, events.astype(float), penalised=False)
    se = np.sqrt(np.diag(estimate.covariance))
    both = [_with_limits(*pair) for pair in zip(estimate.coefficients, se, strict=True)]
    return Recalibration(events.size, both[0], both[1], citl, "")


def _calibration_in_the_large(events: np.ndarray, lp: np.ndarray) -> tuple[float, float, float]:
    """Solve for the intercept at which as many events are expected as there are."""
    log_odds = float(logit(events.mean()))
    low, high = log_odds - float(lp.max()) - 1, log_odds - float(lp.min()) + 1

    def lacking(intercept: float) -> float:
        return float(np.sum(events - expit(lp + intercept)))

    intercept = brentq(lacking, low, high, xtol=1e-13, rtol=1e-14)
    risk = expit(lp + intercept)
    return _with_limits(intercept, 1 / np.sqrt(np.sum(risk * (1 - risk))))


def _with_limits(estimate: float, se: float) -> tuple[float, float, float]:
    half = norm.ppf(0.975) * se
    return float(estimate), float(estimate - half), float(estimate + half)


def smooth_outcome(
    outcome: ArrayLike, probability: ArrayLike, at: ArrayLike, surface: str = "interpolate"
) -> np.ndarray:
    """Return the loess estimate of the observed risk at given probabilities, shape of ``at``.

    Parameters
    ----------
    outcome, probability
        Of the patients, shape (n,).
    at
        Probabilities within the range of those of the patients.
    surface
        ``interpolate`` (R's default, on a k-d tree) or ``direct`` (exact, slow).

    Raises
    ------
    ValueError
        If there are too few distinct probabilities for a local quadratic.

    Source: Cleveland & Devlin 1988 (J Am Stat Assoc 83:596); R's ``loess``, span 0.75, degree 2.
    """
    events = check_outcome(outcome, both_classes=False)
    values = check_probability(probability, events.size)
    fitted = loess(values, events.astype(float), span=SPAN, degree=DEGREE, surface=surface)
    fitted.fit()
    smoothed = np.asarray(fitted.predict(np.asarray(at, dtype=float)).values)
    if not np.isfinite(smoothed).all():
        raise ValueError("loess gives values that are not finite")
    return smoothed


def integrated_index(
    outcome: ArrayLike, probability: ArrayLike, surface: str = "interpolate"
) -> dict[str, float]:
    """Return ``ici e50 e90 emax``: mean, median, 90 % quantile and maximum of |smoothed risk - p|.

    Raises
    ------
    ValueError
        If there are too few distinct probabilities for a local quadratic.

    Source: Austin & Steyerberg 2019 (Stat Med 38:4051).
    """
    smoothed = smooth_outcome(outcome, probability, probability, surface)
    error = np.abs(smoothed - np.asarray(probability, dtype=float))
    return {
        "ici": float(error.mean()),
        "e50": float(np.median(error)),
        "e90": float(np.quantile(error, 0.9)),
        "emax": float(error.max()),
    }


def quantile_groups(values: np.ndarray, groups: int) -> tuple[np.ndarray, int]:
    """Return the quantile group (0, 1, ...) of each value, and how many groups ties leave.

    Breaks are R's quantiles of type 7, closed on the right. Their places are computed in whole
    numbers, since a break that misses its value by rounding would move patients to another group.
    """
    ordered = np.sort(values)
    whole, part = np.divmod((values.size - 1) * np.arange(groups + 1), groups)
    low, high = ordered[whole], ordered[np.minimum(whole + 1, values.size - 1)]
    share = part / groups
    breaks = np.unique(np.where(low == high, low, (1 - share) * low + share * high))
    return np.searchsorted(breaks[1:-1], values, side="left"), breaks.size - 1


def hosmer_lemeshow(
    outcome: ArrayLike, probability: ArrayLike, own_patients: bool = True
) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow statistic over ten groups by quantiles of the probability.

    There are 8 degrees of freedom on a model's ``own_patients``, those it was fitted on, and 10 on
    others, whose numbers it was not drawn to, even where ties leave fewer groups. A group whose
    expected count is zero adds nothing where none was observed, and infinity otherwise.

    Source: Hosmer & Lemeshow 1980 (Commun Stat A 9:1043); R's ``ResourceSelection::hoslem.test`` (8
    degrees); of other patients: Hosmer, Lemeshow & Sturdivant 2013, ch. 5.
    """
    events = check_outcome(outcome, both_classes=False)
    values = check_probability(probability, events.size)
    group, groups = quantile_groups(values, GROUPS)
    df = GROUPS - 2 if own_patients else GROUPS
    if groups < 2:
        return HosmerLemeshow(np.nan, df, np.nan, 1)
    statistic = 0.0
    for observed, expected in ((events, values), (~events, 1 - values)):
        counts = np.bincount(group, observed, groups)
        means = np.bincount(group, expected, groups)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(counts == means, 0.0, (counts - means) ** 2 / means)
        statistic += float(parts.sum())
    return HosmerLemeshow(statistic, df, float(chi2.sf(statistic, df)), groups)


def calibration(
    outcome: ArrayLike, probability: ArrayLike, own_patients: bool = True
) -> dict[str, Any]:
    """Return every number of calibration of one set of predictions.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    probability
        From 0 to 1, shape (n,).
    own_patients
        Whether the model was fitted on these patients.

    Returns
    -------
    dict
        ``n n_events``; ``brier``, ``brier_scaled`` (1 - Brier / that of the prevalence);
        ``intercept``, ``slope`` and ``citl`` each with ``_ci_low`` and ``_ci_high``, ``n_finite``
        (see :class:`Recalibration`); ``eo_ratio``: expected over observed events; ``ici e50 e90
        emax``; ``c_index``; ``hl_chi2 hl_df hl_p hl_groups``; ``note``: why a number is missing or
        infinite.

    Raises
    ------
    BadInput
        If outcome or probability are not as said.
    """
    events = check_outcome(outcome)
    values = check_probability(probability, events.size)
    brier, prevalence = brier_score(events, values), float(events.mean())
    fitted = recalibrate(events, values)
    result: dict[str, Any] = {
        "n": events.size,
        "n_events": int(events.sum()),
        "brier": brier,
        "brier_scaled": 1 - brier / (prevalence * (1 - prevalence)),
    }
    for name in ("intercept", "slope", "citl"):
        for suffix, value in zip(("", "_ci_low", "_ci_high"), getattr(fitted, name), strict=True):
            result[name + suffix] = value
    notes = [fitted.note] if fitted.note else []
    if fitted.n_finite < events.size:
        notes.append(f"{events.size - fitted.n_finite} probabilities of 0 or 1 have no logit")
    result |= {"n_finite": fitted.n_finite, "eo_ratio": float(values.sum() / events.sum())}
    try:
        result |= integrated_index(events, values)
    except ValueError:
        result |= dict.fromkeys(("ici", "e50", "e90", "emax"), np.nan)
        notes.append("no ICI: too few distinct probabilities for loess")
    result["c_index"] = float(auc(events, values).auc[0])
    grouped = hosmer_lemeshow(events, values, own_patients)
    if grouped.groups < 2:
        notes.append("no Hosmer-Lemeshow test: every probability is equal")
    if np.isinf(grouped.chi2):
        notes.append("infinite Hosmer-Lemeshow: a group of probabilities of 0 or 1 was belied")
    result |= {f"hl_{name}": getattr(grouped, name) for name in ("chi2", "df", "p", "groups")}
    return result | {"note": "; ".join(notes)}
