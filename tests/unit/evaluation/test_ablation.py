"""Models with and without a part, as far as the plan has both."""

from typing import Any

import numpy as np
import pytest
from radproof.evaluation.ablation import (
    COLUMNS,
    ablate,
    blocks_without_model,
    is_nested,
    nested_pairs,
)
from radproof.evaluation.delong import auc, paired_test

from tests.unit.evaluation.cohort import make_predictions

UNET = {"extractor": "e", "mask": "unet", "region": "whole", "sequences": ["t1", "t2"]}
MODELS: dict[str, dict[str, Any]] = {
    "clinical": {"kind": "logistic", "clinical": ["age"], "scores": []},
    "automated": {"kind": "lasso", "radiomics": UNET},
    "manual": {"kind": "logistic", "clinical": ["age", "sex"], "scores": ["automated"]},
}


def test_pairs_follow_from_the_plan() -> None:
    assert nested_pairs(MODELS) == [
        {"full": "manual", "reduced": "clinical", "without": "sex, automated"},
        {"full": "manual", "reduced": "automated", "without": "age, sex"},
    ]
    # Without the score, age and sex are left, and no model has these two alone.
    assert blocks_without_model(MODELS) == [{"full": "manual", "without": "automated"}]
    complete = MODELS | {"both": {"kind": "logistic", "clinical": ["sex", "age"], "scores": []}}
    assert blocks_without_model(complete) == []


def test_scores_of_two_masks_are_two_predictors() -> None:
    by_hand = {"kind": "lasso", "radiomics": UNET | {"mask": "rater1"}}
    assert nested_pairs({"automated": MODELS["automated"], "by_hand": by_hand}) == []


def test_fewer_sequences_are_a_part_of_more_and_another_kind_is_none() -> None:
    one = UNET | {"sequences": ["t1"]}
    models: dict[str, dict[str, Any]] = {
        "all": {"kind": "lasso", "radiomics": UNET},
        "t1": {"kind": "lasso", "radiomics": one},
        "forest": {"kind": "random_forest", "radiomics": one},
        "aged": {"kind": "random_forest", "radiomics": one, "clinical": ["age"]},
    }
    assert nested_pairs(models) == [
        {"full": "all", "reduced": "t1", "without": "e unet whole t2"},
        {"full": "aged", "reduced": "forest", "without": "age"},
    ]
    assert blocks_without_model(models) == [{"full": "aged", "without": "aged"}]
    # Tests on their own patients hold for neither.
    assert is_nested(models, "forest", "all")
    assert not is_nested(models, "t1", "forest")


def test_differences_are_those_of_the_paired_test() -> None:
    predictions = make_predictions()
    table = ablate(predictions, MODELS)
    assert list(table.columns) == COLUMNS
    wide = predictions.query("set == 'test'").pivot(
        index=["patient", "outcome"], columns="model", values="probability"
    )
    outcome = wide.index.get_level_values("outcome")
    test = paired_test(auc(outcome, wide[["manual", "automated"]].to_numpy().T))
    row = table.query("kind == 'held_out' and reduced == 'automated'").iloc[0]
    assert (row["difference"], row["p"]) == (test.difference, test.p)
    assert row["auc_full"] - row["auc_reduced"] == pytest.approx(row["difference"])


def test_what_is_missing_says_why() -> None:
    table = ablate(make_predictions(events=(40, 0)), MODELS)
    lacking = table.drop(columns="note").isna().any(axis=1)
    assert table.loc[lacking, "note"].notna().all()
    apparent = table["kind"] == "apparent"
    assert table.loc[apparent, "p"].isna().all()
    assert table.loc[apparent, "note"].str.contains("does not hold").all()
    assert np.isfinite(table.loc[apparent, "difference"]).all()
    assert table["note"].str.startswith("no model of the plan").sum() == 1


def test_a_plan_of_one_model_has_an_empty_table() -> None:
    table = ablate(make_predictions(), {"clinical": MODELS["clinical"]})
    assert table.empty
    assert list(table.columns) == COLUMNS
