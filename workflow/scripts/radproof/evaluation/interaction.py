"""Whether a model's score says the same in every group of patients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit
from scipy.stats import chi2

from radproof.evaluation.checks import check_outcome, check_probability
from radproof.evaluation.delong import AucResult
from radproof.models.likelihood import fit_logistic
from radproof.models.separation import detect_separation


@dataclass(frozen=True)
class ChiSquared:
    """A chi-squared test; where there is none, numbers are NaN and ``note`` says why."""

    statistic: float
    df: int
    p: float
    note: str


def interaction_test(outcome: ArrayLike, probability: ArrayLike, group: ArrayLike) -> ChiSquared:
    """Test by likelihood ratio whether the slope of the score differs between groups.

    Logistic regression on log odds, groups and their products, against that without products.

    Parameters
    ----------
    outcome
        0 or 1 (event), shape (n,); both must occur.
    probability
        From 0 to 1, shape (n,).
    group
        Labels of two groups or more, shape (n,).

    Raises
    ------
    BadInput
        If outcome or probability are not as said.

    Source: Hosmer, Lemeshow & Sturdivant 2013, ch. 3; R's ``anova(glm, glm, test = "LRT")``.
    """
    events = check_outcome(outcome)
    with np.errstate(divide="ignore"):
        score = logit(check_probability(probability, events.size))
    labels = np.asarray(group)
    dummies = [labels == label for label in np.unique(labels)[1:]]
    if not np.isfinite(score).all():
        return _none(len(dummies), "probabilities of 0 or 1 have no logit")
    reduced = np.column_stack([np.ones(events.size), score, *dummies]).astype(float)
    full = np.column_stack([reduced, *(score * one for one in dummies)])
    scale = np.abs(full).max(axis=0)
    if not scale.all() or np.linalg.matrix_rank(full / scale) < full.shape[1]:
        return _none(len(dummies), "probabilities do not vary within each group")
    if detect_separation(full[:, 1:], events.astype(float)).kind != "none":
        return _none(len(dummies), "the score separates the classes in a group")
    fits = [fit_logistic(one, events.astype(float), penalised=False) for one in (reduced, full)]
    statistic = max(2 * (fits[1].log_likelihood - fits[0].log_likelihood), 0.0)
    return ChiSquared(statistic, len(dummies), float(chi2.sf(statistic, len(dummies))), "")


def equal_areas_test(areas: list[AucResult]) -> ChiSquared:
    """Test whether areas of k groups of different patients are equal (k - 1 degrees of freedom).

    Cochran's Q: squared distances from the mean area, both weighted by the inverse variance.

    Source: DeLong et al. 1988 (Biometrics 44:837), the contrast test with independent groups.
    """
    values = np.array([one.auc[0] for one in areas])
    variances = np.array([one.variance[0] for one in areas])
    if not (variances > 0).all():
        return _none(len(areas) - 1, "an area without variance")
    mean = np.average(values, weights=1 / variances)
    statistic = float(np.sum((values - mean) ** 2 / variances))
    return ChiSquared(statistic, len(areas) - 1, float(chi2.sf(statistic, len(areas) - 1)), "")


def _none(df: int, note: str) -> ChiSquared:
    return ChiSquared(np.nan, df, np.nan, note)
