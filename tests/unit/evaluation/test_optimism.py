"""Optimism by bootstrap: the whole fitting repeated, copies of a patient never apart."""

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput, Problem
from radproof.evaluation.delong import auc
from radproof.evaluation.optimism import (
    COLUMNS,
    RESAMPLES,
    draw_resamples,
    optimism_table,
    resample_table,
)
from radproof.evaluation.refitting import Chain, refit_chain
from radproof.folds import patient_of
from radproof.models import inner_folds
from radproof.models.learners import lasso

from tests.unit.models.cohort import CLINICAL, LASSO, LOGISTIC, NOMOGRAM, Cohort, make_cohort


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_cohort()


def chain_of(cohort: Cohort, models: dict) -> Chain:
    radiomics = {name: "radiomics" in model for name, model in models.items()}
    return Chain(
        models,
        cohort.training,
        CLINICAL,
        {name: cohort.features if has else None for name, has in radiomics.items()},
        {name: cohort.stability if has else None for name, has in radiomics.items()},
        dict.fromkeys(models),
        3,
    )


def test_a_resample_is_drawn_whatever_the_number_of_others() -> None:
    few, many = draw_resamples(30, 3, 5), draw_resamples(30, 8, 5)
    np.testing.assert_array_equal(few, many[:3])
    assert ((many >= 0) & (many < 30)).all()
    assert not (draw_resamples(30, 3, 6) == few).all()


def test_everybody_drawn_once_is_the_model_itself(cohort: Cohort) -> None:
    chain = chain_of(cohort, {"clinical": LOGISTIC})
    places = np.arange(len(chain.patients))
    train_outcome, train, outcome, probability = refit_chain(chain, 1, places)
    np.testing.assert_array_equal(train_outcome, outcome)
    np.testing.assert_allclose(train, probability, rtol=1e-9)
    np.testing.assert_array_equal(outcome, chain.patients["outcome"])


def test_a_nomogram_is_fitted_with_the_score_it_takes(cohort: Cohort) -> None:
    chain = chain_of(cohort, {"radiomics": LASSO, "nomogram": NOMOGRAM})
    draws = draw_resamples(len(chain.patients), 2, 1)
    table = resample_table(draws, lambda number, places: refit_chain(chain, number, places))
    assert list(table.columns) == RESAMPLES
    assert table["note"].isna().all()
    assert (table["c_index_test"] > 0.5).all()
    again = resample_table(draws[:1], lambda number, places: refit_chain(chain, number, places))
    pd.testing.assert_frame_equal(again, table[:1])


def test_copies_of_a_patient_are_of_one_inner_fold(cohort: Cohort, monkeypatch) -> None:
    seen = []

    def spy(outcome, wanted, seed):
        inner = inner_folds.deal_inner_folds(outcome, wanted, seed)
        patients = [patient_of(name) for name in outcome.index]
        seen.append(pd.DataFrame({"patient": patients, "fold": inner.labels}))
        return inner

    monkeypatch.setattr(lasso, "deal_inner_folds", spy)
    chain = chain_of(cohort, {"radiomics": LASSO})
    draws = draw_resamples(len(chain.patients), 1, 1)
    refit_chain(chain, 1, draws[0])
    (table,) = seen
    assert table["patient"].duplicated().any()
    assert (table.groupby("patient")["fold"].nunique() == 1).all()
    assert table["fold"].nunique() == LASSO["inner_folds"]


def test_nothing_of_a_patient_not_drawn_reaches_the_fit(cohort: Cohort) -> None:
    chain = chain_of(cohort, {"clinical": LOGISTIC})
    places = draw_resamples(len(chain.patients), 1, 4)[0]
    before = refit_chain(chain, 1, places)
    missed = sorted(set(range(len(chain.patients))) - set(places))
    chain.patients.iloc[missed, chain.patients.columns.get_loc("outcome")] ^= 1
    after = refit_chain(chain, 1, places)
    np.testing.assert_array_equal(before[1], after[1])
    np.testing.assert_array_equal(before[3], after[3])


def noise(number: int, places: np.ndarray):
    """A model that learns each patient by heart, and guesses the others."""
    rng = np.random.default_rng(number)
    outcome = np.tile([0, 1], 30)
    guess = rng.uniform(0.3, 0.7, 60)
    known = np.isin(np.arange(60), places)
    probability = np.where(known, 0.3 + 0.4 * outcome + rng.uniform(-0.25, 0.25, 60), guess)
    return outcome[places], probability[places], outcome, probability


def test_optimism_is_taken_off() -> None:
    resamples = resample_table(draw_resamples(60, 40, 2), noise)
    outcome = np.tile([0, 1], 30)
    apparent = 0.3 + 0.4 * outcome + np.random.default_rng(9).uniform(-0.25, 0.25, 60)
    predictions = pd.DataFrame({"kind": "apparent", "outcome": outcome, "probability": apparent})
    table = optimism_table({"a": predictions}, {"a": resamples})
    assert list(table.columns) == COLUMNS
    row = table.set_index("measure").loc["c_index"]
    assert row["apparent"] == auc(outcome, apparent).auc[0]
    assert row["corrected"] == pytest.approx(row["apparent"] - row["train"] + row["test"])
    assert row["train"] > row["test"] > row["outside"]
    assert row["outside"] == pytest.approx(0.5, abs=0.05)


def test_a_resample_that_cannot_be_fitted_is_counted() -> None:
    def refit(number: int, places: np.ndarray):
        if number == 2:
            raise BadInput(Problem("only one class of the outcome"))
        return noise(number, places)

    resamples = resample_table(draw_resamples(60, 5, 2), refit)
    assert resamples["c_index_test"].isna().tolist() == [False, True, False, False, False]
    assert resamples.loc[1, "note"] == "not fitted: only one class of the outcome"
    predictions = pd.DataFrame(
        {"kind": "apparent", "outcome": np.tile([0, 1], 30), "probability": np.tile([0.4, 0.6], 30)}
    )
    table = optimism_table({"a": predictions}, {"a": resamples})
    assert (table["n_used"] == 4).all()
    assert table["note"].str.contains("1 of 5 resamples without it, the first for: not fit").all()
    lacking = table.drop(columns="note").isna().any(axis=1)
    assert table.loc[lacking, "note"].notna().all()
