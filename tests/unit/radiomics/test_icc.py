"""Intraclass correlation: published values, another library, and what must always hold."""

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.radiomics.icc import FORMS, icc

# Shrout and Fleiss 1979, table 2: six targets, four judges.
PUBLISHED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
PUBLISHED_ICC = {"ICC1": 0.17, "ICC2": 0.29, "ICC3": 0.71, "ICC1k": 0.44, "ICC2k": 0.62}
PINGOUIN = dict(
    zip(
        ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"], FORMS, strict=True
    )
)


def test_shrout_and_fleiss() -> None:
    found = icc(np.array(PUBLISHED, dtype=float)[:, :, None]).set_index("form")["icc"]
    for form, value in (PUBLISHED_ICC | {"ICC3k": 0.91}).items():
        assert round(found[form], 2) == value


@pytest.mark.parametrize("raters", [2, 3])
@pytest.mark.parametrize("noise", [0.1, 0.5, 5.0])
def test_agrees_with_pingouin(raters: int, noise: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pingouin.options, "round.column.CI95", None)
    rng = np.random.default_rng(3)
    values = rng.normal(size=(20, 1)) + rng.normal(scale=noise, size=(20, raters))
    long = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(20), raters),
            "rater": np.tile(np.arange(raters), 20),
            "value": values.ravel(),
        }
    )
    theirs = pingouin.intraclass_corr(long, "subject", "rater", "value").set_index("Type")
    ours = icc(values[:, :, None]).set_index("form")
    for name, form in PINGOUIN.items():
        row = theirs.loc[name]
        expected = [row["ICC"], row["F"], row["df1"], row["df2"], row["pval"], *row["CI95"]]
        found = ours.loc[form, ["icc", "f", "df1", "df2", "p", "ci_low", "ci_high"]]
        assert found.tolist() == pytest.approx(expected, rel=1e-8, abs=1e-10)


def test_agreement_worse_than_chance_stays_negative() -> None:
    values = np.array([[1.0, 3.0], [2.0, 2.1], [3.0, 1.0]])[:, :, None]
    found = icc(values).set_index("form")["icc"]
    # The mean of two such raters has no correlation: psych, too, gives a number above 1.
    assert found.pop("ICC2k") > 1
    assert (found < 0).all()


def test_many_features_are_each_as_if_alone() -> None:
    values = np.random.default_rng(0).normal(size=(12, 2, 30))
    together = icc(values).set_index(["form", "feature"])
    for feature in (0, 17, 29):
        alone = icc(values[:, :, [feature]]).set_index("form")
        for form in FORMS:
            assert together.loc[(form, feature), "icc"] == pytest.approx(alone.loc[form, "icc"])


@given(
    offset=st.floats(-1e3, 1e3),
    factor=st.floats(1e-2, 1e2),
    seed=st.integers(0, 1000),
)
def test_offset_and_factor_change_nothing(offset: float, factor: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(8, 3, 1))
    plain, changed = icc(values), icc(values * factor + offset)
    assert np.allclose(plain["icc"], changed["icc"], atol=1e-6)


@pytest.mark.parametrize(("subjects", "raters"), [(1, 2), (5, 1)])
def test_too_few_are_refused(subjects: int, raters: int) -> None:
    with pytest.raises(ValueError, match="at least two"):
        icc(np.zeros((subjects, raters, 1)))


def test_missing_values_are_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        icc(np.full((4, 2, 1), np.nan))


@pytest.mark.filterwarnings("error")
def test_limits_do_not_overflow_where_hardly_a_degree_of_freedom_is_left() -> None:
    # With 0.03 degrees of freedom the quantile of F is 9e123; mean squares here are about 1e190.
    values = np.array([[3.0, 0.0], [1.0, 1.0], [3.0, 0.0], [2.0, 1.0]])[:, :, None]
    plain, large = icc(values), icc(values * 1e95)
    pd.testing.assert_frame_equal(plain.drop(columns="feature"), large.drop(columns="feature"))
    assert np.isfinite(plain[["ci_low", "ci_high"]].to_numpy()).all()


def test_raters_that_differ_by_a_constant_leave_no_residual_variance() -> None:
    values = np.arange(5.0)[:, None] + np.array([0.0, 3.0])
    table = icc(values[:, :, None])
    assert set(table["reason"]) == {"no residual variance"}
    assert table.loc[table["form"] == "ICC2", "icc"].item() < 1
