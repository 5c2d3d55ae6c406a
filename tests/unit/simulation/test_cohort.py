import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.simulation.cohort import draw_cohort, oracle_auc, t_stage, true_risk
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

Settings = dict[str, Any]


def test_counts_and_age_are_those_stated(settings: Settings, patients: list[str]) -> None:
    cohort = draw_cohort(settings, patients, 1)
    assert cohort["sex"].value_counts().to_dict() == {"M": 100, "F": 36}
    assert round(cohort["age"].mean(), 2) == 50.29
    assert round(cohort["age"].std(), 2) == 12.25
    assert cohort["age"].between(18, 95).all()
    assert list(cohort["participant_id"][:2]) == ["sub-OTS001", "sub-OTS002"]
    assert set(cohort["clinical_t_stage"]) <= {"1", "2", "3", "4"}


def test_prevalence_is_that_of_the_plan(settings: Settings, patients: list[str]) -> None:
    for prevalence in (0.2, 0.45, 0.7):
        settings["prevalence"] = prevalence
        cohort = draw_cohort(settings, patients, 2)
        assert cohort["true_risk"].mean() == pytest.approx(prevalence, abs=1e-9)
        assert abs(cohort["nodal_metastasis"].sum() - prevalence * 136) < 1 + 1e-9


def test_outcomes_occur_at_their_risk(settings: Settings, few: list[str]) -> None:
    cohorts = pd.concat(draw_cohort(settings, few, seed) for seed in range(300))
    for _, stratum in cohorts.groupby(pd.cut(cohorts["true_risk"], [0, 0.1, 0.4, 0.8, 1])):
        observed, expected = stratum["nodal_metastasis"].mean(), stratum["true_risk"].mean()
        assert observed == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(len(stratum)))


def test_draw_depends_on_seed_and_is_repeatable(settings: Settings, patients: list[str]) -> None:
    first = draw_cohort(settings, patients, 3)
    pd.testing.assert_frame_equal(first, draw_cohort(copy.deepcopy(settings), [*patients], 3))
    assert not first.equals(draw_cohort(settings, patients, 4))


def test_counts_that_do_not_add_up_are_refused(settings: Settings, patients: list[str]) -> None:
    with pytest.raises(BadInput, match=r"100 \+ 36.*135 in all"):
        draw_cohort(settings, patients[1:], 1)


def test_impossible_ages_are_refused(settings: Settings, few: list[str]) -> None:
    settings.update(age_mean=20.0, age_sd=25.0)
    with pytest.raises(BadInput, match="no ages"):
        draw_cohort(settings, few, 1)


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0.05, 0.95))
def test_risk_rises_with_each_latent(heterogeneity: float, size: float, prevalence: float) -> None:
    grid = np.linspace(-3, 3, 25)
    still = np.zeros_like(grid)
    strengths = {"heterogeneity": heterogeneity, "size": size}
    for latents in (
        {"heterogeneity": grid, "size": still},
        {"heterogeneity": still, "size": grid},
    ):
        risk = true_risk(latents, strengths, prevalence)
        assert (np.diff(risk) >= -1e-12).all()
        assert risk.mean() == pytest.approx(prevalence, abs=1e-6)


def test_latent_aggressiveness_drives_all(settings: Settings, patients: list[str]) -> None:
    cohorts = pd.concat(draw_cohort(settings, patients, seed) for seed in range(5))
    driven = ["heterogeneity", "diameter_mm", "depth_of_invasion_mm", "true_risk"]
    assert (cohorts[driven].corrwith(cohorts["aggressiveness"]) > 0.4).all()


def test_images_know_more_than_the_clinic(settings: Settings, patients: list[str]) -> None:
    oracle, clinical = [], []
    for seed in range(20):
        cohort = draw_cohort(settings, patients, seed)
        known = cohort[["age", "clinical_t_stage", "depth_of_invasion_mm"]].astype(float)
        known = (known - known.mean()) / known.std()
        fitted = LogisticRegression().fit(known, cohort["nodal_metastasis"])
        score = fitted.decision_function(known)
        clinical.append(roc_auc_score(cohort["nodal_metastasis"], score))
        oracle.append(oracle_auc(cohort))
    assert 0.92 < np.mean(oracle) < 0.96
    assert 0.75 < np.mean(clinical) < 0.86


def test_oracle_auc_is_the_area_under_the_curve(settings: Settings, patients: list[str]) -> None:
    cohort = draw_cohort(settings, patients, 5).round({"true_risk": 1})
    expected = roc_auc_score(cohort["nodal_metastasis"], cohort["true_risk"])
    assert oracle_auc(cohort) == pytest.approx(expected, abs=1e-12)
    assert np.isnan(oracle_auc(cohort[cohort["nodal_metastasis"] == 1]))


@pytest.mark.parametrize(
    ("diameter_mm", "depth_mm", "stage"),
    [(20, 5, 1), (20, 5.1, 2), (20.1, 3, 2), (40, 10, 2), (40, 10.1, 3), (41, 10, 3), (41, 11, 4)],
)
def test_t_stage_follows_size_and_depth(diameter_mm: float, depth_mm: float, stage: int) -> None:
    assert t_stage(np.array([diameter_mm]), np.array([depth_mm])).tolist() == [stage]
