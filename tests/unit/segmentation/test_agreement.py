"""Bland–Altman: the published example, hand-computed intervals, cases without spread."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from radproof.segmentation.agreement import (
    COLUMNS,
    agreement_of_volumes,
    bland_altman,
    proportional_bias,
)

from tests.unit.segmentation.score_rows import rows

# Peak expiratory flow (l/min), first measurements: Bland and Altman 1986, table 1.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
VOLUMES = st.integers(1, 20).flatmap(
    lambda n: st.tuples(*[arrays(float, n, elements=st.floats(0, 500))] * 2)
)


def test_the_published_example() -> None:
    found = bland_altman(np.array(MINI, float), np.array(WRIGHT, float))
    assert found["n"] == 17
    assert round(found["bias_ml"], 1) == -2.1
    assert round(found["sd_ml"], 1) == 38.8
    # The paper takes 2 SD: -79.7 and 75.5 of the rounded numbers; bias -22.0 to 17.8.
    assert found["bias_ml"] + 2 * found["sd_ml"] == pytest.approx(75.5, abs=0.1)
    assert found["bias_ml"] - 2 * found["sd_ml"] == pytest.approx(-79.7, abs=0.1)
    assert round(found["bias_ci_low"], 1) == -22.0
    assert round(found["bias_ci_high"], 1) == 17.8
    # Half widths in the paper: t(16) = 2.12 times sqrt(3 SD^2 / n), 34.6; the later form, 34.8.
    half = found["upper_limit_ci_high"] - found["upper_limit_ml"]
    assert half == pytest.approx(34.6, abs=0.3)


def test_three_patients_by_hand() -> None:
    # Differences 1, 2, 3: bias 2, SD 1; t(2) = 4.302653. Means 1.5, 4, 3.5: sum of squares 3.5,
    # of products 2, slope 4/7; residual sum of squares 2 - 8/7 = 6/7, r = 2 / sqrt(7).
    found = bland_altman(np.array([1.0, 3.0, 2.0]), np.array([2.0, 5.0, 5.0]))
    expected = {"n": 3, "bias_ml": 2, "sd_ml": 1, "lower_limit_ml": 0.04, "upper_limit_ml": 3.96}
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert found["bias_ci_low"] == pytest.approx(2 - 4.302653 / np.sqrt(3))
    half = 4.302653 * np.sqrt(1 / 3 + 3.8416 / 4)
    assert found["lower_limit_ci_low"] == pytest.approx(0.04 - half)
    assert found["lower_limit_ci_high"] == pytest.approx(0.04 + half)
    assert found["upper_limit_ci_high"] == pytest.approx(3.96 + half)
    assert found["slope"] == pytest.approx(4 / 7)
    assert found["slope_ci_high"] == pytest.approx(4 / 7 + 12.7062 * np.sqrt(6 / 7 / 3.5), rel=1e-5)
    # With one degree of freedom p = 1 - 2 atan(t) / pi, t = slope over its error.
    t = 4 / 7 / np.sqrt(6 / 7 / 3.5)
    assert found["slope_p"] == pytest.approx(1 - 2 * np.arctan(t) / np.pi)


def test_one_patient_has_a_bias_and_nothing_else() -> None:
    found = bland_altman(np.array([4.0]), np.array([5.5]))
    assert (found.pop("n"), found.pop("bias_ml")) == (1, 1.5)
    assert np.isnan(list(found.values())).all()


def test_two_patients_have_no_slope() -> None:
    found = bland_altman(np.array([4.0, 8.0]), np.array([5.0, 7.0]))
    assert found["bias_ml"] == 0
    assert np.isfinite(found["upper_limit_ci_high"])
    assert np.isnan(found["slope"])


@pytest.mark.parametrize("excess", [0.0, 0.1])
def test_alike_differences_leave_nothing_to_test_a_slope_against(excess: float) -> None:
    reference = np.array([4.1, 5.3, 7.7])
    found = bland_altman(reference, reference + excess)
    assert found["sd_ml"] == pytest.approx(0, abs=1e-12)
    assert found["upper_limit_ml"] == pytest.approx(excess, abs=1e-12)
    assert np.isnan([found["slope"], found["slope_p"]]).all()


def test_means_that_are_alike_have_no_slope() -> None:
    assert np.isnan(list(proportional_bias(np.array([1.0, 2, 4]), np.full(3, 5.0)).values())).all()


def test_an_error_that_grows_with_the_tumour_is_found() -> None:
    reference = np.arange(1.0, 30)
    found = bland_altman(reference, 1.2 * reference + 0.1 * (-1) ** np.arange(29))
    assert found["slope"] == pytest.approx(0.2 / 1.1, rel=0.01)
    assert found["slope_p"] < 1e-6


@settings(max_examples=100, deadline=None)
@given(VOLUMES)
def test_turning_the_pair_round_turns_the_signs_round(pair) -> None:
    there, back = bland_altman(*pair), bland_altman(*pair[::-1])
    near = {"rel": 1e-6, "abs": 1e-9, "nan_ok": True}
    assert there["bias_ml"] == pytest.approx(-back["bias_ml"], **near)
    assert there["upper_limit_ci_high"] == pytest.approx(-back["lower_limit_ci_low"], **near)
    assert there["slope_p"] == pytest.approx(back["slope_p"], **near)
    if pair[0].size > 1:
        inside = ("lower_limit_ci_low", "lower_limit_ml", "bias_ml", "upper_limit_ml")
        ordered = [there[name] for name in (*inside, "upper_limit_ci_high")]
        assert ordered == sorted(ordered)


def test_a_row_for_each_set_and_pair_in_the_order_of_the_scores() -> None:
    own = rows([0.9, 0.8], [4.0, 8.0], [5.0, 0.0])
    scores = pd.concat([own, own.assign(candidate="rater2"), own.assign(set="train")])
    table = agreement_of_volumes(scores)
    assert list(table.columns) == COLUMNS
    assert table["candidate"].tolist() == ["unet", "rater2", "unet"]
    # The empty mask counts as 0 ml.
    assert table["bias_ml"].tolist() == [-3.5] * 3
    assert table["n"].tolist() == [2] * 3
