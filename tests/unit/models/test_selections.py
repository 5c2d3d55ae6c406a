"""Steps of selection: what each keeps, in which order, why, and what poor input comes to."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.kinds import available_kinds, load_kind
from radproof.models.forest import grow_forest, permutation_importance
from radproof.models.selecting import (
    Path,
    Selected,
    select_by_name,
    select_by_value,
    stability_of,
)
from radproof.models.selections.univariate import p_values
from scipy import stats
from sklearn.metrics import mutual_info_score

STEPS: dict[str, dict[str, Any]] = {
    "stability": {},
    "variance": {"same": 0.9},
    "correlation": {"threshold": 0.9, "prefer": "outcome"},
    "univariate": {"test": "auto", "level": 0.05, "adjust": "none"},
    "mrmr": {"count": 3, "measure": "correlation", "scheme": "quotient"},
    "forest_importance": {"count": 3, "trees": 30, "leaf": 1},
}
READERS = [name for name in STEPS if name != "stability"]


def make_table(n: int = 60, seed: int = 2) -> tuple[pd.DataFrame, pd.Series]:
    """Six features: two say something of the outcome, one repeats the first, three are noise."""
    rng = np.random.default_rng(seed)
    patients = pd.Index([f"P{number:03d}" for number in range(n)], name="patient")
    outcome = pd.Series(np.arange(n) % 2, index=patients)
    values = rng.normal(size=(n, 5))
    values[:, 0] += 2.0 * outcome
    values[:, 1] -= 1.5 * outcome
    table = pd.DataFrame(values, patients, [f"T1w__original_glcm_F{k}" for k in range(5)])
    return table.assign(twin=-3 * table.iloc[:, 0] + 0.01 * values[:, 2] + 7), outcome


def select(kind: str, table: pd.DataFrame, outcome: pd.Series, **changes: Any) -> Selected:
    stability = changes.pop("stability", None)
    seed = changes.pop("seed", 1)
    step = {"kind": kind, **STEPS[kind], **changes}
    return load_kind("selection", kind).select(table, outcome, step, stability, seed)


def verdicts(table: pd.DataFrame, icc: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"icc": icc, "kept": np.array(icc) >= 0.75}, index=table.columns)


def test_every_kind_is_tried_here() -> None:
    assert available_kinds("selection") == sorted(STEPS)


@pytest.mark.parametrize("kind", STEPS)
def test_each_feature_is_kept_or_has_a_reason(kind: str) -> None:
    table, outcome = make_table()
    stability = verdicts(table, [0.9, 0.8, 0.95, 0.3, 0.8, 0.99])
    first = select(kind, table, outcome, stability=stability)
    assert sorted([*first.columns, *first.reasons]) == sorted(table.columns)
    assert not set(first.columns) & set(first.reasons)
    assert set(first.values) == set(table.columns)
    again = select(kind, table, outcome, stability=stability)
    assert (again.columns, again.reasons, again.values) == (
        first.columns,
        first.reasons,
        first.values,
    )


def test_stability_keeps_the_most_stable_first_and_says_what_was_not_assessed() -> None:
    table, outcome = make_table()
    stability = verdicts(table, [0.8, 0.9, 0.9, 0.3, 0.8, 0.99]).drop(index="twin")
    found = select("stability", table, outcome, stability=stability)
    assert [name[-1] for name in found.columns] == ["1", "2", "0", "4"]
    assert found.reasons == {
        "T1w__original_glcm_F3": "not stable",
        "twin": "stability not assessed",
    }
    with pytest.raises(BadInput, match="stability was not assessed on the patients fitted on"):
        select("stability", table, outcome)


def test_stability_is_that_of_the_folds_left_out() -> None:
    rows = {"feature": ["a", "a"], "left_out": ["none", "1"], "icc": [0.9, 0.1]}
    table = pd.DataFrame(rows).assign(kept=[True, False])
    found = stability_of(table, "1")
    assert found is not None and not found.loc["a", "kept"]
    assert stability_of(table, "2") is None


def test_variance_drops_constants_and_near_constants() -> None:
    table, outcome = make_table(20)
    table["nearly"] = [*[0.0] * 18, 1.0, 2.0]
    table["tenths"] = [0.1 + 0.2, 0.3] * 10
    found = select("variance", table, outcome)
    assert found.reasons == {"nearly": "nearly constant", "tenths": "constant"}
    assert found.values["nearly"] == 0.9
    assert select("variance", table, outcome, same=1.0).reasons == {"tenths": "constant"}


def test_correlation_keeps_the_more_stable_or_the_more_associated() -> None:
    table, outcome = make_table()
    first = table.columns[0]
    stable = verdicts(table, [0.8, 0.8, 0.8, 0.8, 0.8, 0.9])
    by_icc = select("correlation", table, outcome, prefer="stability", stability=stable)
    assert "twin" in by_icc.columns and first not in by_icc.columns
    assert abs(by_icc.values[first]) > 0.99
    # Said the other way round the association is the same: the first of the table stays.
    noisy = table.assign(twin=-table[first])
    assert first in select("correlation", noisy, outcome).columns
    noisy = noisy[[*noisy.columns[::-1]]]
    assert first not in select("correlation", noisy, outcome).columns
    noisy["twin"] += 0.4 * np.random.default_rng(1).normal(size=len(noisy))
    assert first in select("correlation", noisy, outcome).columns
    assert select("correlation", table, outcome, threshold=1.0).reasons == {}
    with pytest.raises(BadInput, match="stability was not assessed"):
        select("correlation", table, outcome, prefer="stability")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.95))
def test_no_two_features_kept_are_correlated_beyond_the_threshold(
    seed: int, threshold: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(25, 3)) @ rng.normal(size=(3, 9)) + 0.3 * rng.normal(size=(25, 9))
    table = pd.DataFrame(values, columns=list("abcdefghi"))
    outcome = pd.Series(np.arange(25) % 2)
    found = select("correlation", table, outcome, threshold=threshold)
    correlation = np.abs(np.corrcoef(table[found.columns].to_numpy().T))
    correlation = np.atleast_2d(correlation)
    assert (correlation - np.eye(len(correlation)) <= threshold + 1e-9).all()
    kept = np.abs(table.corr().loc[list(found.reasons), found.columns])
    assert (kept.max(axis=1) > threshold - 1e-9).all()


@pytest.mark.parametrize("sizes", [(20, 25), (5, 9)])
def test_p_values_are_those_of_one_test_a_feature(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    cases, controls = rng.normal(0.7, 1, (sizes[0], 4)), rng.normal(0, 2, (sizes[1], 4))
    cases[:, 1], controls[:, 2] = np.exp(3 * cases[:, 1]), np.round(controls[:, 2])
    cases[:, 2] = np.round(cases[:, 2])
    for test in ("auto", "mann_whitney", "t"):
        found = p_values(cases, controls, test)
        for place, (one, other) in enumerate(zip(cases.T, controls.T, strict=True)):
            normal = min(stats.shapiro(one).pvalue, stats.shapiro(other).pvalue) >= 0.05
            if test == "t" or (test == "auto" and normal):
                wanted = stats.ttest_ind(one, other, equal_var=False).pvalue
            else:
                wanted = stats.mannwhitneyu(one, other).pvalue
            assert found[place] == pytest.approx(wanted, rel=1e-12)


def test_p_values_are_adjusted_for_all_features_tested() -> None:
    table, outcome = make_table()
    plain = select("univariate", table, outcome)
    adjusted = select("univariate", table, outcome, adjust="benjamini_hochberg")
    p = [plain.values[name] for name in table.columns]
    wanted = stats.false_discovery_control(p)
    assert [adjusted.values[name] for name in table.columns] == pytest.approx(wanted)
    assert set(adjusted.columns) <= set(plain.columns)
    assert adjusted.columns == [name for name in table.columns if name not in adjusted.reasons]


def test_mrmr_is_what_its_definition_says() -> None:
    """One feature after another, by F over the mean absolute correlation, in plain loops."""
    table, outcome = make_table()
    f = {name: stats.f_oneway(*(one for _, one in table[name].groupby(outcome))) for name in table}
    taken: list[str] = [max(table.columns, key=lambda name: f[name].statistic)]
    while len(taken) < 4:
        rest = [name for name in table.columns if name not in taken]
        scores = {
            name: f[name].statistic
            / max(np.mean([abs(table[name].corr(table[one])) for one in taken]), 1e-3)
            for name in rest
        }
        taken.append(max(rest, key=lambda name: scores[name]))
    found = select("mrmr", table, outcome, count=4)
    assert found.columns == taken
    for name in table.columns:
        assert found.values[name] == pytest.approx(f[name].statistic, rel=1e-9)


def test_mutual_information_is_that_of_three_states() -> None:
    table, outcome = make_table()
    z = (table - table.mean()) / table.std(ddof=0)
    states = (z > 0.5).astype(int) - (z < -0.5).astype(int)
    found = select("mrmr", table, outcome, measure="mutual_information", scheme="difference")
    for name in table.columns:
        wanted = mutual_info_score(outcome, states[name])
        assert found.values[name] == pytest.approx(wanted, abs=1e-12)
    assert not {table.columns[0], "twin"} <= set(found.columns)


def test_a_forest_misses_what_says_something() -> None:
    table, outcome = make_table(100)
    found = select("forest_importance", table.drop(columns="twin"), outcome, count=2, trees=80)
    assert found.columns == list(table.columns[:2])
    other = select("forest_importance", table.drop(columns="twin"), outcome, trees=80, seed=2)
    assert other.values != found.values


POOR: dict[str, tuple[pd.DataFrame, pd.Series]] = {}
_table, _outcome = make_table()
POOR["constant"] = _table.assign(constant=0.1), _outcome
POOR["all constant"] = _table * 0 + 3.0, _outcome
POOR["duplicate"] = _table.assign(same=_table.iloc[:, 0]), _outcome
POOR["separation"] = _table.assign(perfect=_outcome * 1.0), _outcome
POOR["all missing"] = _table.assign(empty=np.nan), _outcome
POOR["nothing known"] = _table * np.nan, _outcome
POOR["three patients"] = _table.iloc[:3], _outcome.iloc[:3]
POOR["no feature"] = _table.iloc[:, :0], _outcome
POOR["equal values in a class"] = _table.assign(half=_table.iloc[:, 2] * _outcome), _outcome


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("poor", POOR)
@pytest.mark.parametrize("kind", READERS)
def test_poor_features_end_in_a_defined_selection(kind: str, poor: str) -> None:
    table, outcome = POOR[poor]
    step = {"kind": kind, **STEPS[kind]}
    path = Path(list(table.columns))
    found = select_by_value(table, outcome, [step], None, 1, path)
    assert set(found.columns) <= set(table.columns)
    rows = path.table()
    dropped = set(rows.loc[~rows["kept"], "feature"])
    assert dropped == set(table.columns) - set(found.columns)
    assert rows.loc[~rows["kept"], "reason"].notna().all()
    constants = [name for name in table if table[name].nunique() < 2]
    if kind in ("univariate", "forest_importance", "variance"):
        assert not set(constants) & set(found.columns)


@pytest.mark.parametrize("kind", READERS)
def test_what_cannot_be_judged_is_refused(kind: str) -> None:
    table, outcome = make_table()
    steps = [{"kind": kind, **STEPS[kind]}]

    def refused(table: pd.DataFrame, outcome: pd.Series, said: str) -> None:
        with pytest.raises(BadInput, match=said):
            select_by_value(table, outcome, steps, None, 1, Path(list(table.columns)))

    refused(table, outcome * 0, "only one class")
    refused(table.replace(table.iloc[0, 0], np.inf), outcome, "infinite")
    refused(table.assign(text="x"), outcome, "holds text")


def test_missing_values_take_medians_for_the_steps_and_stay_missing_after() -> None:
    table, outcome = make_table()
    table.iloc[4, 0] = np.nan
    steps = [{"kind": "variance", "same": 1.0}]
    found = select_by_value(table, outcome, steps, None, 1, Path(list(table.columns)))
    assert found.equals(table)


def test_steps_that_read_no_values_come_first_where_they_head_the_list() -> None:
    table, _ = make_table()
    stability = verdicts(table, [0.9] * 5 + [0.1])
    steps = [{"kind": "stability"}, {"kind": "variance", "same": 1.0}, {"kind": "stability"}]
    path = Path(list(table.columns))
    names, others = select_by_name(list(table.columns), steps, stability, path)
    assert others == steps[1:]
    assert names == list(table.columns[:5])
    assert [one["step"] for one in path.steps] == ["candidates", "stability"]
    assert select_by_name(names, steps[1:], stability, Path(names)) == (names, steps[1:])


def test_copies_of_a_patient_do_not_judge_trees_that_grew_on_them() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(40, 60)))
    outcome = pd.Series(rng.integers(0, 2, 40))
    places = np.repeat(np.arange(20), 2)
    copies, cases = table.iloc[places].reset_index(drop=True), outcome.iloc[places]
    settings = {"trees": 200, "leaf": 1, "class_weight": "none"}
    forest = grow_forest(copies.to_numpy(), cases.to_numpy(), settings, 1)

    def importance(names: list[str]) -> float:
        own = cases.set_axis(names)
        return float(permutation_importance(forest, copies.to_numpy(), own, 1).sum())

    apart = importance([f"p{number}" for number in range(40)])
    together = importance([f"p{place}#{number % 2 + 1}" for number, place in enumerate(places)])
    # Copies that pass for other patients make noise look as if it told the outcome.
    assert apart > 0.05
    assert together < apart / 2
