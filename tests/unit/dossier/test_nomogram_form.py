"""What the forms of the report are given, without a browser."""

import json
import re

import pytest
from radproof.dossier.nomogram_form import nomogram_forms
from radproof.models.calculator import calculator
from radproof.models.learners.logistic import fit
from scipy.stats import norm

from tests.unit.models.cohort import CLINICAL, LOGISTIC
from tests.unit.models.test_multiple import MULTIPLE, training

PLAN = {"models": {"nomogram": {"scores": ["age"]}, "clinical": {"scores": []}}}


@pytest.fixture
def model() -> dict:
    table, outcome = training()
    return {"name": "nomogram", "kind": "logistic", "clinical": CLINICAL} | fit(
        table, outcome, LOGISTIC, seed=1
    )


def test_models_with_scores_have_a_form(model):
    others = [model | {"name": "clinical"}, model | {"kind": "lasso"}]
    assert [form["name"] for form in nomogram_forms(PLAN, [model, *others])] == ["nomogram"]


def test_controls_say_unit_range_and_what_becomes_of_unknown_values(model):
    (form,) = nomogram_forms({"models": {"nomogram": {"scores": ["x"]}}}, [model])
    age, stage = form["model"]["variables"]
    assert age["label"] == "age, years"
    assert re.fullmatch(
        r"[\d.]+ to [\d.]+ in training; if not known, taken as [\d.]+,"
        r" with a weight for being unknown",
        age["help"],
    )
    assert stage["choices"] == ["1", "2", "3"]
    score = nomogram_forms(PLAN, [model])[0]["model"]["variables"][0]
    assert score["label"] == "score of age, years"
    assert "less column score_mean of models/age/predictions.tsv" in score["help"]


def test_imputed_models_let_expect_and_reach_further():
    table, outcome = training()
    pooled = fit(table, outcome, MULTIPLE, seed=3)
    frozen = calculator(pooled)
    assert frozen["imputation"] == pooled["imputation"]
    assert frozen["quantile"] > norm.ppf(0.975)
    named = {"name": "nomogram", "kind": "logistic", "clinical": CLINICAL} | pooled
    (form,) = nomogram_forms(PLAN, [named])
    assert "if not known, what the other values let expect" in form["model"]["variables"][1]["help"]
    assert "Rubin's rules" in form["interval"]


def test_without_an_estimate_there_is_no_interval_and_it_is_said(model):
    (form,) = nomogram_forms(PLAN, [model | {"converged": False}])
    assert form["model"]["covariance"] is None and form["model"]["quantile"] is None
    assert "no interval" in form["interval"]
    json.dumps(form["model"], allow_nan=False)


def test_what_is_refused_is_not_said_to_be_filled():
    table, outcome = training()
    known = table.notna().all(axis=1)
    learned = fit(table[known], outcome[known], LOGISTIC | {"missing": "refuse"}, seed=1)
    named = {"name": "nomogram", "kind": "logistic", "clinical": CLINICAL} | learned
    (form,) = nomogram_forms(PLAN, [named])
    for variable in form["model"]["variables"]:
        assert variable["refuse"]
        assert "must be known: the model refuses a patient without it" in variable["help"]
        assert "if not known" not in variable["help"]
