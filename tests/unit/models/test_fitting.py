"""Nested fitting: shapes, determinism, and no leak from any patient who is left out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.models.fitting import Fitted, fit_model
from radproof.models.predicting import predict_model
from radproof.tables import (
    read_features,
    read_json,
    read_table,
    write_features,
    write_json,
    write_table,
)

from tests.unit.models.cohort import (
    CLINICAL,
    LASSO,
    LOGISTIC,
    NOMOGRAM,
    Cohort,
    make_cohort,
    make_stability,
)

SEED = 11


def fit_lasso(cohort: Cohort, **changes: Any) -> Fitted:
    settings = LASSO | changes
    return fit_model(
        "radiomics",
        settings,
        cohort.training,
        CLINICAL,
        cohort.features,
        cohort.stability,
        {},
        SEED,
    )


def fit_nomogram(cohort: Cohort, upstream: Fitted) -> Fitted:
    return fit_model(
        "nomogram",
        NOMOGRAM,
        cohort.training,
        CLINICAL,
        None,
        None,
        {"radiomics": upstream.out_of_fold},
        SEED,
    )


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_cohort()


@pytest.fixture(scope="module")
def radiomics(cohort: Cohort) -> Fitted:
    return fit_lasso(cohort)


@pytest.fixture(scope="module")
def nomogram(cohort: Cohort, radiomics: Fitted) -> Fitted:
    return fit_nomogram(cohort, radiomics)


def same(first: Fitted, second: Fitted) -> bool:
    return (
        first.model == second.model
        and first.coefficients.equals(second.coefficients)
        and first.selection.equals(second.selection)
        and first.path.equals(second.path)
        and first.out_of_fold.equals(second.out_of_fold)
    )


def test_the_path_of_coefficients_is_that_of_the_model(radiomics: Fitted, nomogram: Fitted) -> None:
    path, steps = radiomics.path, radiomics.model["path"]
    assert list(path.columns) == ["feature", "step", "lambda", "coefficient"]
    assert (path["coefficient"] != 0).all()
    counts = path.groupby("step").size()
    assert [counts.get(place, 0) for place in range(1, len(steps) + 1)] == [
        row["n_selected"] for row in steps
    ]
    assert set(path["lambda"]) <= {row["lambda"] for row in steps}
    entered = path.drop_duplicates("feature")["step"]
    assert entered.is_monotonic_increasing
    taken = path[path["lambda"] == radiomics.model["lambda"]].set_index("feature")["coefficient"]
    for term in radiomics.model["terms"]:
        assert taken[term["term"]] == pytest.approx(term["coefficient"], abs=1e-4)
    assert nomogram.path.empty


def test_each_patient_is_predicted_for_each_subset_with_the_own_fold(
    cohort: Cohort, radiomics: Fitted
) -> None:
    rows = radiomics.out_of_fold
    assert list(rows.columns) == [
        "patient",
        "fold",
        "left_out",
        "score",
        "probability",
        "score_mean",
    ]
    assert len(rows) == len(cohort.training) * (1 + 3)
    left = rows["left_out"].str.split("+")
    assert all(fold in one for fold, one in zip(rows["fold"], left, strict=True))
    assert not rows.duplicated(["patient", "left_out"]).any()
    assert rows.notna().all(axis=None)


def test_model_says_what_it_is_and_was_fitted_on(cohort: Cohort, radiomics: Fitted) -> None:
    model = radiomics.model
    assert json.loads(json.dumps(model, allow_nan=False)) == model
    assert [step["step"] for step in model["selection"]] == [
        "candidates",
        "stability",
        "variance",
        "correlation",
        "lasso",
    ]
    assert [step["n"] for step in model["selection"]][:4] == [16, 14, 14, 14]
    assert model["selection"][1]["dropped"] == {"not stable": 2}
    assert model["n"] == len(cohort.training)
    assert model["n_events"] == cohort.training["outcome"].sum()
    assert model["n_candidate_parameters"] == 16
    assert model["events_per_parameter"] == model["n_events"] / 16
    assert model["sample_size"]["n"] > model["n"]
    assert not any(name.startswith("T1w__") or name.endswith("F7") for name in model["features"])


def test_the_table_of_selection_says_what_became_of_each_feature(radiomics: Fitted) -> None:
    table = radiomics.selection
    assert list(table.columns) == ["feature", "step", "kept", "reason", "value"]
    assert table.groupby("step", sort=False).size().to_dict() == {
        **{"stability": 16, "variance": 14, "correlation": 14, "lasso": 14}
    }
    for step in radiomics.model["selection"][1:]:
        rows = table[table["step"] == step["step"]]
        assert rows["kept"].sum() == step["n"]
        assert rows.loc[~rows["kept"], "reason"].value_counts().to_dict() == step["dropped"]
        assert rows.loc[rows["kept"], "reason"].isna().all()
    last = table[(table["step"] == "lasso") & table["kept"]]
    assert list(last["feature"]) == radiomics.model["features"]
    assert table.loc[table["step"] == "stability", "value"].notna().all()


def test_order_of_patients_does_not_matter(cohort: Cohort, radiomics: Fitted) -> None:
    shuffled = Cohort(
        cohort.patients.sample(frac=1, random_state=1),
        cohort.features.sample(frac=1, random_state=2),
        cohort.stability.sample(frac=1, random_state=3),
    )
    assert same(fit_lasso(shuffled), radiomics)


def test_tables_written_and_read_again_give_the_same_fit(
    cohort: Cohort, radiomics: Fitted, nomogram: Fitted, tmp_path: Path
) -> None:
    def again(table: pd.DataFrame, name: str) -> pd.DataFrame:
        write_table(table, tmp_path / name)
        return read_table(tmp_path / name)

    write_features(cohort.features, tmp_path / "features.parquet")
    read = Cohort(
        again(cohort.patients, "patients.tsv"),
        read_features(tmp_path / "features.parquet"),
        again(cohort.stability, "stability.tsv"),
    )
    lasso = fit_lasso(read)
    lasso.out_of_fold.update(again(lasso.out_of_fold, "out_of_fold.tsv"))
    assert same(lasso, radiomics)
    assert same(fit_nomogram(read, lasso), nomogram)
    write_json(nomogram.model, tmp_path / "model.json")
    assert read_json(tmp_path / "model.json") == nomogram.model


def test_other_sets_change_no_fit(cohort: Cohort, radiomics: Fitted, nomogram: Fitted) -> None:
    changed = cohort.features.copy()
    changed.loc[cohort.patients.loc[cohort.patients["set"] == "test", "patient"]] = 99.0
    fitted = fit_lasso(Cohort(cohort.patients, changed, cohort.stability))
    assert same(fitted, radiomics)
    assert same(fit_nomogram(cohort, fitted), nomogram)


def scrambled(cohort: Cohort, fold: str) -> Cohort:
    """The cohort with other outcomes, other clinical data and other features in one fold."""
    rng = np.random.default_rng(8)
    patients, features = cohort.patients.copy(), cohort.features.copy()
    rows = patients["fold"] == fold
    patients.loc[rows, "outcome"] = 1 - patients.loc[rows, "outcome"]
    patients.loc[rows, "age"] = 120 * rng.random(rows.sum())
    patients.loc[rows, "stage"] = "1"
    features.loc[patients.loc[rows, "patient"]] += rng.normal(size=(rows.sum(), features.shape[1]))
    return Cohort(patients, features, cohort.stability)


def only_outcomes(cohort: Cohort, fold: str) -> Cohort:
    patients = cohort.patients.copy()
    rows = patients["fold"] == fold
    patients.loc[rows, "outcome"] = 1 - patients.loc[rows, "outcome"]
    return Cohort(patients, cohort.features, cohort.stability)


@pytest.mark.parametrize("fold", ["1", "3"])
def test_a_folds_outcomes_change_no_prediction_for_it(
    cohort: Cohort, radiomics: Fitted, nomogram: Fitted, fold: str
) -> None:
    changed = only_outcomes(cohort, fold)
    lasso = fit_lasso(changed)
    for before, after in ((radiomics, lasso), (nomogram, fit_nomogram(changed, lasso))):
        rows = before.out_of_fold["left_out"].str.split("+").map(lambda left: fold in left)
        assert before.out_of_fold[rows].equals(after.out_of_fold[rows])
        assert not before.out_of_fold[~rows].equals(after.out_of_fold[~rows])
        assert before.model != after.model


def test_a_folds_data_change_no_fit_without_it(
    cohort: Cohort, radiomics: Fitted, nomogram: Fitted
) -> None:
    """Whatever fold 2 holds, fits without it have the same mean score and the same predictions
    for the other patients that they leave out."""
    changed = scrambled(cohort, "2")
    lasso = fit_lasso(changed)
    for before, after in ((radiomics, lasso), (nomogram, fit_nomogram(changed, lasso))):
        left = before.out_of_fold["left_out"].str.split("+").map(lambda left: "2" in left)
        others = left & (before.out_of_fold["fold"] != "2")
        assert before.out_of_fold[others].equals(after.out_of_fold[others])
        assert before.out_of_fold.loc[left, "score_mean"].equals(
            after.out_of_fold.loc[left, "score_mean"]
        )


def test_stability_of_the_fold_left_out_is_used(cohort: Cohort, radiomics: Fitted) -> None:
    stability = cohort.stability.copy()
    rows = (stability["left_out"] == "1") & (stability["feature"] == "ceT1w__original_glcm_F0")
    stability.loc[rows, "kept"] = False
    fitted = fit_lasso(Cohort(cohort.patients, cohort.features, stability))
    without = radiomics.out_of_fold["left_out"] == "1"
    assert fitted.model == radiomics.model
    assert fitted.out_of_fold[~without].equals(radiomics.out_of_fold[~without])
    assert not fitted.out_of_fold[without].equals(radiomics.out_of_fold[without])


def test_an_upstream_model_that_selects_nothing_adds_nothing(cohort: Cohort) -> None:
    empty = cohort.features * 0.0
    null = fit_lasso(Cohort(cohort.patients, empty, cohort.stability))
    assert null.model["features"] == []
    assert null.out_of_fold["score"].nunique() > 1
    fitted = fit_nomogram(cohort, null)
    assert fitted.model["aliased"] == ["radiomics"]
    alone = fit_model(
        "nomogram", NOMOGRAM | {"scores": []}, cohort.training, CLINICAL, None, None, {}, SEED
    )
    assert fitted.model["terms"] == alone.model["terms"]


def test_predictions_are_marked_and_frozen(
    cohort: Cohort, radiomics: Fitted, nomogram: Fitted
) -> None:
    first = predict_model(
        radiomics.model, LASSO, cohort.patients, cohort.features, {}, radiomics.out_of_fold
    )
    assert list(first.columns) == [
        "patient",
        "set",
        "outcome",
        "model",
        "kind",
        "fold",
        "score",
        "probability",
        "score_mean",
    ]
    counts = first.groupby(["set", "kind"]).size()
    assert counts.to_dict() == {
        ("train", "apparent"): 72,
        ("train", "out_of_fold"): 72,
        ("test", "held_out"): 12,
    }
    assert first["fold"].notna().equals(first["kind"] == "out_of_fold")
    second = predict_model(
        nomogram.model,
        NOMOGRAM,
        cohort.patients,
        None,
        {"radiomics": first},
        nomogram.out_of_fold,
    )
    assert second[["score", "probability"]].notna().all(axis=None)
    weights = {term["term"]: term["coefficient"] for term in nomogram.model["terms"]}
    held_out = second[second["kind"] == "held_out"].set_index("patient")
    stage = cohort.patients.set_index("patient").loc[held_out.index, "stage"]
    upstream = first[first["kind"] == "held_out"].set_index("patient")
    wanted = nomogram.model["intercept"] + weights["radiomics"] * (
        upstream["score"] - upstream["score_mean"]
    )
    wanted += stage.map(lambda level: weights.get(f"stage={level}", 0.0))
    np.testing.assert_allclose(held_out["score"], wanted.loc[held_out.index], atol=1e-12)


def test_held_out_outcomes_may_be_unknown(cohort: Cohort, radiomics: Fitted) -> None:
    patients = cohort.patients.astype({"outcome": "Int64"})
    patients.loc[patients["set"] == "test", "outcome"] = pd.NA
    predicted = predict_model(
        radiomics.model, LASSO, patients, cohort.features, {}, radiomics.out_of_fold
    )
    assert predicted.loc[predicted["kind"] == "held_out", "outcome"].isna().all()
    assert predicted["score"].notna().all()


def test_without_other_sets_there_is_no_held_out_prediction(
    cohort: Cohort, radiomics: Fitted
) -> None:
    predicted = predict_model(
        radiomics.model, LASSO, cohort.training, cohort.features, {}, radiomics.out_of_fold
    )
    assert set(predicted["kind"]) == {"apparent", "out_of_fold"}


def test_upstream_of_an_upstream_is_refused(cohort: Cohort, nomogram: Fitted) -> None:
    with pytest.raises(BadInput, match="without scores of its own"):
        fit_nomogram(cohort, nomogram)


def test_a_nomogram_needs_three_folds() -> None:
    two = make_cohort(folds=2)
    with pytest.raises(BadInput, match="three folds or more"):
        fit_nomogram(two, fit_lasso(two))


def test_a_tiny_cohort_ends_in_defined_results() -> None:
    tiny = make_cohort(n=12, n_test=2, folds=3, seed=2)
    lasso = fit_lasso(tiny)
    fitted = fit_nomogram(tiny, lasso)
    assert np.isfinite(fitted.out_of_fold[["score", "probability"]]).all(axis=None)
    assert json.loads(json.dumps(fitted.model, allow_nan=False)) == fitted.model


def test_bad_input_names_patients_and_model(cohort: Cohort) -> None:
    arguments: dict[str, Any] = {
        "clinical": CLINICAL,
        "features": None,
        "stability": None,
        "upstream": {},
        "seed": SEED,
    }
    training = cohort.training
    with pytest.raises(BadInput, match="not of the training set"):
        fit_model("clinical", LOGISTIC, cohort.patients, **arguments)
    with pytest.raises(BadInput, match="model clinical, folds left out: none: only one class"):
        fit_model("clinical", LOGISTIC, training.assign(outcome=1), **arguments)
    wrong = training.astype({"age": object})
    wrong.loc[wrong.index[0], "age"] = "old"
    wrong.loc[wrong.index[1], "stage"] = "9"
    with pytest.raises(BadInput) as caught:
        fit_model("clinical", LOGISTIC, wrong, **arguments)
    assert [problem.patient for problem in caught.value.problems] == ["P000", "P001"]
    with pytest.raises(BadInput, match="no row of features"):
        fit_lasso(Cohort(cohort.patients, cohort.features.iloc[1:], cohort.stability))
    gone = cohort.stability[cohort.stability["left_out"] != "1+2"]
    fitted = fit_lasso(Cohort(cohort.patients, cohort.features, gone))
    assert any("folds 1+2 left out" in warning for warning in fitted.model["warnings"])
    with pytest.raises(BadInput, match="no score with folds 1\\+2 left out"):
        fit_nomogram(cohort, fitted)


def test_the_model_counts_whose_values_are_filled_and_the_fit_names_them(cohort: Cohort) -> None:
    """The model is shared without patients: no name of one stands in it, whatever is said there."""
    patients, features = cohort.patients.copy(), cohort.features.copy()
    patients.loc[[3, 7], "age"] = np.nan
    features.loc["P009"] = np.nan
    gone = cohort.stability[cohort.stability["left_out"] != "1+2"]
    settings = LOGISTIC | {"missing": "impute"}
    fitted = [
        fit_lasso(Cohort(patients, features, gone)),
        fit_model(
            "clinical",
            settings,
            patients[patients["set"] == "train"],
            CLINICAL,
            None,
            None,
            {},
            SEED,
        ),
    ]
    assert "of 72 patients" in fitted[0].model["warnings"][0]
    assert fitted[0].filled.keys() == {"P009"}
    assert fitted[1].filled == {"P003": ["age"], "P007": ["age"]}
    for one in fitted:
        written = json.dumps(one.model)
        assert not [name for name in patients["patient"] if name in written]


def test_stability_table_of_the_tests_has_every_subset(cohort: Cohort) -> None:
    labels = make_stability(cohort.features, cohort.patients)["left_out"].unique()
    assert list(labels[:6]) == ["none", "1", "2", "3", "4", "1+2"]
    assert len(labels) == 1 + 4 + 6
