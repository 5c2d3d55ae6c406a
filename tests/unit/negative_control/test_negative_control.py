"""Outcomes dealt anew mean nothing, the true outcome repeats the study, and a leak pays."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.models.fitting import fit_model
from radproof.negative_control.asked import permutations_asked
from radproof.negative_control.line import HONEST, LEAKY, Entry, areas, repeat_line
from radproof.negative_control.permuting import (
    chosen_with_a_leak,
    permute_outcome,
)
from radproof.negative_control.summary import distribution, summarise

CORRELATION = {"kind": "correlation", "threshold": 0.9, "prefer": "outcome"}
LASSO: dict[str, Any] = {
    **{"kind": "lasso", "selection": [CORRELATION], "rule": "min", "inner_folds": 3, "lambdas": 15},
    **{"lambda_ratio": 0.1, "radiomics": {"sequences": ["ct"]}},
}
LOGISTIC: dict[str, Any] = {
    **{"kind": "logistic", "clinical": ["age"], "scores": ["score"], "missing": "refuse"},
    "separation": "firth",
}
AGE = {"name": "age", "kind": "number"}


def cohort(n: int = 60, features: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    patients = pd.DataFrame({"patient": [f"p{number:02d}" for number in range(n)]})
    patients["set"] = ["test" if number % 4 == 3 else "train" for number in range(n)]
    patients["outcome"] = (np.arange(n) // 4 + np.arange(n)) % 2
    folds = pd.Series(np.arange(n) // 4 % 3 + 1).astype(str)
    patients["fold"] = folds.astype(object).where(patients["set"] == "train", None)
    patients["center"] = "one"
    patients["age"] = rng.normal(60, 8, n)
    names = [f"ct__original_glcm_F{number}" for number in range(features)]
    values = pd.DataFrame(rng.normal(size=(n, features)), patients["patient"], names)
    return patients, values


def entries(features: pd.DataFrame) -> list[Entry]:
    return [
        # A model that uses a score may stand before the one that makes it.
        Entry("nomogram", LOGISTIC, [AGE], None, None, None),
        Entry("score", LASSO, [], None, features, None),
        Entry("clinical", LOGISTIC | {"scores": []}, [AGE], None, None, None),
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(1, 500))
def test_every_set_and_fold_keeps_its_events(seed: int, permutation: int) -> None:
    patients, _ = cohort()
    dealt = permute_outcome(patients, seed, permutation)
    strata = [patients["set"], patients["fold"].fillna("")]
    before, after = (table["outcome"].groupby(strata).sum() for table in (patients, dealt))
    pd.testing.assert_series_equal(before, after)
    pd.testing.assert_frame_equal(dealt.drop(columns="outcome"), patients.drop(columns="outcome"))
    assert (dealt["outcome"] != patients["outcome"]).any()


def test_a_permutation_depends_on_its_number_and_not_on_the_order_of_rows() -> None:
    patients, _ = cohort()
    first = permute_outcome(patients, 7, 1)
    shuffled = permute_outcome(patients.sample(frac=1, random_state=1), 7, 1).sort_index()
    pd.testing.assert_frame_equal(first, shuffled)
    assert (first["outcome"] != permute_outcome(patients, 7, 2)["outcome"]).any()
    pd.testing.assert_frame_equal(permute_outcome(patients, 7, 0), patients)


def test_the_true_outcome_repeats_the_study() -> None:
    patients, features = cohort()
    table = repeat_line(entries(features), patients, 7, 0)
    train = patients[patients["set"] == "train"]
    fitted = fit_model("score", LASSO, train, [], features, None, {}, 7)
    own = fitted.out_of_fold.query("left_out == fold").set_index("patient")["probability"]
    rows = table.query("arm == 'honest' and model == 'score' and kind == 'out_of_fold'")
    pd.testing.assert_series_equal(rows.set_index("patient")["probability"], own[rows["patient"]])
    assert set(table["kind"]) == {"out_of_fold", "held_out"}


def test_the_leak_reaches_models_of_radiomics_and_of_their_scores_alone() -> None:
    patients, features = cohort()
    table = repeat_line(entries(features), patients, 7, 1)
    assert set(table.loc[table["arm"] == LEAKY, "model"]) == {"score", "nomogram"}
    assert set(table.loc[table["arm"] == HONEST, "model"]) == {"score", "nomogram", "clinical"}


def test_noise_gives_no_area_and_a_leak_makes_one() -> None:
    patients, features = cohort(features=150)
    score = entries(features)[1:2]
    tables = {number: repeat_line(score, patients, 7, number) for number in range(6)}
    summary = summarise(distribution(tables)).set_index(["arm", "kind"])
    assert bool(summary.loc[(HONEST, "held_out"), "contains_half"])
    assert summary.loc[(LEAKY, "held_out"), "null_mean"] > 0.65
    assert summary.loc[(LEAKY, "held_out"), "null_optimism"] > 0.1


def test_a_leak_takes_the_features_that_tell_most_in_either_direction() -> None:
    patients, features = cohort()
    truth = patients["outcome"].to_numpy()
    features["ct__original_glcm_F5"] = truth + 0.0
    features["ct__original_glcm_F9"] = -2.0 * truth
    features.iloc[3, 1] = np.nan
    kept = chosen_with_a_leak(features, patients, 2)
    assert kept == ["ct__original_glcm_F5", "ct__original_glcm_F9"]


def test_p_counts_the_true_outcome_among_the_permutations() -> None:
    keys = {
        "arm": HONEST,
        "model": "score",
        "set": "test",
        "kind": "held_out",
        "n": 9,
        "n_events": 4,
    }
    table = pd.DataFrame(
        [
            keys | {"permutation": number, "auc": auc}
            for number, auc in enumerate([0.8, 0.5, 0.8, 0.4])
        ]
    )
    row = summarise(table).iloc[0]
    assert row["p"] == pytest.approx(2 / 4)
    assert (row["auc"], row["permutations"]) == (0.8, 3)
    assert row["null_mean"] == pytest.approx(1.7 / 3)
    assert "nearly their whole range" in row["note"]
    assert np.isnan(row["optimism"])


def test_areas_are_of_each_kind_of_prediction() -> None:
    patients, features = cohort()
    table = areas(repeat_line(entries(features)[2:], patients, 7, 1))
    assert sorted(table["kind"]) == ["held_out", "out_of_fold"]
    assert table["auc"].between(0, 1).all()


def test_a_model_of_a_score_is_fitted_as_in_the_study() -> None:
    patients, features = cohort()
    table = repeat_line(entries(features), patients, 7, 0)
    train = patients[patients["set"] == "train"]
    score = fit_model("score", LASSO, train, [], features, None, {}, 7).out_of_fold
    fitted = fit_model("nomogram", LOGISTIC, train, [AGE], None, None, {"score": score}, 7)
    own = fitted.out_of_fold.set_index("patient")["probability"]
    rows = table.query("arm == 'honest' and model == 'nomogram' and kind == 'out_of_fold'")
    pd.testing.assert_series_equal(rows.set_index("patient")["probability"], own[rows["patient"]])


def test_a_leaky_model_still_takes_the_scores_that_no_leak_reaches() -> None:
    patients, features = cohort()
    plain = LOGISTIC | {"scores": []}
    both = LOGISTIC | {"clinical": [], "scores": ["score", "clinical"]}
    models = [
        Entry("both", both, [], None, None, None),
        Entry("score", LASSO, [], None, features, None),
        Entry("clinical", plain, [AGE], None, None, None),
    ]
    table = repeat_line(models, patients, 7, 1)
    assert set(table.loc[table["arm"] == LEAKY, "model"]) == {"score", "both"}


def test_a_set_of_one_class_has_no_p() -> None:
    patients, features = cohort()
    patients.loc[patients["set"] == "test", "outcome"] = 1
    tables = {
        number: repeat_line(entries(features)[2:], patients, 7, number) for number in range(3)
    }
    row = summarise(distribution(tables)).query("kind == 'held_out'").iloc[0]
    assert pd.isna(row["p"]) and pd.isna(row["contains_half"])
    assert "one class" in row["note"]


def test_the_command_goes_before_the_plan_which_may_ask_for_none() -> None:
    plan: dict[str, Any] = {"evaluation": {"negative_control": {"permutations": 50}}}
    none: dict[str, Any] = {"evaluation": {"negative_control": None}}
    assert permutations_asked(plan, None) == 50
    assert permutations_asked(plan, "39") == permutations_asked(none, 39) == 39
    assert permutations_asked(none, None) == 0


@pytest.mark.parametrize("number", [0, 1, -3, 10000, "many", "", 2.5, True])
def test_a_number_of_permutations_that_cannot_be_run_is_refused(number: object) -> None:
    plan: dict[str, Any] = {"evaluation": {"negative_control": None}}
    with pytest.raises(BadInput, match=r"a whole number from 2 to 9999\); make null K=39"):
        permutations_asked(plan, number)
