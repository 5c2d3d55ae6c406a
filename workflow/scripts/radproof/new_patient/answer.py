"""A prediction in numbers, ready for JSON: probability, points, terms, and what it follows from."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from radproof.models.calculator import points_and_interval
from radproof.models.nomogram import nomogram

WARNING = "For research. Not a medical device, not for the care of patients."
NO_INTERVAL = "no interval: {kind} gives none for a single patient"
NO_COVARIANCE = "no interval: the coefficients have no covariance"


def model_answer(
    model: Mapping[str, Any], read: pd.DataFrame, predicted: Mapping[str, float]
) -> dict[str, Any]:
    """Return what one model says of the patient.

    Parameters
    ----------
    model
        As ``model.json`` holds it.
    read
        What it read, one row.
    predicted
        ``score``, ``score_mean`` and ``probability``.

    Returns
    -------
    dict
        ``model kind probability linear_predictor score_mean``; ``terms``, each with its ``term``
        and ``value`` and, of a logistic model, its ``points``, of a LASSO its ``z`` and
        ``contribution`` to the linear predictor; ``total_points`` and ``interval`` (95 %, of the
        probability), None where there is none, ``interval_note`` saying why.
    """
    answer = {
        "model": model["name"],
        "kind": model["kind"],
        "probability": predicted["probability"],
        "linear_predictor": predicted["score"],
        "score_mean": predicted["score_mean"],
        **{"total_points": None, "interval": None, "interval_note": ""},
    }
    row = read.iloc[0]
    if model["kind"] == "logistic":
        found = points_and_interval(dict(model), read)
        terms = [
            {"term": name, "value": plain(row[name]), "points": points}
            for name, points in found["points"].items()
        ]
        note = "" if found["interval"] else NO_COVARIANCE
        answer |= {"total_points": found["total_points"], "interval": found["interval"]}
        return answer | {"interval_note": note, "terms": terms}
    answer["interval_note"] = NO_INTERVAL.format(kind=model["kind"])
    if model["kind"] == "lasso":
        return answer | {"terms": [_lasso_term(term, row) for term in model["terms"]]}
    return answer | {"terms": [{"term": name, "value": plain(row[name])} for name in read.columns]}


def _lasso_term(term: Mapping[str, Any], row: pd.Series) -> dict[str, Any]:
    value = plain(row[term["term"]])
    z = ((term["median"] if value is None else value) - term["mean"]) / term["sd"]
    contribution = z * term["coefficient"]
    return {"term": term["term"], "value": value, "z": z, "contribution": contribution}


def scale_of(model: Mapping[str, Any]) -> list[dict[str, float]]:
    """Return the nomogram's scale of probabilities: ``probability total_points``, rising."""
    if model["kind"] != "logistic":
        return []
    rows = nomogram(dict(model))["risk"]
    return sorted(rows, key=lambda row: float(row["total_points"]))


def plain(value: Any) -> Any:
    """Return a cell as JSON knows it: None where it is missing."""
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as plain rows."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]
