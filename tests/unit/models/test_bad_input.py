"""Whatever comes in: a model and predictions of numbers, or a message that names what and who."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.kinds import available_kinds
from radproof.models.fitting import fit_model
from radproof.models.odds_ratios import odds_ratios
from radproof.models.predicting import predict_model

from tests.unit.models.cohort import (
    CLASSIFIERS,
    CLINICAL,
    LASSO,
    LOGISTIC,
    MIXED,
    Cohort,
    make_cohort,
)

SMALL = LASSO | {"lambdas": 8, "inner_folds": 2, "selection": []}
FEATURES = MIXED | {"selection": []}
MODELS: dict[str, dict[str, Any]] = {"lasso": SMALL, "logistic": LOGISTIC | {"missing": "impute"}}
for kind, own in CLASSIFIERS.items():
    fewer = {"trees": 5} if "trees" in own else {"inner_folds": 2}
    MODELS[kind] = FEATURES | {"kind": kind} | own | fewer
STEPS: dict[str, dict[str, Any]] = {
    "stability": {},
    "univariate": {"test": "auto", "level": 0.2, "adjust": "benjamini_hochberg"},
    "mrmr": {"count": 3, "measure": "mutual_information", "scheme": "quotient"},
    "variance": {"same": 0.9},
    "correlation": {"threshold": 0.9, "prefer": "outcome"},
    "forest_importance": {"count": 3, "trees": 5, "leaf": 1},
}
for kind, own in STEPS.items():
    MODELS[f"lasso after {kind}"] = SMALL | {"selection": [{"kind": kind} | own]}
CLINICAL_MODELS = [name for name in MODELS if "clinical" in MODELS[name]]
PLAIN = ["lasso", *CLASSIFIERS]
RADIOMICS_MODELS = [name for name in MODELS if "radiomics" in MODELS[name]]


def test_every_kind_is_among_the_models() -> None:
    assert {one["kind"] for one in MODELS.values()} == set(available_kinds("model"))
    assert set(STEPS) == set(available_kinds("selection"))


def run(name: str, patients: pd.DataFrame, features: pd.DataFrame, cohort: Cohort) -> Any:
    """Fit on the training patients and predict everybody."""
    settings = MODELS[name]
    given = features if "radiomics" in settings else None
    train = patients[patients["set"] == "train"]
    fitted = fit_model(name, settings, train, CLINICAL, given, cohort.stability, {}, 1)
    return fitted, predict_model(fitted.model, settings, patients, given, {}, fitted.out_of_fold)


def assert_defined(fitted: Any, predictions: pd.DataFrame, patients: pd.DataFrame) -> None:
    """Everybody is predicted, in numbers; the model is JSON, and what is missing has a note."""
    train = int((patients["set"] == "train").sum())
    assert len(predictions) == len(patients) + train
    for table in (predictions, fitted.out_of_fold):
        assert np.isfinite(table[["score", "probability", "score_mean"]]).all(axis=None)
        assert table["probability"].between(0, 1).all()
    json.dumps(fitted.model, allow_nan=False)
    numbers = fitted.coefficients.select_dtypes("number")
    lacking = ~np.isfinite(numbers.to_numpy(float)).all(axis=1)
    assert not lacking.any() or fitted.coefficients.loc[lacking, "note"].notna().all()
    dropped = fitted.selection[~fitted.selection["kept"]]
    assert dropped["reason"].notna().all()


def third(column: pd.Series, value: Any) -> pd.Series:
    """The column with another value in the row of P003, or of all held-out patients."""
    return column.astype(object).where(np.arange(len(column)) != 3, value)


def held_out(patients: pd.DataFrame, column: str, value: Any) -> pd.Series:
    return patients[column].astype(object).where(patients["set"] == "train", value)


Change = Callable[[pd.DataFrame], pd.DataFrame]

REFUSED_OUTCOMES: dict[str, tuple[Change, str]] = {
    "one class": (lambda p: p.assign(outcome=1), "folds left out: none: only one class"),
    "events in one fold": (
        lambda p: p.assign(outcome=(p["fold"] == "1").astype(int)),
        "folds left out: 1: only one class",
    ),
    "two": (lambda p: p.assign(outcome=third(p["outcome"], 2)), "P003: outcome is not 0 or 1"),
    "a half": (lambda p: p.assign(outcome=third(p["outcome"], 0.5)), "P003: outcome is not 0 or 1"),
    "text": (lambda p: p.assign(outcome=third(p["outcome"], "1")), "P003: outcome is not 0 or 1"),
    "missing": (lambda p: p.assign(outcome=third(p["outcome"], np.nan)), "P003: .*or outcome"),
    "no fold": (lambda p: p.assign(fold=third(p["fold"], None)), "P003: .*without fold"),
    "twice": (lambda p: pd.concat([p, p.iloc[[3]]]), "P003: patient stands twice"),
    "n of 3": (lambda p: p.iloc[[0, 1, 2]], "two folds|only one class"),
}
REFUSED_CLINICAL: dict[str, tuple[Change, str]] = {
    "infinite": (lambda p: p.assign(age=third(p["age"], np.inf)), "P003: age is wrong .found inf"),
    "text": (lambda p: p.assign(age=third(p["age"], "old")), "P003: age is wrong .found old"),
    "unknown level": (lambda p: p.assign(stage=third(p["stage"], "9")), "P003: stage is wrong"),
    "too large": (lambda p: p.assign(age=p["age"] * 1e200), "P000.*too large to be squared"),
    "no column": (lambda p: p.drop(columns="age"), "age is missing from the patients"),
    "infinite, held out": (
        lambda p: p.assign(age=held_out(p, "age", np.inf)),
        "P036: age is wrong",
    ),
    "text, held out": (lambda p: p.assign(age=held_out(p, "age", "old")), "P036: age is wrong"),
}
REFUSED_FEATURES: dict[str, tuple[Change, str]] = {
    "text": (lambda f: f.apply(third, value="abc"), "feature holds text .found ceT1w__"),
    "too large": (lambda f: f * 1e200, "P000.*too large to be squared"),
    "no row": (lambda f: f.drop("P003"), "P003: .*no row of features"),
    "row twice": (lambda f: pd.concat([f, f.iloc[[3]]]), "P003: .*features stand twice"),
    "column twice": (lambda f: pd.concat([f, f.iloc[:, [0]]], axis=1), "feature stands twice"),
}
DEFINED_PATIENTS: dict[str, Change] = {
    "two events": lambda p: p.assign(
        outcome=p.index.isin([p.index[p["fold"] == fold][0] for fold in "12"]).astype(int)
    ),
    "separated": lambda p: p.assign(age=40.0 + 10 * p["outcome"]),
    "reversed": lambda p: p.assign(age=40.0 - 10 * p["outcome"]),
    "constant": lambda p: p.assign(age=50.0, stage="2"),
    "all missing": lambda p: p.assign(age=np.nan, stage=None),
    "minute": lambda p: p.assign(age=p["age"] * 1e-200),
    "small unit": lambda p: p.assign(age=p["age"] * 1e-6),
    "ties": lambda p: p.assign(age=p["age"].round(-1)),
    "no outcome held out": lambda p: p.assign(outcome=p["outcome"].where(p["set"] == "train")),
}
DEFINED_FEATURES: dict[str, Change] = {
    "one infinite": lambda f: f.apply(third, value=np.inf).astype(float),
    "all infinite": lambda f: f * np.inf,
    "all missing": lambda f: f * np.nan,
    "a patient missing": lambda f: f.apply(third, value=np.nan).astype(float),
    "held out missing": lambda f: f.where(f.index.to_series() < "P036", axis=0),
    "constant": lambda f: f * 0 + 3.3,
    "duplicates": lambda f: f.apply(lambda _: f.iloc[:, 0]),
    "binary": lambda f: (f > 0).astype(float),
    "minute": lambda f: f * 1e-200,
    "far from 0": lambda f: f + 1e13,
    "none": lambda f: f[[]],
}


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_cohort(n=36, n_test=4, folds=2)


def cases(table: dict[str, Any], models: list[str]) -> list[Any]:
    return [
        pytest.param(model, *np.atleast_1d(np.array(value, dtype=object)), id=f"{model}-{name}")
        for name, value in table.items()
        for model in models
    ]


@pytest.mark.parametrize(("model", "change", "said"), cases(REFUSED_OUTCOMES, list(CLASSIFIERS)))
def test_outcomes_that_cannot_be_fitted_are_named(cohort, model, change, said) -> None:
    with pytest.raises(BadInput, match=said):
        run(model, change(cohort.patients), cohort.features, cohort)


@pytest.mark.parametrize(("model", "change", "said"), cases(REFUSED_CLINICAL, CLINICAL_MODELS))
def test_clinical_values_that_are_wrong_are_named(cohort, model, change, said) -> None:
    with pytest.raises(BadInput, match=said):
        run(model, change(cohort.patients), cohort.features, cohort)


@pytest.mark.parametrize(("model", "change", "said"), cases(REFUSED_FEATURES, PLAIN))
def test_features_that_cannot_be_read_are_named(cohort, model, change, said) -> None:
    with pytest.raises(BadInput) as caught:
        run(model, cohort.patients, change(cohort.features), cohort)
    assert re.search(said, str(caught.value).splitlines()[0])


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("model", "change"), cases(DEFINED_PATIENTS, CLINICAL_MODELS))
def test_poor_patients_give_a_defined_model(cohort, model, change) -> None:
    patients = change(cohort.patients)
    assert_defined(*run(model, patients, cohort.features, cohort), patients)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("model", "change"), cases(DEFINED_FEATURES, RADIOMICS_MODELS))
def test_poor_features_give_a_defined_model(cohort, model, change) -> None:
    found = run(model, cohort.patients, change(cohort.features), cohort)
    assert_defined(*found, cohort.patients)


@pytest.mark.parametrize(("change", "said"), [*REFUSED_CLINICAL.values()][:3])
def test_odds_ratios_name_the_patient(cohort, change, said) -> None:
    with pytest.raises(BadInput, match=said):
        odds_ratios(change(cohort.training), CLINICAL)


@pytest.mark.parametrize("name", ["two", "a half", "text", "missing", "twice"])
def test_odds_ratios_refuse_outcomes_that_are_none(cohort, name: str) -> None:
    with pytest.raises(BadInput, match=r"P003: (outcome is not 0 or 1|patient stands twice)"):
        odds_ratios(REFUSED_OUTCOMES[name][0](cohort.training), CLINICAL)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", [*DEFINED_PATIENTS][:-1])
def test_no_odds_ratio_is_missing_or_infinite_without_a_note(cohort, name: str) -> None:
    table = odds_ratios(DEFINED_PATIENTS[name](cohort.training), CLINICAL)
    numbers = table.drop(columns=["n", "n_events", "n_left_out"]).select_dtypes("number")
    lacking = ~np.isfinite(numbers.to_numpy(float)).all(axis=1)
    assert table.loc[lacking, "note"].notna().all()


def test_a_patient_without_features_is_the_median_patient(cohort) -> None:
    """An infinite feature counts as a missing one, and how many there are is said."""
    features = cohort.features.apply(third, value=np.inf).astype(float)
    fitted, _ = run("lasso", cohort.patients, features, cohort)
    assert "features of 1 of 36 patients are missing, medians stand in" in fitted.model["warnings"]
    assert fitted.filled.keys() == {"P003"}


@pytest.mark.parametrize("name", ["logistic", *CLASSIFIERS])
def test_refused_values_are_refused_of_new_patients_too(name: str, monkeypatch) -> None:
    cohort = make_cohort()
    known = cohort.patients.dropna(subset=["age", "stage"]).reset_index(drop=True)
    monkeypatch.setitem(MODELS, name, MODELS[name] | {"missing": "refuse"})
    fitted, predictions = run(name, known, cohort.features, cohort)
    assert_defined(fitted, predictions, known)
    place = known.index[known["set"] != "train"][0]
    known.loc[place, "age"] = np.nan
    with pytest.raises(BadInput, match="age is missing") as found:
        run(name, known, cohort.features, cohort)
    assert [one.patient for one in found.value.problems] == [known.loc[place, "patient"]]
