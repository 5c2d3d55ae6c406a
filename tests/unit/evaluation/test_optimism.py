"""Optimism by bootstrap: the whole fitting repeated, copies of a patient never apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.evaluation.delong import auc
from radproof.evaluation.optimism import (
    COLUMNS,
    RESAMPLES,
    Refits,
    draw_resamples,
    judge,
    judge_all,
    optimism_table,
    resample_table,
)
from radproof.evaluation.refitting import NOBODY, Chain, refit, refit_chain
from radproof.folds import patient_of
from radproof.models import inner_folds
from radproof.models.fitting import fit_model
from radproof.models.learners import lasso
from radproof.models.predicting import predict_model

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


def outcome_of(chain: Chain) -> np.ndarray:
    return chain.patients["outcome"].to_numpy(int)


def test_everybody_drawn_once_is_the_model_itself(cohort: Cohort) -> None:
    chain = chain_of(cohort, {"clinical": LOGISTIC})
    everybody = np.arange(len(chain.patients))[None]
    (probability,) = refit(chain, everybody).probability
    fitted = fit_model("clinical", LOGISTIC, cohort.training, CLINICAL, None, None, {}, 3).model
    shown = cohort.training.assign(set="test")
    frozen = predict_model(fitted, LOGISTIC, shown, None, {}, NOBODY).set_index("patient")
    expected = frozen.loc[chain.patients["patient"], "probability"]
    np.testing.assert_allclose(probability, expected, rtol=1e-9)
    table = resample_table(outcome_of(chain), everybody, Refits(probability[None], [None]))
    assert table["slope_train"].item() == pytest.approx(1, abs=1e-9)
    assert table["c_index_train"].item() == table["c_index_test"].item()


def test_a_nomogram_is_fitted_with_the_score_it_takes(cohort: Cohort) -> None:
    chain = chain_of(cohort, {"radiomics": LASSO, "nomogram": NOMOGRAM})
    draws = draw_resamples(len(chain.patients), 2, 1)
    table = resample_table(outcome_of(chain), draws, refit(chain, draws))
    assert list(table.columns) == RESAMPLES
    assert table["note"].isna().all()
    assert (table["c_index_test"] > 0.5).all()
    again = resample_table(outcome_of(chain), draws[:1], refit(chain, draws[:1]))
    pd.testing.assert_frame_equal(again, table[:1])


@pytest.mark.parametrize("missing", ["refuse", "impute", "indicator"])
def test_fits_side_by_side_are_those_one_by_one(cohort: Cohort, missing: str) -> None:
    chain = chain_of(cohort, {"clinical": LOGISTIC | {"missing": missing}})
    draws = draw_resamples(len(chain.patients), 8, 2)
    refits = refit(chain, draws)
    alone = [refit_chain(chain, number, places) for number, places in enumerate(draws, start=1)]
    np.testing.assert_allclose(refits.probability, alone, rtol=0, atol=1e-11)


def test_a_resample_that_separates_is_fitted_as_the_plan_says(cohort: Cohort) -> None:
    chain = chain_of(cohort, {"clinical": LOGISTIC})
    outcome = outcome_of(chain)
    age = chain.patients["age"].to_numpy(float)
    order = np.argsort(age)
    split = [place for place in order[:20] if not outcome[place]]
    split += [place for place in order[-20:] if outcome[place]]
    places = np.resize(split, len(outcome))
    (probability,) = refit(chain, places[None]).probability
    np.testing.assert_array_equal(probability, refit_chain(chain, 1, places))
    refusing = chain_of(cohort, {"clinical": LOGISTIC | {"separation": "refuse"}})
    (failure,) = refit(refusing, places[None]).failures
    assert failure is not None
    assert "no maximum-likelihood estimate" in failure


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


@pytest.mark.parametrize(
    "fit", [refit_chain, lambda *given: refit(given[0], given[2][None]).probability]
)
def test_nothing_of_a_patient_not_drawn_reaches_the_fit(cohort: Cohort, fit) -> None:
    chain = chain_of(cohort, {"clinical": LOGISTIC})
    chain = replace(chain, patients=chain.patients.copy())
    places = draw_resamples(len(chain.patients), 1, 4)[0]
    before = fit(chain, 1, places)
    missed = sorted(set(range(len(chain.patients))) - set(places))
    chain.patients.iloc[missed, chain.patients.columns.get_loc("outcome")] ^= 1
    after = fit(chain, 1, places)
    np.testing.assert_array_equal(before, after)


def noise(draws: np.ndarray) -> Refits:
    """A model that learns each patient by heart, and guesses the others."""
    outcome = np.tile([0, 1], 30)
    rows = []
    for number, places in enumerate(draws, start=1):
        rng = np.random.default_rng(number)
        guess = rng.uniform(0.3, 0.7, 60)
        known = np.isin(np.arange(60), places)
        rows.append(np.where(known, 0.3 + 0.4 * outcome + rng.uniform(-0.25, 0.25, 60), guess))
    return Refits(np.array(rows), [None] * len(draws))


def test_optimism_is_taken_off() -> None:
    draws, outcome = draw_resamples(60, 40, 2), np.tile([0, 1], 30)
    resamples = resample_table(outcome, draws, noise(draws))
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
    draws = draw_resamples(60, 5, 2)
    refits = noise(draws)
    refits.probability[1] = np.nan
    refits.failures[1] = "only one class of the outcome"
    resamples = resample_table(np.tile([0, 1], 30), draws, refits)
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


@given(st.integers(0, 2**31 - 1), st.integers(8, 40), st.booleans())
def test_measures_side_by_side_are_those_of_each_sample(seed: int, count: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    outcome = rng.integers(0, 2, count)
    probability = rng.uniform(0.02, 0.98, (4, count))
    if tied:
        probability = probability.round(1).clip(0.05, 0.95)
    times = rng.integers(0, 3, (4, count))
    values, notes = judge_all(outcome, probability, times)
    for place in range(4):
        own = np.repeat(outcome, times[place]), np.repeat(probability[place], times[place])
        expected, note = judge(*own)
        assert notes[place] == note
        for name, value in expected.items():
            assert values[name][place] == pytest.approx(value, rel=1e-8, abs=1e-9, nan_ok=True)
