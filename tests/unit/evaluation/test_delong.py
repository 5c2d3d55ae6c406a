"""Areas under ROC curves, their tests, equivalence and the edges."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.evaluation.delong import (
    auc,
    equivalence_test,
    paired_test,
    same_order,
    smallest_margin,
    unpaired_test,
)

# Ties on purpose: few distinct scores, which any strictly rising transform keeps apart.
PATIENTS = st.lists(
    st.tuples(st.booleans(), st.integers(-5, 5), st.integers(-5, 5)), min_size=4, max_size=40
).filter(lambda rows: len({row[0] for row in rows}) == 2)


def columns(rows: list[tuple[bool, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=float)
    return table[:, 0], table[:, 1:].T


@pytest.fixture(scope="module")
def asah() -> pd.DataFrame:
    """Subarachnoid haemorrhage of R's pROC (GPL-3): Turck et al. 2010; 41 poor outcomes of 113."""
    return pd.read_csv(Path(__file__).parent / "asah.tsv", sep="\t")


def test_published_areas_and_intervals(asah: pd.DataFrame) -> None:
    # Robin et al. 2011 (BMC Bioinformatics 12:77) and the manual of pROC: ci.auc(), roc.test().
    result = auc(asah["outcome"], asah[["wfns", "s100b", "ndka"]].to_numpy().T)
    np.testing.assert_allclose(result.auc, [0.8237, 0.7314, 0.6120], atol=5e-5)
    np.testing.assert_allclose(result.interval()[1], [0.6301, 0.8326], atol=5e-5)
    assert (result.n_cases, result.n_controls) == (41, 72)
    test = paired_test(result, 0, 1)
    assert test.statistic == pytest.approx(2.209, abs=5e-4)
    assert test.p == pytest.approx(0.02718, abs=5e-6)
    assert (test.ci_low, test.ci_high) == pytest.approx((0.010406, 0.174214), abs=5e-7)


def test_by_hand() -> None:
    # Cases 0.5 and 0.9 beat 1 and 2 of the controls 0.1 and 0.6: placements (1/2, 1), (1, 1/2).
    result = auc([0, 0, 1, 1], [[0.1, 0.6, 0.5, 0.9], [0.4, 0.2, 0.3, 0.8]])
    np.testing.assert_allclose(result.auc, [0.75, 0.75])
    np.testing.assert_allclose(result.covariance, [[0.125, 0], [0, 0.125]], atol=1e-16)
    test = paired_test(result)
    assert (test.difference, test.se, test.p) == (0, pytest.approx(0.5), 1)


@given(PATIENTS)
def test_areas_count_pairs(rows: list[tuple[bool, int, int]]) -> None:
    outcome, scores = columns(rows)
    cases, controls = scores[0, outcome == 1], scores[0, outcome == 0]
    gaps = cases[:, None] - controls[None]
    counted = np.mean((gaps > 0) + (gaps == 0) / 2)
    assert auc(outcome, scores).auc[0] == pytest.approx(counted, abs=1e-12)


@given(PATIENTS)
def test_only_the_order_of_scores_counts(rows: list[tuple[bool, int, int]]) -> None:
    outcome, scores = columns(rows)
    plain, bent = auc(outcome, scores), auc(outcome, np.exp(scores) * 3 + 1)
    np.testing.assert_array_equal(plain.auc, bent.auc)
    np.testing.assert_allclose(plain.covariance, bent.covariance, rtol=0, atol=1e-15)


@given(PATIENTS)
def test_a_reversed_score_has_the_other_side_of_the_area(
    rows: list[tuple[bool, int, int]],
) -> None:
    outcome, scores = columns(rows)
    plain, reverse = auc(outcome, scores), auc(outcome, 1 - scores)
    np.testing.assert_allclose(reverse.auc, 1 - plain.auc, atol=1e-12)
    np.testing.assert_allclose(reverse.variance, plain.variance, atol=1e-15)


@given(PATIENTS)
def test_a_score_does_not_differ_from_itself(rows: list[tuple[bool, int, int]]) -> None:
    outcome, scores = columns(rows)
    test = paired_test(auc(outcome, scores[[0, 0]]))
    if min(outcome.sum(), (1 - outcome).sum()) == 1:
        assert np.isnan(test.p)
    else:
        assert (test.difference, test.statistic, test.p) == (0, 0, 1)


@given(PATIENTS)
def test_limits_stay_between_0_and_1(rows: list[tuple[bool, int, int]]) -> None:
    limits = auc(*columns(rows)).interval()
    assert np.all(np.isnan(limits) | ((limits >= 0) & (limits <= 1)))


def test_perfect_scores_have_an_exact_limit() -> None:
    result = auc([0, 0, 0, 1, 1], [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]])
    np.testing.assert_array_equal(result.auc, [1, 0])
    np.testing.assert_array_equal(result.interval(), [[1, 1], [0, 0]])
    # Two pairs without a common patient, both in order: 0.025 ** (1/2).
    assert result.exact_limits() == pytest.approx((0.025**0.5, 1))
    test = paired_test(result)
    assert (test.statistic, test.p, test.ci_low) == (np.inf, 0, 1)
    unpaired = unpaired_test(result, result)
    assert np.isnan(unpaired.p)
    assert np.isnan(unpaired.statistic)


def test_one_case_has_no_variance() -> None:
    result = auc([0, 0, 1], [[1, 2, 3], [3, 2, 1]])
    assert np.isnan(result.covariance).all()
    assert np.isnan(paired_test(result).p)
    assert paired_test(result).difference == 1
    assert np.isnan(unpaired_test(result, result).p)


def test_equivalence_at_its_smallest_margin() -> None:
    difference, se = -0.02, 0.013
    least = smallest_margin(difference, se)
    assert least == pytest.approx(0.02 + 1.6448536 * 0.013)
    assert equivalence_test(difference, se, least).p_equivalence == pytest.approx(0.05)
    assert equivalence_test(difference, se, least * 1.001).equivalent
    assert not equivalence_test(difference, se, least * 0.999).equivalent


def test_non_inferiority_looks_at_one_side() -> None:
    better = equivalence_test(difference=0.2, se=0.01, margin=0.05)
    assert better.noninferior
    assert not better.equivalent
    worse = equivalence_test(difference=-0.2, se=0.01, margin=0.05)
    assert not worse.noninferior
    assert worse.p_noninferiority > 0.999


def test_without_variance_the_difference_alone_decides() -> None:
    assert equivalence_test(0.0, 0.0, 0.05).equivalent
    assert not equivalence_test(0.1, 0.0, 0.05).equivalent


def test_a_hundred_thousand_patients_in_a_moment() -> None:
    rng = np.random.default_rng(3)
    outcome = rng.integers(0, 2, 100_000)
    scores = rng.normal(size=(2, outcome.size)) + outcome
    start = time.perf_counter()
    test = paired_test(auc(outcome, scores))
    assert time.perf_counter() - start < 2
    assert 0 < test.p <= 1


@pytest.mark.parametrize(
    ("outcome", "scores", "what"),
    [
        ([1, 1, 1], [1, 2, 3], "only one class of the outcome"),
        ([0, 1, 2], [1, 2, 3], "outcome is not 0 or 1"),
        ([0, 1, np.nan], [1, 2, 3], "outcome is not 0 or 1"),
        ([], [], "no patients"),
        ([0, 1, 1], [1, 2], "score does not fit the outcome"),
        ([0, 1, 1], [1, np.inf, 2], "score is missing or infinite"),
        ([0, 1, 1], [1, np.nan, 2], "score is missing or infinite"),
        ([0, 1, 1], ["1", "high", "2"], "score is not a number"),
    ],
)
def test_bad_input(outcome: list, scores: list, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        auc(outcome, scores)


def test_one_swapped_pair_among_many_patients_is_no_difference() -> None:
    """pROC 1.18 gives Z = 0.707 and p = 0.479; variances of covariances are lost to rounding."""
    count = 100_000
    outcome = np.arange(count) % 2
    first = np.arange(count, dtype=float)
    second = first.copy()
    second[[50_000, 50_001]] = second[[50_001, 50_000]]
    test = paired_test(auc(outcome, [first, second]))
    assert abs(test.statistic) == pytest.approx(np.sqrt(0.5), rel=1e-4)
    assert test.p == pytest.approx(0.4795, abs=1e-3)
    assert test.ci_low < 0 < test.ci_high


def test_same_order_is_of_all_patients() -> None:
    assert same_order([1.0, 2.0, 2.0, 5.0], [0.1, 0.2, 0.2, 0.3])
    assert not same_order([1.0, 2.0, 3.0], [2.0, 1.0, 3.0])
    assert not same_order([1.0, 2.0, 3.0], [1.0, 1.0, 3.0])
