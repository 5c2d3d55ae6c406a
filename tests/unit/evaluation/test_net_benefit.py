"""Net benefit: the formulas of treating all and none, ties at thresholds, bad thresholds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.evaluation.net_benefit import (
    THRESHOLDS,
    net_benefit,
    parse_thresholds,
    reference_strategies,
)

PATIENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 100)), min_size=1, max_size=50)


@given(PATIENTS)
def test_all_and_none(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([row[0] for row in rows])
    strategies = reference_strategies(outcome)
    prevalence, odds = outcome.mean(), THRESHOLDS / (1 - THRESHOLDS)
    wanted = prevalence - (1 - prevalence) * odds
    np.testing.assert_allclose(strategies["all"]["net_benefit"], wanted, atol=1e-12)
    assert (strategies["none"]["net_benefit"] == 0).all()
    everybody = net_benefit(outcome, np.ones(outcome.size))
    pd.testing.assert_frame_equal(everybody, strategies["all"])
    nobody = net_benefit(outcome, np.zeros(outcome.size))
    pd.testing.assert_frame_equal(nobody, strategies["none"])


@given(PATIENTS)
def test_a_patient_at_the_threshold_is_treated(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([row[0] for row in rows])
    hundredths = np.array([row[1] for row in rows])
    table = net_benefit(outcome, hundredths / 100)
    for place, hundredth in enumerate(range(1, 100)):
        treated = hundredths >= hundredth
        assert table["true_positives"][place] == (treated & outcome).sum()
        assert table["false_positives"][place] == (treated & ~outcome).sum()


def test_by_hand() -> None:
    table = net_benefit([1, 1, 0, 0, 0], [0.9, 0.2, 0.6, 0.1, 0.1], [0.5])
    # One true and one false positive of five at odds 1; treating all gives 2/5 - 3/5.
    assert table.loc[0, "net_benefit"] == pytest.approx(1 / 5 - 1 / 5)
    assert table.loc[0, "interventions_avoided"] == pytest.approx(0 - (2 / 5 - 3 / 5))


@given(PATIENTS)
def test_limits_are_those_of_a_mean_over_patients(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([row[0] for row in rows])
    probability = np.array([row[1] for row in rows]) / 100
    table = net_benefit(outcome, probability).set_index("threshold")
    for threshold in (0.05, 0.5, 0.9):
        worth = np.where(outcome, 1.0, -threshold / (1 - threshold)) * (probability >= threshold)
        row = table.loc[threshold]
        if np.ptp(worth) == 0:
            assert np.isnan(row["ci_low"])
            assert row["note"].endswith("no variance")
        else:
            half = 1.959963984540054 * worth.std(ddof=1) / np.sqrt(worth.size)
            limits = [worth.mean() - half, worth.mean() + half]
            np.testing.assert_allclose(row[["ci_low", "ci_high"]].astype(float), limits, atol=1e-9)
            assert row["note"] == ""


def test_limits_agree_with_a_bootstrap() -> None:
    rng = np.random.default_rng(4)
    outcome = rng.integers(0, 2, 300)
    probability = np.clip(0.3 * outcome + rng.uniform(0, 0.7, 300), 0, 1)
    drawn = [rng.integers(0, 300, 300) for _ in range(2000)]
    found = [net_benefit(outcome[i], probability[i], [0.4]).loc[0, "net_benefit"] for i in drawn]
    row = net_benefit(outcome, probability, [0.4]).iloc[0]
    limits = np.quantile(found, [0.025, 0.975])
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], limits, atol=0.01)


def test_thresholds_are_the_numbers_one_would_write() -> None:
    np.testing.assert_array_equal(parse_thresholds("0.01:0.99:0.01"), THRESHOLDS)
    np.testing.assert_array_equal(parse_thresholds("0.1:0.3:0.1"), [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(parse_thresholds("0.25"), [0.25])


@pytest.mark.parametrize(
    "text", ["", "0.1:0.5", "0.5:0.1:0.1", "a:b:c", "0.1:0.9:0", "nan", "1:inf:1"]
)
def test_thresholds_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadInput, match="thresholds cannot be read"):
        parse_thresholds(text)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, np.nan])
def test_thresholds_out_of_range(threshold: float) -> None:
    with pytest.raises(BadInput, match="threshold is out of range"):
        net_benefit([0, 1], [0.2, 0.4], [0.5, threshold])
