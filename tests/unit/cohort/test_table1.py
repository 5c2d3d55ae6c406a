"""Table 1 takes the test that the values allow, agrees with its peers, and says where none is."""

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.cohort.group_tests import (
    CHI_SQUARED,
    FISHER,
    MANN_WHITNEY,
    NO_TEST,
    SIMULATED,
    WELCH,
    compare_categories,
    compare_numbers,
)
from radproof.cohort.table1 import table_1
from scipy import stats

RNG = np.random.default_rng(1)
CLINICAL = [
    {"name": "age", "kind": "number", "unit": "years"},
    {"name": "volume", "kind": "number"},
    {"name": "stage", "kind": "category", "levels": ["1", "2", "3"]},
]


def patients(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"set": np.where(np.arange(n) % 3 == 0, "test", "train")})
    table["outcome"] = np.arange(n) // 2 % 2
    table["age"] = rng.normal(50, 9, n)
    table["volume"] = rng.lognormal(1, 1.2, n)
    # As a column of numbers comes out of a table with a gap.
    table["stage"] = rng.choice([1.0, 2.0, np.nan], n)
    table.loc[4, "age"] = np.nan
    return table


def test_normal_numbers_are_compared_by_means_others_by_ranks() -> None:
    a, b = RNG.normal(50, 9, 40), RNG.normal(55, 15, 30)
    found = compare_numbers(a, b)
    theirs = pingouin.ttest(a, b, correction=True)
    assert found.test == WELCH
    assert found.normal
    assert found.p == pytest.approx(float(theirs.iloc[0].filter(regex="p.val").iloc[0]), rel=1e-9)
    skewed = RNG.lognormal(0, 1.5, 30)
    found = compare_numbers(a, skewed)
    theirs = pingouin.mwu(a, skewed)
    assert (found.test, found.normal) == (MANN_WHITNEY, False)
    assert found.p == pytest.approx(float(theirs.iloc[0].filter(regex="p.val").iloc[0]), rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [([], [1.0, 2.0], "no known value"), ([3.0] * 5, [3.0] * 9, "one value in all")],
)
def test_numbers_that_cannot_be_compared_say_why(first, second, note) -> None:
    found = compare_numbers(np.array(first), np.array(second))
    assert found.test == NO_TEST
    assert np.isnan(found.p)
    assert note in found.note


def test_groups_of_one_or_two_are_never_taken_for_normal() -> None:
    found = compare_numbers(np.array([1.0, 2.0]), RNG.normal(size=40))
    assert found.test == MANN_WHITNEY
    assert 0 < found.p <= 1


def test_fisher_agrees_with_r() -> None:
    # Fisher's tea drinker, the example of ?fisher.test, two-sided.
    assert compare_categories([3, 1], [1, 3]).p == pytest.approx(0.4857142857, rel=1e-9)


pairs = st.integers(2, 4).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 9), min_size=k, max_size=k)] * 2)
)


@settings(max_examples=200, deadline=None)
@given(pairs)
def test_no_table_gets_the_wrong_test(pair: tuple[list[int], list[int]]) -> None:
    first, second = map(np.array, pair)
    found = compare_categories(first, second)
    seen = (first + second) > 0
    table = np.array([first[seen], second[seen]])
    if table.size == 0 or table.sum(axis=1).min() == 0 or table.shape[1] == 1:
        assert found.test == NO_TEST
        assert found.note
        return
    small = stats.contingency.expected_freq(table).min() < 5
    assert found.test == (FISHER if small else CHI_SQUARED)
    assert 0 < found.p <= 1
    if small and table.shape == (2, 2):
        assert found.p == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-6)
    if not small:
        theirs = stats.chi2_contingency(table, correction=False).pvalue
        assert found.p == pytest.approx(theirs, rel=1e-12)


def test_fisher_of_many_levels_is_the_sum_over_all_tables() -> None:
    table = np.array([[4, 1, 0], [5, 2, 6]])
    same = stats.random_table(table.sum(axis=1), table.sum(axis=0))
    observed, total = same.pmf(table), 0.0
    for a in range(10):
        for b in range(4):
            row = np.array([a, b, 5 - a - b])
            other = table.sum(axis=0) - row
            if row.min() >= 0 and other.min() >= 0:
                p = same.pmf(np.array([row, other]))
                total += p if p <= observed * (1 + 1e-7) else 0
    assert compare_categories(*table).p == pytest.approx(total, rel=1e-9)


def test_a_table_with_too_many_others_is_drawn_and_says_so() -> None:
    first, second = [30, 30, 30, 30, 1, 30], [30, 30, 30, 30, 2, 30]
    found = compare_categories(first, second)
    assert found.test == SIMULATED
    assert "drawn" in found.note
    assert found == compare_categories(first, second)
    assert found.p > 0.5


def test_each_set_is_compared_by_outcome_and_with_training() -> None:
    table = table_1(patients(), CLINICAL)
    groups = table[["comparison", "set"]].drop_duplicates().to_numpy().tolist()
    assert sorted(groups) == [["outcome", "test"], ["outcome", "train"], ["sets", "test"]]
    train = table[(table["comparison"] == "outcome") & (table["set"] == "train")]
    age = train[train["variable"] == "age"].iloc[0]
    assert age["summary"] == "mean (SD)"
    assert age["missing_first"] + age["missing_second"] == 1
    own = patients().query("set == 'train' and outcome == 1")["age"]
    assert age["value_second"] == f"{own.mean():.2f} ({own.std():.2f})"
    volume = train[train["variable"] == "volume"].iloc[0]
    assert (volume["summary"], volume["test"]) == ("median (quartiles)", MANN_WHITNEY)
    stage = train[train["variable"] == "stage"]
    assert stage["level"].tolist() == ["1", "2", "3"]
    assert stage["p"].nunique() == 1
    assert stage["value_first"].iloc[2] == "0 (0.0 %)"
    outcome = table[(table["comparison"] == "sets") & (table["variable"] == "outcome")]
    assert outcome["level"].tolist() == ["0", "1"]


def test_every_missing_p_has_its_reason() -> None:
    few = patients(9).assign(stage=np.nan, volume=1.0)
    table = table_1(few, CLINICAL)
    assert table["p"].isna().any()
    assert table.loc[table["p"].isna(), "note"].notna().all()
    assert table.loc[table["p"].notna(), "test"].ne(NO_TEST).all()
