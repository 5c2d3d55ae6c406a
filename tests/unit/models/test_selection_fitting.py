"""Every step and every learner of features inside the nested fits: no leak, the same bits."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.models.fitting import Fitted, fit_model
from radproof.models.predicting import predict_model

from tests.unit.models.cohort import CLASSIFIERS, CLINICAL, MIXED, Cohort, make_cohort

STEPS: list[dict[str, Any]] = [
    {"kind": "stability"},
    {"kind": "variance", "same": 0.9},
    {"kind": "correlation", "threshold": 0.8, "prefer": "outcome"},
    {"kind": "univariate", "test": "auto", "level": 0.6, "adjust": "none"},
    {"kind": "mrmr", "count": 6, "measure": "mutual_information", "scheme": "difference"},
    {"kind": "forest_importance", "count": 4, "trees": 15, "leaf": 2},
]
KINDS = [*CLASSIFIERS]


def settings_of(kind: str) -> dict[str, Any]:
    return {"kind": kind, **CLASSIFIERS[kind], **MIXED, "selection": STEPS}


def fit(cohort: Cohort, kind: str) -> Fitted:
    return fit_model(
        "mixed",
        settings_of(kind),
        cohort.training,
        CLINICAL,
        cohort.features,
        cohort.stability,
        {},
        7,
    )


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_cohort(n=60, folds=3)


@pytest.fixture(scope="module")
def fitted(cohort: Cohort) -> dict[str, Fitted]:
    return {kind: fit(cohort, kind) for kind in KINDS}


def test_the_path_has_every_step_and_counts_all_candidates(fitted: dict[str, Fitted]) -> None:
    for kind, one in fitted.items():
        steps = [step["step"] for step in one.model["selection"]]
        assert steps == ["candidates", *(step["kind"] for step in STEPS), kind]
        counts = [step["n"] for step in one.model["selection"]]
        assert counts == sorted(counts, reverse=True)
        # Sixteen features, age, and two levels of stage beside the first.
        assert one.model["n_candidate_parameters"] == 19
        assert one.model["events_per_parameter"] == one.model["n_events"] / 19
        kept = one.selection[one.selection["kept"]]
        assert list(kept.loc[kept["step"] == kind, "feature"]) == one.model["features"]


def test_the_same_cohort_in_another_order_gives_the_same_fit(
    cohort: Cohort, fitted: dict[str, Fitted]
) -> None:
    shuffled = Cohort(
        cohort.patients.sample(frac=1, random_state=1),
        cohort.features.sample(frac=1, random_state=2),
        cohort.stability.sample(frac=1, random_state=3),
    )
    for kind, one in fitted.items():
        again = fit(shuffled, kind)
        assert again.model == one.model
        assert again.selection.equals(one.selection)
        assert again.out_of_fold.equals(one.out_of_fold)


def changed(cohort: Cohort, rows: pd.Series) -> Cohort:
    """The cohort with other outcomes, clinical data and features of some patients."""
    rng = np.random.default_rng(8)
    patients, features = cohort.patients.copy(), cohort.features.copy()
    patients.loc[rows, "outcome"] = 1 - patients.loc[rows, "outcome"]
    patients.loc[rows, "age"] = 120 * rng.random(rows.sum())
    features.loc[patients.loc[rows, "patient"]] = 50 * rng.normal(
        size=(rows.sum(), features.shape[1])
    )
    return Cohort(patients, features, cohort.stability)


@pytest.mark.parametrize("kind", KINDS)
def test_other_sets_change_no_fit(cohort: Cohort, fitted: dict[str, Fitted], kind: str) -> None:
    other = fit(changed(cohort, cohort.patients["set"] == "test"), kind)
    assert other.model == fitted[kind].model
    assert other.selection.equals(fitted[kind].selection)
    assert other.out_of_fold.equals(fitted[kind].out_of_fold)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fold_changes_no_fit_without_it(
    cohort: Cohort, fitted: dict[str, Fitted], kind: str
) -> None:
    before = fitted[kind].out_of_fold
    after = fit(changed(cohort, cohort.patients["fold"] == "2"), kind).out_of_fold
    left = before["left_out"].str.split("+").map(lambda left: "2" in left)
    others = left & (before["fold"] != "2")
    assert others.any()
    assert before[others].equals(after[others])
    assert before.loc[left, "score_mean"].equals(after.loc[left, "score_mean"])
    assert not before[~left].equals(after[~left])


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_model_predicts_everybody(
    cohort: Cohort, fitted: dict[str, Fitted], kind: str
) -> None:
    one = fitted[kind]
    features = cohort.features.copy()
    features.iloc[-1] = np.nan
    predicted = predict_model(
        one.model, settings_of(kind), cohort.patients, features, {}, one.out_of_fold
    )
    assert predicted.groupby("kind").size().to_dict() == {
        **{"apparent": 60, "out_of_fold": 60, "held_out": 12}
    }
    assert predicted["score"].notna().all()
    assert predicted["probability"].between(0, 1).all()


def test_clinical_variables_alone_need_no_selection(cohort: Cohort) -> None:
    settings = {"kind": "svm", **CLASSIFIERS["svm"], "clinical": ["age"], "missing": "refuse"}
    one = fit_model("clinical", settings, cohort.training, CLINICAL, None, None, {}, 7)
    assert one.model["selection"] == []
    assert one.selection.empty
    assert one.model["n_candidate_parameters"] == 1


def test_without_stability_unstable_features_are_candidates(cohort: Cohort) -> None:
    settings = settings_of("random_forest") | {"selection": []}
    one = fit_model("all", settings, cohort.training, CLINICAL, cohort.features, None, {}, 7)
    assert any(name.endswith("F7") for name in one.model["features"])
    assert len(one.model["features"]) == 16
