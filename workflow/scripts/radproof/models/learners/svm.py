"""A support vector machine of features of radiomics and clinical variables."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from radproof.models.classifier import fit_classifier, predict_classifier, term_table
from radproof.models.inner_folds import deal_inner_folds
from radproof.models.likelihood import fit_logistic

coefficients = term_table


def fit(
    table: pd.DataFrame, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Fit the machine, and the probability of its decision value; see ``fit_classifier``.

    The probability is a logistic regression (Firth's likelihood, finite where classes separate) on
    decision values of machines fitted without the patient's inner fold. Where those do not rise
    with the outcome, everybody has the share of events. A linear machine gives each term its
    ``weight``; the file of a radial one holds z-scores of the patients that support it.

    Source: Platt 1999 (Advances in Large Margin Classifiers, 61), with Firth's penalty for his.
    """
    return fit_classifier(table, outcome, settings, seed, _learn, _score)


def predict(model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """Return ``score`` (log odds) and ``probability`` of each patient of ``table``."""
    return predict_classifier(model, table, _score)


def _learn(
    z: np.ndarray, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    machine = _fit_machine(z, outcome.to_numpy(int), settings)
    intercept, slope, warnings = _calibrate(z, outcome, settings, seed)
    terms = {"weight": machine["weights"]} if "weights" in machine else {}
    calibration = {"intercept": intercept, "slope": slope}
    return {**machine, "calibration": calibration, "terms": terms, "warnings": warnings}


def _fit_machine(z: np.ndarray, outcome: np.ndarray, settings: dict[str, Any]) -> dict[str, Any]:
    # Predicting with a frozen machine needs none of scikit-learn.
    from sklearn.svm import SVC

    gamma = 1 / z.shape[1] if settings["gamma"] is None else settings["gamma"]
    balanced = settings["class_weight"] == "balanced"
    machine = SVC(
        C=settings["cost"],
        kernel=settings["kernel"],
        gamma=gamma,
        class_weight="balanced" if balanced else None,
        tol=1e-6,
        cache_size=50,
    ).fit(z, outcome)
    fitted: dict[str, Any] = {"offset": float(machine.intercept_[0])}
    if settings["kernel"] == "linear":
        return fitted | {"weights": machine.coef_[0].tolist()}
    return fitted | {
        "gamma": gamma,
        "vectors": machine.support_vectors_.tolist(),
        "weights_of_vectors": machine.dual_coef_[0].tolist(),
    }


def _calibrate(
    z: np.ndarray, outcome: pd.Series, settings: dict[str, Any], seed: int
) -> tuple[float, float, list[str]]:
    """Return intercept and slope of the log odds over decision values of inner folds."""
    cases = outcome.to_numpy(int)
    flat = float(logit(cases.mean()))
    inner = deal_inner_folds(outcome, settings["inner_folds"], seed)
    if inner.count < 2:
        return flat, 0.0, [f"{warning}: one score for all" for warning in inner.warnings]
    values = np.empty(len(cases))
    for label in range(inner.count):
        inside = inner.labels == label
        machine = _fit_machine(z[~inside], cases[~inside], settings)
        values[inside] = decision_values(machine, z[inside])
    warnings = [*inner.warnings]
    if np.ptp(values) > 0:
        design = np.column_stack([np.ones(len(cases)), values])
        intercept, slope = fit_logistic(design, cases.astype(float), penalised=True).coefficients
        if slope > 0:
            return float(intercept), float(slope), warnings
    warnings.append("decision values out of fold do not rise with the outcome: one score for all")
    return flat, 0.0, warnings


def decision_values(machine: dict[str, Any], z: np.ndarray) -> np.ndarray:
    """Return the distance from the margin's middle, (n,), of rows (n, p); positive is an event.

    Row by row: the product of two matrices may round otherwise with another number of rows.
    """
    if "weights" in machine:
        weights = np.array(machine["weights"])
        return np.array([(weights * row).sum() for row in z]) + machine["offset"]
    vectors, weights = np.array(machine["vectors"]), np.array(machine["weights_of_vectors"])
    kernel = (np.exp(-machine["gamma"] * ((vectors - row) ** 2).sum(axis=1)) for row in z)
    return np.array([(weights * one).sum() for one in kernel]) + machine["offset"]


def _score(fitted: dict[str, Any], z: np.ndarray) -> np.ndarray:
    calibration = fitted["calibration"]
    return calibration["intercept"] + calibration["slope"] * decision_values(fitted, z)
