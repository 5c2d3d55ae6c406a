"""Harmonisation inside a model: learned by each fit on its own patients, frozen for all others."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.models import fitting
from radproof.models.centers import sheet_problems
from radproof.models.fitting import Fitted, fit_model
from radproof.models.harmonising import unseen_warnings
from radproof.models.predicting import predict_model

from tests.unit.models.cohort import CLINICAL, LASSO, Cohort, make_cohort

SEED = 11
SMALL_LASSO = LASSO | {"lambdas": 15, "inner_folds": 3}
COMBAT: dict[str, Any] = {
    "kind": "combat",
    "covariates": CLINICAL,
    "parametric": True,
    "mean_only": False,
    "least_patients": 3,
    "unseen": "refuse",
    "reference": None,
}


def make_centers(only_in: str | None = None) -> Cohort:
    """The made-up cohort in two centres, the second with its own scanner and maybe one fold."""
    cohort = make_cohort()
    patients = cohort.patients.copy()
    second = np.arange(len(patients)) % 3 == 0
    if only_in is not None:
        second = (patients["fold"] == only_in).to_numpy()
    patients["center"] = np.where(second, "B", "A")
    features = cohort.features.copy()
    features[second] = 4 * features[second] + 30
    return Cohort(patients, features, cohort.stability)


def fit(cohort: Cohort, harmonisation: dict[str, Any] | None = COMBAT) -> Fitted:
    return fit_model(
        "radiomics",
        SMALL_LASSO,
        cohort.training,
        CLINICAL,
        cohort.features,
        cohort.stability,
        {},
        SEED,
        harmonisation,
    )


def predict(cohort: Cohort, fitted: Fitted) -> pd.DataFrame:
    return predict_model(
        fitted.model, SMALL_LASSO, cohort.patients, cohort.features, {}, fitted.out_of_fold
    )


def auc(predicted: pd.DataFrame) -> float:
    events = predicted.loc[predicted["outcome"] == 1, "score"].to_numpy()
    others = predicted.loc[predicted["outcome"] == 0, "score"].to_numpy()
    return float((events[:, None] > others).mean())


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_centers()


@pytest.fixture(scope="module")
def fitted(cohort: Cohort) -> Fitted:
    return fit(cohort)


def test_the_model_holds_what_its_own_features_need(cohort: Cohort, fitted: Fitted) -> None:
    learned = fitted.model["harmonisation"]
    assert json.loads(json.dumps(learned, allow_nan=False)) == learned
    assert {one["feature"] for one in learned["features"]} == set(fitted.model["features"])
    assert learned["centers"] == ["A", "B"]
    assert learned["patients"] == [48, 24]
    assert [entry["name"] for entry in learned["clinical"]] == ["age", "stage"]
    assert "harmonisation" not in fit(cohort, None).model


def test_a_second_scanner_costs_little_once_harmonised(cohort: Cohort) -> None:
    def out_of_fold(one: Cohort, harmonisation: dict[str, Any] | None) -> float:
        table = predict(one, fit(one, harmonisation))
        return auc(table[table["kind"] == "out_of_fold"])

    one_scanner = out_of_fold(make_cohort(), None)
    assert out_of_fold(cohort, COMBAT | {"covariates": []}) > one_scanner - 0.05
    assert out_of_fold(cohort, None) < one_scanner - 0.2


def test_a_frozen_model_harmonises_a_new_patient_alone(cohort: Cohort, fitted: Fitted) -> None:
    everybody = predict(cohort, fitted)
    held_out = everybody[everybody["kind"] == "held_out"].set_index("patient")["score"]
    for patient, score in held_out.items():
        rows = (cohort.patients["patient"] == patient) | (cohort.patients["set"] == "train")
        alone = predict(Cohort(cohort.patients[rows], cohort.features, cohort.stability), fitted)
        assert alone.set_index(["patient", "kind"]).loc[(patient, "held_out"), "score"] == score


def test_other_sets_and_outcomes_change_nothing_learned(cohort: Cohort, fitted: Fitted) -> None:
    patients, features = cohort.patients.copy(), cohort.features.copy()
    others = patients["set"] == "test"
    patients.loc[others, "age"] += 40
    patients.loc[others, "center"] = "Z"
    features.loc[patients.loc[others, "patient"]] *= 100
    assert fit(Cohort(patients, features, cohort.stability)).model == fitted.model


def learned_by_fit(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was learned of the centres in each fit, by the patients that it was learned on."""
    learned = {}
    original = fitting.learn_harmonisation

    def remember(patients: pd.DataFrame, *rest: Any) -> dict[str, Any] | None:
        result = original(patients, *rest)
        learned["+".join(sorted(set("1234") - set(patients["fold"]))) or "none"] = result
        return result

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "learn_harmonisation", remember)
        fit(cohort)
    return learned


def test_a_left_out_fold_changes_no_harmonisation_without_it(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = learned_by_fit(cohort, monkeypatch)
    assert set(before) == {"none", *"1234", "1+2", "1+3", "1+4", "2+3", "2+4", "3+4"}
    patients, features = cohort.patients.copy(), cohort.features.copy()
    rows = patients["fold"] == "2"
    patients.loc[rows, "outcome"] = 1 - patients.loc[rows, "outcome"]
    patients.loc[rows, "age"] += 30
    patients.loc[rows, "center"] = patients.loc[rows, "center"].map({"A": "B", "B": "A"})
    features.loc[patients.loc[rows, "patient"]] *= -50
    after = learned_by_fit(Cohort(patients, features, cohort.stability), monkeypatch)
    for left_out in before:
        assert (before[left_out] == after[left_out]) == ("2" in left_out), left_out


def test_outcomes_change_no_harmonisation(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    before = learned_by_fit(cohort, monkeypatch)
    patients = cohort.patients.assign(outcome=1 - cohort.patients["outcome"])
    changed = Cohort(patients, cohort.features, cohort.stability)
    assert learned_by_fit(changed, monkeypatch) == before


def test_a_center_that_one_fold_holds_is_unseen_without_it() -> None:
    cohort = make_centers(only_in="2")
    three = COMBAT | {"covariates": []}
    with pytest.raises(BadInput, match="folds left out: 2: nothing to harmonise"):
        fit(cohort, three)
    rows = cohort.patients["fold"].isna() | (cohort.patients.index % 4 == 0)
    cohort.patients["center"] = cohort.patients["center"].mask(
        rows & (cohort.patients["fold"] != "2"), "C"
    )
    with pytest.raises(BadInput, match="folds left out: 2: center was not seen") as caught:
        fit(cohort, three)
    assert {problem.found for problem in caught.value.problems} == {"B"}
    allowed = fit(cohort, three | {"unseen": "reference", "reference": "A"})
    said = "folds 2 left out: harmonisation: center B was not seen in training"
    assert any(warning.startswith(said) for warning in allowed.model["warnings"])
    assert allowed.out_of_fold["score"].notna().all()


def test_unseen_centers_are_said_when_predicting(cohort: Cohort) -> None:
    allowed = fit(cohort, COMBAT | {"unseen": "reference", "reference": "A"})
    patients = cohort.patients.copy()
    patients.loc[patients["set"] == "test", "center"] = "Z"
    changed = Cohort(patients, cohort.features, cohort.stability)
    (said,) = unseen_warnings(allowed.model["harmonisation"], patients)
    assert "center Z was not seen in training" in said
    assert "12 patients" in said
    assert predict(changed, allowed)["score"].notna().all()
    with pytest.raises(BadInput, match="center was not seen in training"):
        predict(changed, fit(cohort))


def test_a_sheet_that_cannot_be_harmonised_is_refused_before_anything_runs(cohort: Cohort) -> None:
    def said(patients: pd.DataFrame, **changes: Any) -> str:
        problems = sheet_problems(COMBAT | changes, patients, "sheet.tsv")
        return "\n".join(map(str, problems))

    sheet = cohort.patients[["patient", "center", "set", "fold"]].copy()
    assert said(sheet) == ""
    assert sheet_problems(None, sheet, "sheet.tsv") == []
    assert "nothing to harmonise" in said(sheet.assign(center="A"))
    assert "reference center has no patient" in said(sheet, reference="Q")
    other = sheet.assign(center=sheet["center"].mask(sheet["set"] == "test", "Z"))
    assert "patient P072: sheet.tsv: center was not seen" in said(other)
    assert said(other, unseen="reference", reference="A") == ""
    one_fold = make_centers(only_in="2").patients
    assert said(one_fold).startswith("sheet.tsv: fold 2 left out: nothing to harmonise")
