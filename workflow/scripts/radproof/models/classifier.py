"""What learners without a formula share: predictors as z-scores, filling, and a constant score.

A learner of this kind gives two functions. ``learn(z, outcome, settings, seed)`` takes z-scores
(n, p), one column a predictor or more, and the outcome by patient; it returns what is fitted,
ready for JSON, with ``warnings``. ``score(fitted, z)`` returns the log odds of each row, (n,).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from radproof.models.checks import check_training, columns_of, fill_medians, say_medians
from radproof.models.coding import encode, learn_coding
from radproof.models.scores import score_table
from radproof.z_scores import standardise

Learn = Callable[[np.ndarray, pd.Series, dict[str, Any], int], dict[str, Any]]
Score = Callable[[dict[str, Any], np.ndarray], np.ndarray]


def fit_classifier(
    table: pd.DataFrame,
    outcome: pd.Series,
    settings: dict[str, Any],
    seed: int,
    learn: Learn,
    score: Score,
) -> dict[str, Any]:
    """Fit on the patients of ``table`` and nobody else.

    Parameters
    ----------
    table
        Index patient: the clinical variables of ``settings``, float or categorical with the levels
        of the plan; every other column is a feature, whose missing values take its median.
    outcome
        Index patient, 0 or 1.
    settings
        ``clinical`` and ``missing`` where there are clinical variables; others are the learner's.
    seed
        Of whatever the learner draws.
    learn, score
        The learner.

    Returns
    -------
    dict
        The model, ready for JSON: ``features``, the features of radiomics it reads; ``variables``,
        the coding of the clinical ones; ``terms``: ``term median mean sd`` of each column, and
        what the learner says of it; ``fitted``; ``constant``, the score of everybody where there is
        nothing to learn from, else null.

    Raises
    ------
    BadInput
        If the table or the outcome cannot be fitted.
    """
    check_training(table, outcome)
    model, columns, warnings = _predictors(table, settings)
    z, mean, sd = standardise(fill_medians(columns).to_numpy(float))
    fitted = learn(z, outcome, settings, seed) if z.shape[1] else {}
    if not fitted:
        warnings.append("no predictor is left: the model gives everybody the share of events")
    said = {"median": columns.median().tolist(), "mean": mean.tolist(), "sd": sd.tolist()}
    said |= fitted.pop("terms", {})
    model |= {
        "terms": [
            {"term": str(name), **{key: values[place] for key, values in said.items()}}
            for place, name in enumerate(columns.columns)
        ],
        "constant": None if fitted else float(logit(outcome.mean())),
        "selection": [],
        "warnings": warnings + fitted.pop("warnings", []),
        "fitted": fitted,
    }
    return model | {"score_mean": float(predict_classifier(model, table, score)["score"].mean())}


def _predictors(
    table: pd.DataFrame, settings: dict[str, Any]
) -> tuple[dict[str, Any], pd.DataFrame, list[str]]:
    """Return what the model says of its predictors, their columns, and what must be said."""
    clinical = settings.get("clinical", [])
    features = [str(name) for name in table.columns if name not in clinical]
    known = [name for name in features if table[name].notna().any()]
    variables, warnings = learn_coding(table[clinical], settings.get("missing", "refuse"))
    coded = encode(variables, table)
    warnings += say_medians(table[known])
    said = {"features": known, "variables": variables}
    said |= {"n_candidate_parameters": coded.shape[1] + len(features)}
    return said, pd.concat([coded, table[known]], axis=1), warnings


def predict_classifier(model: dict[str, Any], table: pd.DataFrame, score: Score) -> pd.DataFrame:
    """Return ``score`` (log odds) and ``probability`` of each patient of ``table``.

    Raises
    ------
    BadInput
        If a predictor of the model is missing from the table, or a level is none of the plan's.
    """
    if model["constant"] is not None:
        return score_table(np.full(len(table), model["constant"]), table.index)
    coded = encode(model["variables"], table)
    columns = pd.concat([coded, columns_of(table, model["features"])], axis=1)
    z = [
        (columns[term["term"]].fillna(term["median"]).to_numpy(float) - term["mean"]) / term["sd"]
        for term in model["terms"]
    ]
    return score_table(score(model["fitted"], np.column_stack(z)), table.index)


def term_table(model: dict[str, Any], table: pd.DataFrame, outcome: pd.Series) -> pd.DataFrame:
    """Return the terms of the model, with what the learner says of each; nothing is estimated."""
    columns = ["term", "median", "mean", "sd"]
    return pd.DataFrame(model["terms"], columns=columns if not model["terms"] else None)
