"""Multiple imputation in the logistic model: pooled, frozen, seeded, blind to who is left out."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from radproof.models.coding import encode, learn_coding
from radproof.models.fitting import Fitted, fit_model
from radproof.models.imputation import impute
from radproof.models.learners.logistic import FIRTH, coefficients, fit, predict
from radproof.models.predicting import predict_model
from statsmodels.imputation.bayes_mi import MI

from tests.unit.models.cohort import CLINICAL, LOGISTIC, make_cohort

MULTIPLE = LOGISTIC | {"missing": "multiple", "imputations": 6}
SEED = 11


def with_gaps(patients: pd.DataFrame) -> pd.DataFrame:
    """A fifth of the ages and stages missing, in training and test patients."""
    rng = np.random.default_rng(2)
    gaps = patients.copy()
    gaps.loc[rng.random(len(gaps)) < 0.2, "age"] = np.nan
    gaps.loc[rng.random(len(gaps)) < 0.2, "stage"] = None
    return gaps


def training() -> tuple[pd.DataFrame, pd.Series]:
    patients = with_gaps(make_cohort(n=120).training).set_index("patient")
    table = patients[["age", "stage"]].copy()
    table["stage"] = pd.Categorical(table["stage"], categories=["1", "2", "3"])
    return table, patients["outcome"]


def fit_everything(patients: pd.DataFrame) -> Fitted:
    chosen = patients[patients["set"] == "train"]
    return fit_model("clinical", MULTIPLE, chosen, CLINICAL, None, None, {}, SEED)


class Completed:
    """An imputer of statsmodels that hands out completed tables."""

    def __init__(self, tables: list[pd.DataFrame]) -> None:
        self.tables, self.data = tables[1:] + tables[:1], tables[0]

    def update(self) -> None:
        self.data = self.tables.pop()


def test_pooled_fit_agrees_with_statsmodels_on_the_same_tables() -> None:
    table, outcome = training()
    model = fit(table, outcome, MULTIPLE, seed=3)
    variables, _ = learn_coding(table, "multiple")
    copies = impute(encode(variables, table), variables, outcome.to_numpy(float), 6, seed=3)
    reference = MI(
        Completed(copies),
        sm.Logit,
        model_args_fn=lambda columns: (outcome, sm.add_constant(columns)),
        fit_kwds=lambda columns: {"disp": False, "tol": 1e-12},
        burn=0,
        nrep=6,
        skip=0,
    ).fit()
    weights = [model["intercept"], *(term["coefficient"] for term in model["terms"])]
    np.testing.assert_allclose(weights, reference.params, rtol=1e-7)
    pooled = model["pooled"]
    np.testing.assert_allclose(model["covariance"], reference.cov_params(), rtol=1e-6)
    np.testing.assert_allclose(pooled["missing_share"], reference.fmi, rtol=1e-6)
    rows = coefficients(model, table, outcome)
    assert rows["term"].tolist() == ["(Intercept)", "age", "stage=2", "stage=3"]
    np.testing.assert_allclose(rows["se"], reference.bse, rtol=1e-6)
    assert (np.array(pooled["degrees"]) < len(table) - 4).all()


def test_how_many_values_are_imputed_is_said() -> None:
    table, outcome = training()
    lacking = table["age"].isna().sum()
    assert lacking > 10
    said = f"age is missing and imputed in {lacking} of {len(table)} patients"
    assert said in fit(table, outcome, MULTIPLE, seed=3)["warnings"]


def test_nothing_missing_is_the_plain_fit() -> None:
    table, outcome = training()
    complete = table.dropna()
    plain = fit(complete, outcome[complete.index], LOGISTIC | {"missing": "refuse"}, seed=1)
    model = fit(complete, outcome[complete.index], MULTIPLE, seed=1)
    assert model["terms"] == plain["terms"]
    assert "pooled" not in model
    same = coefficients(model, complete, outcome[complete.index])
    assert same.equals(coefficients(plain, complete, outcome[complete.index]))
    new = table[table.isna().any(axis=1)]
    assert np.isfinite(predict(model, new)).all(axis=None)


def test_model_is_frozen_as_json_and_predicts_without_outcome() -> None:
    table, outcome = training()
    model = fit(table, outcome, MULTIPLE, seed=3)
    assert model == fit(table, outcome, MULTIPLE, seed=3)
    assert model["terms"] != fit(table, outcome, MULTIPLE, seed=4)["terms"]
    read = json.loads(json.dumps(model, allow_nan=False))
    assert predict(read, table).equals(predict(model, table))
    # A training patient's gap is filled as a stranger's with the same known values would be.
    alone = predict(model, table.iloc[[5]].rename(index={table.index[5]: "new"}))
    assert alone["score"].iloc[0] == predict(model, table)["score"].iloc[5]


def test_separation_in_one_table_makes_all_firth() -> None:
    table, outcome = training()
    rare = pd.Series(0.0, index=table.index)
    rare[outcome.index[outcome == 1][:4]] = 1.0
    model = fit(table.assign(rare=rare), outcome, MULTIPLE, seed=1)
    assert model["method"] == FIRTH
    rows = coefficients(model, table.assign(rare=rare), outcome)
    numbers = rows.drop(columns=["term", "note"])
    assert np.isfinite(numbers).all(axis=None)


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    return with_gaps(make_cohort().patients)


@pytest.fixture(scope="module")
def fitted(patients: pd.DataFrame) -> Fitted:
    return fit_everything(patients)


def test_order_of_patients_does_not_matter(patients: pd.DataFrame, fitted: Fitted) -> None:
    again = fit_everything(patients.sample(frac=1, random_state=1))
    assert again.model == fitted.model
    assert again.out_of_fold.equals(fitted.out_of_fold)


def test_new_patients_with_gaps_are_predicted(patients: pd.DataFrame, fitted: Fitted) -> None:
    def predicted(table: pd.DataFrame) -> pd.DataFrame:
        return predict_model(fitted.model, MULTIPLE, table, None, {}, fitted.out_of_fold)

    rows = predicted(patients)
    assert rows[["score", "probability"]].notna().all(axis=None)
    others = patients.assign(outcome=patients["outcome"].where(patients["set"] == "train"))
    assert predicted(others)[["score", "probability"]].equals(rows[["score", "probability"]])


def changed(patients: pd.DataFrame, fold: str, column: str) -> pd.DataFrame:
    other: dict[str, Any] = {"outcome": 1 - patients["outcome"], "age": 99.0, "stage": "1"}
    return patients.assign(
        **{column: patients[column].where(patients["fold"] != fold, other[column])}
    )


def test_left_out_outcomes_change_no_prediction(patients: pd.DataFrame, fitted: Fitted) -> None:
    after = fit_everything(changed(patients, "2", "outcome"))
    without = fitted.out_of_fold["left_out"].str.split("+").map(lambda left: "2" in left)
    assert fitted.out_of_fold[without].equals(after.out_of_fold[without])
    assert not fitted.out_of_fold[~without].equals(after.out_of_fold[~without])


@pytest.mark.parametrize("column", ["age", "stage"])
def test_left_out_values_reach_no_other_patient(
    patients: pd.DataFrame, fitted: Fitted, column: str
) -> None:
    """Known values in place of gaps, in fold 2 alone: fits without it stay what they were."""
    after = fit_everything(changed(patients, "2", column))
    rows = fitted.out_of_fold
    without = rows["left_out"].str.split("+").map(lambda left: "2" in left)
    others = without & (rows["fold"] != "2")
    assert rows[others].equals(after.out_of_fold[others])
    means = rows.loc[without, "score_mean"]
    assert means.equals(after.out_of_fold.loc[without, "score_mean"])
    assert after.model["imputation"] != fitted.model["imputation"]
