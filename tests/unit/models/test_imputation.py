"""Values drawn for fitting and expected for predicting: valid, known ones kept, the same again."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.models.coding import encode, learn_coding
from radproof.models.imputation import _centre_and_scale, expect, impute, learn_expectation

STAGES = ["1", "2", "3"]


def correlated(n: int = 200, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Age, depth that follows it, and a stage that follows depth; nothing missing yet."""
    rng = np.random.default_rng(seed)
    age = 60 + 10 * rng.normal(size=n)
    depth = 5 + 0.2 * (age - 60) + rng.normal(size=n)
    stage = np.array(STAGES)[np.digitize(depth + rng.normal(size=n), [4, 6])]
    outcome = (rng.random(n) < 1 / (1 + np.exp(5 - depth))).astype(float)
    names = pd.Index([f"P{number:03d}" for number in range(n)], name="patient")
    table = pd.DataFrame({"age": age, "depth": depth}, index=names)
    return table.assign(stage=pd.Categorical(stage, categories=STAGES)), outcome


def with_gaps(table: pd.DataFrame, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    gaps = table.copy()
    gaps.loc[rng.random(len(table)) < 0.3, "depth"] = np.nan
    gaps.loc[rng.random(len(table)) < 0.3, "stage"] = None
    return gaps


def coded(table: pd.DataFrame) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    variables, _ = learn_coding(table, "multiple")
    return variables, encode(variables, table)


@pytest.fixture(scope="module")
def gaps() -> pd.DataFrame:
    return with_gaps(correlated()[0])


def test_missing_values_stay_missing_in_all_columns_of_the_variable(gaps: pd.DataFrame) -> None:
    _, columns = coded(gaps)
    for name, variable in (("depth", "depth"), ("stage=2", "stage"), ("stage=3", "stage")):
        assert columns[name].isna().equals(gaps[variable].isna())


def test_known_values_are_kept_and_levels_are_valid(gaps: pd.DataFrame) -> None:
    variables, columns = coded(gaps)
    outcome = correlated()[1]
    copies = impute(columns, variables, outcome, 4, seed=1)
    assert len(copies) == 4
    for copy in copies:
        assert copy.notna().all(axis=None)
        assert copy.where(columns.notna()).equals(columns)
        assert set(np.unique(copy[["stage=2", "stage=3"]])) == {0.0, 1.0}
        assert copy[["stage=2", "stage=3"]].sum(axis=1).max() == 1
    first, second = copies[:2]
    absent = gaps["depth"].isna()
    assert (first.loc[absent, "depth"] != second.loc[absent, "depth"]).all()


def test_the_seed_alone_decides(gaps: pd.DataFrame) -> None:
    variables, columns = coded(gaps)
    outcome = correlated()[1]
    first, again = (impute(columns, variables, outcome, 3, seed=7) for _ in range(2))
    assert all(one.equals(other) for one, other in zip(first, again, strict=True))
    assert not first[0].equals(impute(columns, variables, outcome, 3, seed=8)[0])
    # More copies only add to those there are.
    assert first[1].equals(impute(columns, variables, outcome, 2, seed=7)[1])


def test_nothing_missing_leaves_one_table_as_it_is() -> None:
    table, outcome = correlated()
    variables, columns = coded(table)
    assert impute(columns, variables, outcome, 20, seed=1) == [columns]


def test_units_do_not_matter(gaps: pd.DataFrame) -> None:
    outcome = correlated()[1]
    metres = gaps.assign(depth=gaps["depth"] / 1000)
    (one,) = impute(coded(gaps)[1], coded(gaps)[0], outcome, 1, seed=2)
    (other,) = impute(coded(metres)[1], coded(metres)[0], outcome, 1, seed=2)
    np.testing.assert_allclose(other["depth"] * 1000, one["depth"], rtol=1e-6)


def test_drawn_values_keep_spread_and_association() -> None:
    table, outcome = correlated(n=2000)
    variables, columns = coded(with_gaps(table))
    (copy,) = impute(columns, variables, outcome, 1, seed=1)
    assert copy["depth"].std() == pytest.approx(table["depth"].std(), rel=0.05)
    wanted = np.corrcoef(table["age"], table["depth"])[0, 1]
    assert np.corrcoef(copy["age"], copy["depth"])[0, 1] == pytest.approx(wanted, abs=0.03)
    for level in ("2", "3"):
        wanted = (table["stage"] == level).mean()
        assert copy[f"stage={level}"].mean() == pytest.approx(wanted, abs=0.04)


def test_expected_values_are_those_of_a_regression() -> None:
    """With nothing missing in fitting, a number is what least squares on the others predicts."""
    table, _ = correlated()
    variables, columns = coded(table)
    others = np.column_stack([np.ones(len(table)), columns.drop(columns="depth")])
    weights = np.linalg.lstsq(others, columns["depth"], rcond=None)[0]
    wanted = np.clip(others @ weights, columns["depth"].min(), columns["depth"].max())
    filled = expect(columns.assign(depth=np.nan), variables, learn_expectation([columns]))
    np.testing.assert_allclose(filled["depth"], wanted, rtol=1e-9)


def test_a_patient_of_whom_nothing_is_known_is_average() -> None:
    table, _ = correlated()
    variables, columns = coded(table)
    nobody = columns.iloc[:1] * np.nan
    filled = expect(nobody, variables, learn_expectation([columns]))
    assert filled["age"].iloc[0] == pytest.approx(columns["age"].mean())
    for level in ("2", "3"):
        share = (table["stage"] == level).mean()
        assert filled[f"stage={level}"].iloc[0] == pytest.approx(share)


def test_expected_levels_follow_the_known_values_and_company_does_not_matter(
    gaps: pd.DataFrame,
) -> None:
    variables, columns = coded(gaps)
    learned = learn_expectation(impute(columns, variables, correlated()[1], 5, seed=1))
    new = columns.iloc[:3].copy()
    new[["stage=2", "stage=3"]] = np.nan
    new["depth"] = [1.0, 5.0, 9.0]
    new["age"] = 60.0
    filled = expect(new, variables, learned)
    shares = filled[["stage=2", "stage=3"]]
    assert shares.min(axis=None) >= 0
    assert shares.sum(axis=1).max() <= 1 + 1e-12
    assert shares["stage=3"].is_monotonic_increasing
    assert shares.iloc[0].sum() < 0.5 < shares["stage=3"].iloc[2]
    alone = pd.concat([expect(new.iloc[[place]], variables, learned) for place in range(3)])
    assert alone.equals(filled)


def test_expected_numbers_stay_within_the_range_seen() -> None:
    table, _ = correlated()
    variables, columns = coded(table)
    old = columns.iloc[:1].assign(age=500.0, depth=np.nan)
    filled = expect(old, variables, learn_expectation([columns]))
    assert filled["depth"].iloc[0] == columns["depth"].max()
    assert filled["age"].iloc[0] == 500.0


def test_constant_and_repeated_columns_do_no_harm(gaps: pd.DataFrame) -> None:
    more = gaps.assign(same=gaps["age"], constant=1.0, once=np.nan)
    more.iloc[0, more.columns.get_loc("once")] = 2.0
    variables, columns = coded(more)
    copies = impute(columns, variables, correlated()[1], 2, seed=1)
    assert all(np.isfinite(copy).all(axis=None) for copy in copies)
    filled = expect(columns, variables, learn_expectation(copies))
    assert np.isfinite(filled).all(axis=None)
    assert (filled["once"] == 2.0).all()


def test_a_constant_of_training_moves_nobody() -> None:
    values = np.column_stack([np.full(30, 0.1), np.arange(30.0)])
    _, scale = _centre_and_scale(values)
    assert scale[0] == 1
