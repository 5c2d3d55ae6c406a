"""NRI and IDI by hand, and their symmetries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.evaluation.reclassification import (
    category_nri,
    continuous_nri,
    integrated_discrimination,
)

PATIENTS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 10)), min_size=4, max_size=40
).filter(lambda rows: len({row[0] for row in rows}) == 2)


def test_by_hand() -> None:
    outcome = [1, 1, 1, 1, 0, 0, 0, 0]
    old = [0.2, 0.4, 0.6, 0.8, 0.2, 0.4, 0.6, 0.8]
    new = [0.3, 0.6, 0.6, 0.7, 0.1, 0.3, 0.4, 0.9]
    nri = continuous_nri(outcome, old, new)
    assert (nri.up_events, nri.down_events) == (0.5, 0.25)
    assert (nri.up_nonevents, nri.down_nonevents) == (0.25, 0.75)
    assert nri.total.estimate == pytest.approx(0.25 + 0.5)
    variance = (0.75 - 0.25**2) / 4 + (1 - 0.5**2) / 4
    assert nri.total.se == pytest.approx(np.sqrt(variance))
    assert nri.null_se == pytest.approx(np.sqrt(0.75 / 4 + 1 / 4))
    # Across 0.5 one event rises and one non-event falls.
    category = category_nri(outcome, old, new, [0.5])
    assert category.events.estimate == category.nonevents.estimate == 0.25
    idi = integrated_discrimination(outcome, old, new)
    assert idi.events == pytest.approx(0.05)
    assert idi.nonevents == pytest.approx(0.075)
    assert idi.total.estimate == pytest.approx(0.125)


def test_a_probability_on_the_cut_belongs_above() -> None:
    nri = category_nri([1, 0], [0.29, 0.3], [0.3, 0.3], [0.3])
    assert nri.up_events == 1
    assert nri.nonevents.estimate == 0


@given(PATIENTS)
def test_turning_the_models_round_turns_the_sign(rows: list[tuple[bool, int, int]]) -> None:
    outcome, old, new = (np.array(column) for column in zip(*rows, strict=True))
    for measure in (continuous_nri, integrated_discrimination):
        there, back = measure(outcome, old / 10, new / 10), measure(outcome, new / 10, old / 10)
        assert there.total.estimate == pytest.approx(-back.total.estimate, abs=1e-12)
        np.testing.assert_allclose(there.total.se, back.total.se, atol=1e-12)


def test_no_change() -> None:
    nri = continuous_nri([0, 1], [0.2, 0.4], [0.2, 0.4])
    assert (nri.total.estimate, nri.total.se) == (0, 0)
    assert np.isnan(nri.total.z)
    assert np.isnan(nri.total.p)


@pytest.mark.parametrize("cuts", [[], [0.0], [1.0], [0.5, 0.5], [0.6, 0.3], [np.nan]])
def test_cuts_out_of_order_or_range(cuts: list[float]) -> None:
    with pytest.raises(BadInput, match="cuts"):
        category_nri([0, 1], [0.2, 0.4], [0.2, 0.4], cuts)


def test_probabilities_outside_0_and_1() -> None:
    with pytest.raises(BadInput, match="new probability is outside 0 to 1"):
        continuous_nri([0, 1], [0.2, 0.4], [0.2, 1.4])
