"""What a page needs to work a logistic model out for one patient: points, probability, interval."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm
from scipy.stats import t as student

from radproof.models.learners.logistic import filled_columns
from radproof.models.nomogram import nomogram


def calculator(model: dict[str, Any]) -> dict[str, Any]:
    """Return the frozen numbers from which a patient's prediction follows, ready for JSON.

    Parameters
    ----------
    model
        A model of kind ``logistic``, as ``model.json`` holds it.

    Returns
    -------
    dict
        ``intercept``, ``terms``, ``imputation`` (None where missing values have a fill value) and
        ``variables`` as in the model, each variable with ``least_lp``, the linear predictor at its
        0 points; ``points_per_lp``; ``covariance`` of the coefficients, the intercept first,
        and ``quantile``, how many standard errors of the linear predictor a 95 % interval reaches
        to either side: both None where no maximum was found, ``covariance`` alone after a ridge
        penalty, and there is no interval.

    Notes
    -----
    For a patient's columns x after a leading 1, the interval of the linear predictor is ``x'b ±
    quantile sqrt(x' V x)`` (Hosmer, Lemeshow & Sturdivant 2013, Applied Logistic Regression, sec.
    2.5), and that of the probability its logistic transform. Pooled fits take Student's t with the
    least degrees of freedom of any coefficient, as those of the sum vary with the patient.
    """
    axes = nomogram(model)
    least: dict[str, float] = {}
    for axis in axes["variables"]:
        name = axis["variable"].removesuffix("=missing")
        least[name] = least.get(name, 0.0) + min(tick["lp"] for tick in axis["axis"])
    degrees = model.get("pooled", {}).get("degrees")
    quantile = float(student.ppf(0.975, min(degrees)) if degrees else norm.ppf(0.975))
    found = model["converged"]
    return {
        "intercept": model["intercept"],
        "terms": model["terms"],
        "variables": [
            {**variable, "least_lp": least[variable["variable"]]} for variable in model["variables"]
        ],
        "imputation": model.get("imputation"),
        "points_per_lp": axes["points_per_lp"],
        "covariance": model["covariance"] if found else None,
        "quantile": quantile if found else None,
    }


def points_and_interval(model: dict[str, Any], table: pd.DataFrame) -> dict[str, Any]:
    """Return the points of one patient and the interval of the probability, by :func:`calculator`.

    Parameters
    ----------
    model
        A model of kind ``logistic``, as ``model.json`` holds it.
    table
        One row, as ``learners.logistic.predict`` takes it.

    Returns
    -------
    dict
        ``points`` (variable → points), ``total_points``, and ``interval`` (``low`` and ``high``
        of the probability, 0 to 1), None where the coefficients are no estimate.
    """
    frozen = calculator(model)
    patient = filled_columns(model, table).iloc[0]
    values = np.array([1.0, *(patient[term["term"]] for term in model["terms"])])
    weights = np.array([model["intercept"], *(term["coefficient"] for term in model["terms"])])
    lp = dict(zip([term["term"] for term in model["terms"]], (values * weights)[1:], strict=True))
    points = {
        variable["variable"]: frozen["points_per_lp"]
        * float(sum(lp.get(name, 0.0) for name in _columns_of(variable)) - variable["least_lp"])
        for variable in frozen["variables"]
    }
    result = {"points": points, "total_points": sum(points.values()), "interval": None}
    if frozen["covariance"] is None:
        return result
    variance = float(values @ np.array(frozen["covariance"]) @ values)
    reach = frozen["quantile"] * np.sqrt(max(variance, 0.0))
    score = float(values @ weights)
    return result | {
        "interval": {"low": float(expit(score - reach)), "high": float(expit(score + reach))}
    }


def _columns_of(variable: dict[str, Any]) -> list[str]:
    """Return the columns of the regression that belong to a variable."""
    name = variable["variable"]
    return [name, f"{name}=missing", *(f"{name}={one}" for one in variable.get("levels", []))]
