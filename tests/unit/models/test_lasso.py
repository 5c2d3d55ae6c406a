"""The LASSO learner: penalty, determinism, and defined results for poor input."""

import json

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.models.learners.lasso import coefficients, fit, predict

from tests.unit.models.cohort import LASSO, make_cohort


def training() -> tuple[pd.DataFrame, pd.Series]:
    cohort = make_cohort()
    patients = cohort.training.set_index("patient")
    return cohort.features.loc[patients.index], patients["outcome"]


def test_informative_features_are_selected_and_the_model_is_json() -> None:
    table, outcome = training()
    model = fit(table, outcome, LASSO, seed=1)
    assert "ceT1w__original_glcm_F0" in model["features"]
    assert json.loads(json.dumps(model, allow_nan=False)) == model
    rows = coefficients(model, table, outcome)
    assert list(rows["term"]) == ["(Intercept)", *model["features"]]
    assert rows["se"].isna().all()


def test_score_is_the_linear_predictor_of_z_scores_with_population_sd() -> None:
    table, outcome = training()
    model = fit(table, outcome, LASSO, seed=1)
    predicted = predict(model, table)
    z = (table - table.mean()) / table.std(ddof=0)
    wanted = model["intercept"] + sum(
        term["coefficient"] * z[term["term"]] for term in model["terms"]
    )
    np.testing.assert_allclose(predicted["score"], wanted, atol=1e-12)
    np.testing.assert_allclose(predicted["probability"], 1 / (1 + np.exp(-wanted)), atol=1e-12)
    assert predicted["score"].mean() == pytest.approx(model["score_mean"], abs=1e-12)


def test_lambda_1se_selects_no_more_than_lambda_min() -> None:
    table, outcome = training()
    at_min = fit(table, outcome, LASSO, seed=1)
    at_1se = fit(table, outcome, LASSO | {"rule": "1se"}, seed=1)
    assert at_1se["lambda"] > at_min["lambda"]
    assert len(at_1se["features"]) <= len(at_min["features"])
    assert sum(abs(term["coefficient"]) for term in at_1se["terms"]) < sum(
        abs(term["coefficient"]) for term in at_min["terms"]
    )


def test_the_same_seed_gives_the_same_bits_and_company_changes_no_prediction() -> None:
    table, outcome = training()
    first, second = (fit(table, outcome, LASSO, seed=3) for _ in range(2))
    assert first == second
    together = predict(first, table)
    alone = pd.concat([predict(first, table.loc[[patient]]) for patient in table.index])
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


def test_constant_and_empty_features_have_no_weight() -> None:
    table, outcome = training()
    poor = table.assign(constant=0.1, empty=np.nan)
    model = fit(poor, outcome, LASSO, seed=1)
    assert model["n_candidate_parameters"] == table.shape[1] + 2
    assert model["terms"] == fit(table, outcome, LASSO, seed=1)["terms"]


def test_patients_without_features_take_the_medians_of_training() -> None:
    table, outcome = training()
    holed = table.copy()
    holed.iloc[3] = np.nan
    model = fit(holed, outcome, LASSO, seed=1)
    assert model["n_imputed"] == 1
    assert f"features of 1 of {len(table)} patients are missing" in " ".join(model["warnings"])
    term = model["terms"][0]
    assert term["median"] == pytest.approx(holed[term["term"]].median())
    assert np.isfinite(predict(model, holed)).all(axis=None)


@pytest.mark.parametrize(
    ("columns", "said"), [(["constant"], "no feature is associated"), ([], "no feature is left")]
)
def test_nothing_to_select_is_the_intercept_alone(columns: list[str], said: str) -> None:
    table, outcome = training()
    poor = pd.DataFrame(1.0, index=table.index, columns=columns)
    model = fit(poor, outcome, LASSO, seed=1)
    assert model["terms"] == []
    assert said in model["warnings"][0]
    np.testing.assert_allclose(predict(model, poor)["probability"], outcome.mean())


def test_noise_may_select_nothing_and_says_so() -> None:
    table, outcome = training()
    noise = np.random.default_rng(11).normal(size=(len(table), 5))
    frame = pd.DataFrame(noise, index=table.index, columns=list("abcde"))
    model = fit(frame, outcome, LASSO | {"rule": "1se"}, seed=1)
    assert model["features"] == []
    assert "selected no feature" in model["warnings"][0]
    assert model["intercept"] == pytest.approx(np.log(outcome.mean() / (1 - outcome.mean())))


def test_a_small_class_means_fewer_inner_folds_and_one_patient_none() -> None:
    table, outcome = training()
    cases, controls = outcome.index[outcome == 1], outcome.index[outcome == 0]
    some = cases[:3].append(controls[:20])
    model = fit(table.loc[some], outcome.loc[some], LASSO, seed=1)
    assert model["inner_folds"] == 3
    assert "in 3 folds" in model["warnings"][0]
    one = cases[:1].append(controls[:20])
    assert fit(table.loc[one], outcome.loc[one], LASSO, seed=1)["features"] == []


def test_bad_input_is_refused_with_everything_wrong() -> None:
    table, outcome = training()
    with pytest.raises(BadInput, match="only one class"):
        fit(table, outcome * 0, LASSO, seed=1)
    with pytest.raises(BadInput, match="not 0 or 1"):
        fit(table, outcome * 2, LASSO, seed=1)
    twice = pd.concat([table, table.iloc[:1]])
    labels = pd.concat([outcome, outcome.iloc[:1]])
    with pytest.raises(BadInput, match="stand twice"):
        fit(twice, labels, LASSO, seed=1)
    doubled = pd.concat([table, table.iloc[:, :1]], axis=1)
    with pytest.raises(BadInput, match="predictors stand twice"):
        fit(doubled, outcome, LASSO, seed=1)
    wrong = table.copy()
    wrong.iloc[0, 0] = np.inf
    with pytest.raises(BadInput, match="infinite") as caught:
        fit(wrong.assign(text="x"), outcome, LASSO, seed=1)
    assert len(caught.value.problems) == 2
    with pytest.raises(BadInput, match="missing from the table"):
        predict(fit(table, outcome, LASSO, seed=1), table.iloc[:, 1:])
