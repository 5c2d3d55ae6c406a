"""Learners without a formula: as scikit-learn predicts, from plain JSON, and defined throughout."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.kinds import load_kind
from radproof.models.forest import grow_forest
from radproof.models.inner_folds import deal_inner_folds
from radproof.models.learners import svm
from radproof.provenance import SCRIPTS
from radproof.z_scores import standardise
from scipy.special import expit, logit
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.svm import SVC

from tests.unit.models.cohort import CLASSIFIERS, make_cohort

KINDS = [*CLASSIFIERS]


def training(missing: int = 0, n: int = 72) -> tuple[pd.DataFrame, pd.Series]:
    """Six features with age and stage; some patients without features."""
    cohort = make_cohort(n)
    patients = cohort.training.set_index("patient")
    table = cohort.features.loc[patients.index].iloc[:, [0, 1, 2, 8, 9, 10]]
    table.iloc[:missing] = np.nan
    stage = pd.Categorical(patients["stage"], categories=["1", "2", "3"])
    return pd.concat([patients[["age"]].assign(stage=stage), table], axis=1), patients["outcome"]


def settings_of(kind: str, **changes: Any) -> dict[str, Any]:
    return CLASSIFIERS[kind] | {"clinical": ["age", "stage"], "missing": "impute"} | changes


def fit(kind: str, table: pd.DataFrame, outcome: pd.Series, **changes: Any) -> dict[str, Any]:
    seed = changes.pop("seed", 3)
    return load_kind("model", kind).fit(table, outcome, settings_of(kind, **changes), seed)


def predict(kind: str, model: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    return load_kind("model", kind).predict(model, table)


def numbers() -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Features alone, and their z-scores, for comparison with scikit-learn."""
    table, outcome = training()
    table = table.drop(columns=["age", "stage"])
    return table, outcome, standardise(table.to_numpy(float))[0]


def test_a_forest_predicts_as_scikit_learn_does() -> None:
    table, outcome, z = numbers()
    for weight in ("none", "balanced"):
        changes: dict[str, Any] = {"class_weight": weight, "clinical": []}
        model = fit("random_forest", table, outcome, **changes)
        forest = grow_forest(z, outcome.to_numpy(), settings_of("random_forest", **changes), 3)
        wanted = np.clip(forest.predict_proba(z)[:, 1], 0.5 / 20, 1 - 0.5 / 20)
        found = predict("random_forest", model, table)
        np.testing.assert_allclose(found["probability"], wanted, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found["score"], logit(wanted), rtol=0, atol=1e-11)


def test_boosted_trees_predict_as_scikit_learn_does() -> None:
    table, outcome, z = numbers()
    model = fit("gradient_boosting", table, outcome, clinical=[])
    boosted = GradientBoostingClassifier(
        n_estimators=15,
        max_depth=2,
        learning_rate=0.1,
        subsample=0.7,
        min_samples_leaf=2,
        random_state=3,
    ).fit(z, outcome)
    found = predict("gradient_boosting", model, table)
    wanted = boosted.predict_proba(z)[:, 1]
    np.testing.assert_allclose(found["probability"], wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["score"], boosted.decision_function(z), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_a_machine_decides_as_scikit_learn_does(kernel: str) -> None:
    table, outcome, z = numbers()
    model = fit("svm", table, outcome, clinical=[], kernel=kernel, cost=0.5)
    machine = SVC(C=0.5, kernel=kernel, gamma=1 / 6, tol=1e-6).fit(z, outcome)
    found = svm.decision_values(model["fitted"], z)
    np.testing.assert_allclose(found, machine.decision_function(z), rtol=0, atol=1e-12)


def test_probabilities_of_a_machine_are_fitted_on_patients_it_had_not_seen() -> None:
    table, outcome, z = numbers()
    model = fit("svm", table, outcome, clinical=[])
    folds = deal_inner_folds(outcome, 4, 3).labels
    values = np.empty(len(outcome))
    for fold in range(4):
        one = SVC(C=1.0, gamma=1 / 6, tol=1e-6).fit(z[folds != fold], outcome[folds != fold])
        values[folds == fold] = one.decision_function(z[folds == fold])
    calibration = model["fitted"]["calibration"]
    probability = expit(calibration["intercept"] + calibration["slope"] * values)
    # The mean of Firth's fit is drawn a little towards one half.
    assert probability.mean() == pytest.approx(outcome.mean(), abs=0.01)
    assert calibration["slope"] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_json_and_the_same_for_the_same_seed(kind: str) -> None:
    table, outcome = training(missing=2)
    model = fit(kind, table, outcome)
    read = json.loads(json.dumps(model, allow_nan=False))
    assert read == model == fit(kind, table, outcome)
    assert predict(kind, read, table).equals(predict(kind, model, table))
    assert model != fit(kind, table, outcome, seed=4)
    assert model["features"] == list(table.columns[2:])
    assert f"features of 2 of {len(table)} patients are missing" in " ".join(model["warnings"])
    assert predict(kind, model, table)["score"].mean() == pytest.approx(model["score_mean"])
    rows = load_kind("model", kind).coefficients(model, table, outcome)
    assert list(rows["term"]) == ["age", "stage=2", "stage=3", *table.columns[2:]]


@pytest.mark.parametrize("kind", KINDS)
def test_company_and_order_change_no_prediction(kind: str) -> None:
    table, outcome = training(missing=1)
    model = fit(kind, table, outcome)
    together = predict(kind, model, table)
    alone = pd.concat([predict(kind, model, table.loc[[patient]]) for patient in table.index[:9]])
    pd.testing.assert_frame_equal(together.iloc[:9], alone, check_exact=True)
    assert predict(kind, model, table.iloc[::-1]).iloc[::-1].equals(together)


@pytest.mark.parametrize("kind", KINDS)
def test_what_says_something_is_learned(kind: str) -> None:
    table, outcome = training(n=240)
    half = len(table) // 2
    model = fit(kind, table.iloc[:half], outcome.iloc[:half])
    found = predict(kind, model, table.iloc[half:])
    cases = outcome.iloc[half:] == 1
    pairs = found.loc[cases, "score"].to_numpy()[:, None] - found.loc[~cases, "score"].to_numpy()
    assert (pairs > 0).mean() > 0.65


def test_predicting_imports_no_scikit_learn() -> None:
    code = (
        "import sys\n"
        "from radproof.models.learners import gradient_boosting, random_forest, svm\n"
        "assert not [name for name in sys.modules if name.startswith('sklearn.ensemble')]\n"
        "assert not [name for name in sys.modules if name.startswith('sklearn.svm')]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=False)
    assert done.returncode == 0


def poor_input(name: str) -> tuple[pd.DataFrame, pd.Series]:
    table, outcome = training()
    first = table.columns[2]
    three = [*outcome.index[outcome == 1][:1], *outcome.index[outcome == 0][:2]]
    tables = {
        "constant": table.assign(constant=0.1),
        "all constant": table[["age"]] * 0 + 3.0,
        "duplicate": table.assign(same=table[first]),
        "separation": table.assign(perfect=1.0 * outcome),
        "all missing": table.assign(empty=np.nan),
        "nothing known": table[[first]] * np.nan,
        "three patients": table.loc[three],
        "no predictor": table.iloc[:, :0],
    }
    return tables[name], outcome.loc[tables[name].index]


POOR = ["constant", "all constant", "duplicate", "separation", "all missing", "nothing known"]
POOR += ["three patients", "no predictor"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("poor", POOR)
@pytest.mark.parametrize("kind", KINDS)
def test_poor_input_ends_in_a_defined_model(kind: str, poor: str) -> None:
    table, outcome = poor_input(poor)
    clinical = [name for name in ("age", "stage") if name in table]
    model = fit(kind, table, outcome, clinical=clinical)
    assert json.loads(json.dumps(model, allow_nan=False)) == model
    found = predict(kind, model, table)
    assert np.isfinite(found).all(axis=None)
    if poor in ("nothing known", "no predictor"):
        assert "the share of events" in " ".join(model["warnings"])
        np.testing.assert_allclose(found["probability"], outcome.mean())
    if poor == "all constant":
        assert found["probability"].nunique() == 1


@pytest.mark.parametrize("kind", [*KINDS, "lasso", "logistic"])
def test_what_cannot_be_fitted_is_refused(kind: str) -> None:
    table, outcome = training()
    table = table.drop(columns="stage")
    learner = load_kind("model", kind)
    settings = {"missing": "refuse", "clinical": ["age"], "separation": "firth"}

    def refused(table: pd.DataFrame, outcome: pd.Series, said: str) -> None:
        with pytest.raises(BadInput, match=said):
            learner.fit(table, outcome, settings, 1)

    refused(table, outcome * 0, "only one class")
    refused(table.replace(table.iloc[0, 0], np.inf), outcome, "infinite")
    refused(table.assign(text="x"), outcome, "holds text")
    refused(pd.concat([table, table.iloc[:, :1]], axis=1), outcome, "predictors stand twice")


@pytest.mark.parametrize("kind", KINDS)
def test_missing_clinical_values_are_refused_where_the_plan_says_so(kind: str) -> None:
    table, outcome = training()
    table.iloc[0, 0] = np.nan
    with pytest.raises(BadInput, match="age is missing") as caught:
        fit(kind, table, outcome, missing="refuse")
    assert caught.value.problems[0].patient == table.index[0]
    indicated = fit(kind, table, outcome, missing="indicator")
    assert "age=missing" in [term["term"] for term in indicated["terms"]]
    with pytest.raises(BadInput, match="missing from the table"):
        predict(kind, indicated, table.drop(columns=table.columns[-1]))
