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
        The plan's models: ``kind``, ``clinical`` variables, ``scores`` of other models,
        ``radiomics`` (``extractor mask region sequences``). :func:`nested_pairs` says which is the
        reduced model of another.

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


def predictors_of(models: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, list[str]]:
    """Return a model's predictors by block, ``clinical`` and ``radiomics``.

    Radiomics are named by where they come from, ``extractor mask region sequence``, whether the
    model reads the features or takes the score of a model that does.
    """
    sources = [
        " ".join([*(str(one.get(key)) for key in ("extractor", "mask", "region")), sequence])
        for source in [name, *models[name].get("scores", [])]
        if (one := models[source].get("radiomics")) is not None
        for sequence in one.get("sequences", [])
    ]
    clinical = list(models[name].get("clinical", []))
    return {"clinical": clinical, "radiomics": list(dict.fromkeys(sources))}


def is_nested(models: Mapping[str, Mapping[str, Any]], first: str, second: str) -> bool:
    """Whether one of two models has some of the other's predictors and no others."""
    own, other = (_all(models, name) for name in (first, second))
    return bool(own) and bool(other) and (own < other or other < own)


def _all(models: Mapping[str, Mapping[str, Any]], name: str) -> set[str]:
    return {one for block in predictors_of(models, name).values() for one in block}


def _scored(models: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    """Return the models whose radiomics a model has: itself, or those whose scores it takes."""
    return [*([name] if "radiomics" in models[name] else []), *models[name].get("scores", [])]


def nested_pairs(models: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return ``full reduced without`` of every two models of which one is the other less a part.

    Of two with radiomics the reduced one must make the score that the full one takes, or both must
    be of one kind: a forest is no part of a LASSO.
    """
    return [
        {"full": full, "reduced": reduced, "without": _without(models, full, reduced)}
        for full in models
        for reduced in models
        if is_nested(models, full, reduced)
        and _all(models, reduced) < _all(models, full)
        and _is_part(models, full, reduced)
    ]


def _is_part(models: Mapping[str, Mapping[str, Any]], full: str, reduced: str) -> bool:
    if set(_scored(models, reduced)) <= set(_scored(models, full)):
        return True
    both_read = "radiomics" in models[full] and "radiomics" in models[reduced]
    return both_read and models[full].get("kind") == models[reduced].get("kind")


def _without(models: Mapping[str, Mapping[str, Any]], full: str, reduced: str) -> str:
    """Name what the reduced model lacks: variables, scores, or radiomics by where they are from."""
    own, other = (predictors_of(models, name) for name in (full, reduced))
    lacking = [one for one in own["clinical"] if one not in other["clinical"]]
    if other["radiomics"]:
        lacking += [one for one in own["radiomics"] if one not in other["radiomics"]]
    else:
        lacking += _scored(models, full)
    return ", ".join(lacking)


def blocks_without_model(models: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return ``full without`` of the blocks that no model of the plan is without."""
    pairs = [(pair["full"], pair["reduced"]) for pair in nested_pairs(models)]
    lacking = []
    for name in models:
        blocks = {key: own for key, own in predictors_of(models, name).items() if own}
        for key, block in blocks.items() if len(blocks) > 1 else []:
            rest = _all(models, name) - set(block)
            if not any(full == name and _all(models, other) == rest for full, other in pairs):
                named = block if key == "clinical" else _scored(models, name)
                lacking.append({"full": name, "without": ", ".join(named)})
    return lacking
