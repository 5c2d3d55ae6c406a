"""What a part of a model adds: models of the plan with it and without it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from radproof.evaluation.checks import check_predictions
from radproof.evaluation.compare import compare_pair
from radproof.evaluation.pairs import PAIR, paired_groups

COLUMNS = [
    *("full", "without", "reduced", *PAIR[2:], "auc_full", "auc_reduced"),
    *("difference", "ci_low", "ci_high", "p", "note"),
]
NO_MODEL = "no model of the plan is this one without these predictors"


def ablate(predictions: pd.DataFrame, models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return how much lower the area is without some predictors; nothing is fitted for it.

    Parameters
    ----------
    predictions
        As for :func:`radproof.evaluation.evaluate.evaluate`.
    models
        The plan's models. One is the reduced model of another if its predictors are some of the
        other's: ``clinical`` variables, ``scores`` of other models, and the model's own radiomics,
        which is the score that others take from it.

    Returns
    -------
    pandas.DataFrame
        ``full without reduced set kind n n_events auc_full auc_reduced``; ``difference`` (full
        minus reduced) with its 95 % interval ``ci_low ci_high`` and ``p`` of the paired DeLong
        test, except for apparent predictions; ``note``. A block (all clinical variables, or all
        scores) without which the plan has no model stands in one row that says so.

    Raises
    ------
    BadInput
        If the predictions cannot be used.
    """
    check_predictions(predictions)
    pairs = nested_pairs(models)
    entries = [{"first": pair["full"], "second": pair["reduced"], "nested": True} for pair in pairs]
    without = {(pair["full"], pair["reduced"]): pair["without"] for pair in pairs}
    rows = []
    for group in paired_groups(predictions, entries):
        for pair in group:
            row = compare_pair(pair)
            names = (row.pop("first"), row.pop("second"))
            row |= {"full": names[0], "reduced": names[1], "without": without[names]}
            row |= {"auc_full": row["auc_first"], "auc_reduced": row["auc_second"]}
            rows.append(row)
    rows += [lacking | {"note": NO_MODEL} for lacking in blocks_without_model(models)]
    return pd.DataFrame(rows, columns=COLUMNS)


def predictors_of(name: str, model: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a model's predictors by block: ``clinical`` and ``radiomics score``."""
    scores = [name] if "radiomics" in model else []
    return {
        "clinical": list(model.get("clinical", [])),
        "radiomics score": scores + list(model.get("scores", [])),
    }


def _all(name: str, model: Mapping[str, Any]) -> list[str]:
    return [one for block in predictors_of(name, model).values() for one in block]


def nested_pairs(models: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return ``full reduced without`` of every two models of which one has some of the other's."""
    own = {name: _all(name, model) for name, model in models.items()}
    return [
        {
            "full": full,
            "reduced": reduced,
            "without": ", ".join(one for one in own[full] if one not in own[reduced]),
        }
        for full in own
        for reduced in own
        if own[reduced] and set(own[reduced]) < set(own[full])
    ]


def blocks_without_model(models: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return ``full without`` of the blocks that no model of the plan is without."""
    own = {name: set(_all(name, model)) for name, model in models.items()}
    lacking = []
    for name, model in models.items():
        blocks = [block for block in predictors_of(name, model).values() if block]
        for block in blocks if len(blocks) > 1 else []:
            if own[name] - set(block) not in own.values():
                lacking.append({"full": name, "without": ", ".join(block)})
    return lacking
