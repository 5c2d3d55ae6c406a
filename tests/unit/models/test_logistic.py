"""The logistic learner: coding, missing values, aliased terms, separation."""

import json

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.models.learners.logistic import coefficients, fit, predict

from tests.unit.models.cohort import LOGISTIC, make_cohort


def training() -> tuple[pd.DataFrame, pd.Series]:
    patients = make_cohort().training.set_index("patient")
    table = patients[["age", "stage"]].copy()
    table["stage"] = pd.Categorical(table["stage"], categories=["1", "2", "3", "4"])
    return table, patients["outcome"]


def test_levels_never_seen_count_as_their_neighbour() -> None:
    table, outcome = training()
    model = fit(table, outcome, LOGISTIC, seed=1)
    assert [term["term"] for term in model["terms"]] == ["age", "stage=2", "stage=3"]
    assert "stage=4 was not seen in fitting and counts as 3" in model["warnings"]
    new = table.iloc[:2].copy()
    new["stage"] = pd.Categorical(["3", "4"], categories=["1", "2", "3", "4"])
    new["age"] = 50.0
    score = predict(model, new)["score"]
    assert score.iloc[0] == score.iloc[1]


def test_the_reference_may_be_the_level_never_seen() -> None:
    table, outcome = training()
    rest = table.index[table["stage"] != "1"]
    model = fit(table.loc[rest], outcome.loc[rest], LOGISTIC, seed=1)
    assert [term["term"] for term in model["terms"]] == ["age", "stage=3"]
    stage = next(one for one in model["variables"] if one["variable"] == "stage")
    assert stage["merged"] == {"1": "2", "4": "3"}


def test_missing_values_take_the_fill_value_and_an_indicator() -> None:
    table, outcome = training()
    table.iloc[:8, 0] = np.nan
    model = fit(table, outcome, LOGISTIC, seed=1)
    assert "age=missing" in [term["term"] for term in model["terms"]]
    assert model["variables"][0]["fill"] == table["age"].median()
    plain = fit(table, outcome, LOGISTIC | {"missing": "impute"}, seed=1)
    filled = fit(table.fillna({"age": table["age"].median()}), outcome, LOGISTIC, seed=1)
    assert plain["terms"] == filled["terms"]
    with pytest.raises(BadInput, match="age is missing") as caught:
        fit(table, outcome, LOGISTIC | {"missing": "refuse"}, seed=1)
    assert len(caught.value.problems) == 8


def test_values_missing_only_in_new_patients_are_filled() -> None:
    table, outcome = training()
    model = fit(table, outcome, LOGISTIC, seed=1)
    new = table.iloc[:3].copy()
    new["age"] = np.nan
    new["stage"] = pd.Categorical([None] * 3, categories=table["stage"].cat.categories)
    assert np.isfinite(predict(model, new)).all(axis=None)


def test_aliased_and_constant_terms_are_left_out_and_named() -> None:
    table, outcome = training()
    more = table.assign(same=table["age"] * 2 + 1, constant=3.0)
    model = fit(more, outcome, LOGISTIC, seed=1)
    assert model["aliased"] == ["same", "constant"]
    assert model["terms"] == fit(table, outcome, LOGISTIC, seed=1)["terms"]
    assert any("same" in warning for warning in model["warnings"])


def test_separation_is_said_and_fitted_by_firth_or_refused() -> None:
    table, outcome = training()
    rare = pd.Series(0.0, index=table.index)
    rare[outcome.index[outcome == 1][:4]] = 1.0
    separated = table.assign(rare=rare)
    model = fit(separated, outcome, LOGISTIC, seed=1)
    assert model["separation"] == {"kind": "quasi-complete", "terms": ["rare"]}
    assert "Firth" in model["method"]
    assert any("quasi-complete separation by rare" in one for one in model["warnings"])
    assert json.loads(json.dumps(model, allow_nan=False)) == model
    rows = coefficients(model, separated, outcome).set_index("term")
    assert np.isfinite(rows.loc["rare", ["estimate", "se", "p", "ci_low", "ci_high"]]).all()
    with pytest.raises(BadInput, match="no maximum-likelihood estimate"):
        fit(separated, outcome, LOGISTIC | {"separation": "refuse"}, seed=1)


def test_more_terms_than_patients_still_ends_in_finite_numbers() -> None:
    table, outcome = training()
    few = outcome.index[outcome == 1][:2].append(outcome.index[outcome == 0][:2])
    wide = table.loc[few].assign(**{f"x{place}": np.arange(4.0) ** place for place in range(1, 5)})
    model = fit(wide, outcome.loc[few], LOGISTIC, seed=1)
    assert len(model["terms"]) <= 3
    assert np.isfinite(predict(model, wide)).all(axis=None)


def test_unknown_level_in_a_new_patient_is_refused() -> None:
    table, outcome = training()
    model = fit(table, outcome, LOGISTIC, seed=1)
    new = table.iloc[:1].astype({"stage": object})
    new["stage"] = "9"
    with pytest.raises(BadInput, match="unknown level of stage"):
        predict(model, new)


@pytest.mark.parametrize("separate", [False, True])
def test_ridge_is_where_its_objective_is_least_and_has_no_errors(separate: bool) -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal([50, 2], [9, 0.1], size=(60, 2)), columns=["age", "width"])
    truth = table["age"] if separate else table["age"] + rng.normal(0, 9, 60)
    outcome = (truth > 50).astype(int)
    settings = {"missing": "refuse", "separation": "refuse", "ridge": 0.05}
    model = fit(table, outcome, settings, seed=1)
    assert model["method"] == "ridge"
    weights = np.array([term["coefficient"] for term in model["terms"]])
    z = (table - table.mean()) / table.std(ddof=0)
    risk = predict(model, table)["probability"]
    slope = z.T.to_numpy() @ (risk - outcome) / 60 + 0.05 * weights * table.std(ddof=0)
    np.testing.assert_allclose(slope, 0, atol=1e-9)
    assert risk.mean() == pytest.approx(outcome.mean())
    rows = coefficients(model, table, outcome)
    assert rows[["se", "p", "ci_low"]].isna().all(axis=None)
    assert rows["note"].str.contains("no standard error").all()
