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
PINGOUIN = dict(zip(["ICC(1,1)", "ICC(A,1)", "ICC(C,1)"], FORMS, strict=False))


def test_shrout_and_fleiss() -> None:
    found = icc(np.array(PUBLISHED, dtype=float)[:, :, None]).set_index("form")["icc"]
    for form, value in (PUBLISHED_ICC | {"ICC3k": 0.91}).items():
        assert round(found[form], 2) == value


def test_agrees_with_pingouin() -> None:
    values = np.random.default_rng(3).normal(size=(20, 1)) + np.random.default_rng(4).normal(
        scale=0.5, size=(20, 3)
    )
    long = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(20), 3),
            "rater": np.tile(np.arange(3), 20),
            "value": values.ravel(),
        }
    )
    theirs = pingouin.intraclass_corr(long, "subject", "rater", "value").set_index("Type")
    ours = icc(values[:, :, None]).set_index("form")
    for name, form in PINGOUIN.items():
        assert ours.loc[form, "icc"] == pytest.approx(theirs.loc[name, "ICC"], abs=1e-8)


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
