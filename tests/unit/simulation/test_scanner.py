import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.simulation.fields import draw_field
from radproof.simulation.scanner import (
    TISSUES_AT_TESLA,
    coil_bias,
    rician,
    shortened_ms,
    spin_echo_signal,
)

TESLA = st.sampled_from([1.5, 3.0])
TISSUE = st.sampled_from(sorted(set(TISSUES_AT_TESLA[3.0]) - {"air"}))
ECHO_MS = st.floats(2, 200)
REPETITION_MS = st.floats(200, 8000)
DOSE = st.floats(0, 2)


@given(TESLA, TISSUE, REPETITION_MS, ECHO_MS, DOSE)
def test_signal_falls_with_echo_time_and_rises_with_repetition_time(
    tesla: float, name: str, repetition_ms: float, echo_ms: float, dose: float
) -> None:
    tissue = TISSUES_AT_TESLA[tesla][name]
    signal = spin_echo_signal(tissue, repetition_ms, echo_ms, dose, tesla)
    assert 0 < signal < tissue.proton_density
    assert spin_echo_signal(tissue, repetition_ms, echo_ms * 1.2, dose, tesla) < signal
    assert spin_echo_signal(tissue, repetition_ms * 1.2, echo_ms, dose, tesla) >= signal


@given(st.floats(100, 5000), st.floats(1, 10), st.floats(0.01, 5))
def test_gadolinium_shortens_relaxation(
    time_ms: float, relaxivity: float, concentration: float
) -> None:
    shortened = shortened_ms(time_ms, relaxivity, concentration)
    assert shortened < time_ms
    assert 1 / shortened - 1 / time_ms == pytest.approx(relaxivity * concentration / 1000)
    assert shortened_ms(time_ms, relaxivity, 0) == pytest.approx(time_ms)


def test_signal_equation_by_hand() -> None:
    muscle = TISSUES_AT_TESLA[3.0]["muscle"]
    expected = 0.8 * (1 - np.exp(-600 / 1412)) * np.exp(-12 / 50)
    assert spin_echo_signal(muscle, 600, 12, 0, 3.0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("tesla", [1.5, 3.0])
def test_contrasts_are_those_of_a_radiologist(tesla: float) -> None:
    def signal(name: str, repetition_ms: float, echo_ms: float, dose: float) -> float:
        tissue = TISSUES_AT_TESLA[tesla][name]
        return spin_echo_signal(tissue, repetition_ms, echo_ms, dose, tesla)

    t1, enhanced, t2 = (600, 12, 0), (600, 12, 0.4), (3500, 75, 0)
    assert signal("tumour", *t2) > 1.3 * signal("muscle", *t2)
    assert signal("tumour", *enhanced) > 1.3 * signal("muscle", *enhanced)
    assert signal("tumour", *t1) == pytest.approx(signal("muscle", *t1), rel=0.2)
    assert signal("fat", *t1) > 1.3 * signal("muscle", *t1)
    assert signal("necrosis", *t2) > signal("tumour", *t2)
    assert signal("necrosis", *enhanced) < signal("tumour", *enhanced)


def test_noise_is_rician() -> None:
    rng = np.random.default_rng(4)
    air = rician(np.zeros((40, 50, 50), dtype=np.float32), 3.0, rng)
    assert air.mean() == pytest.approx(3 * np.sqrt(np.pi / 2), rel=0.01)
    assert air.min() >= 0
    bright = rician(np.full((40, 50, 50), 100, dtype=np.float32), 3.0, rng)
    assert bright.std() == pytest.approx(3, rel=0.01)
    assert bright.mean() == pytest.approx(100 + 9 / 200, abs=0.05)


def test_bias_is_smooth_and_bounded() -> None:
    bias = coil_bias((10, 40, 50), 0.3, np.random.default_rng(1))
    assert bias.shape == (10, 40, 50)
    assert np.abs(np.log(bias)).max() == pytest.approx(0.3, abs=1e-5)
    assert np.median(bias) == pytest.approx(1, abs=0.01)
    assert np.abs(np.diff(np.log(bias), axis=2)).max() < 0.05
    assert np.array_equal(coil_bias((4, 4, 4), 0.0, np.random.default_rng(1)), np.ones((4, 4, 4)))


def test_field_has_unit_variance_and_the_stated_correlation() -> None:
    rng = np.random.default_rng(7)
    x = np.float32([0, 2, 4, 40])
    zero = np.zeros_like(x)
    values = np.array([draw_field(rng, 2.0, 8).at(x, zero, zero) for _ in range(4000)])
    assert values.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.07)
    assert values.var(axis=0) == pytest.approx(np.ones(4), abs=0.08)
    correlation = np.corrcoef(values.T)[0]
    assert correlation == pytest.approx([1, np.exp(-0.5), np.exp(-2), 0], abs=0.06)
