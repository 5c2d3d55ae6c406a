"""The signal of a spin-echo sequence, the coil's sensitivity and the noise of magnitude images."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Relaxation:
    """A tissue at one field strength: T1 and T2 in ms, proton density and uptake of contrast.

    ``uptake`` is the concentration of gadolinium relative to that in viable tumour.
    """

    t1_ms: float
    t2_ms: float
    proton_density: float
    uptake: float


# Muscle: Stanisz et al., Magn Reson Med 2005;54:507-512 (skeletal muscle, 1.5 T and 3 T).
# Fat and marrow: de Bazelaire et al., Radiology 2004;230:652-659 (subcutaneous fat and vertebral
# marrow, 1.5 T and 3 T). Bojorquez et al., Magn Reson Imaging 2017;35:69-80, review how widely
# published values spread at 3 T. All other values, and all proton densities and uptakes, are our
# choice: fluid-rich tissues have long T1 and T2, and cortical bone gives next to no signal.
TISSUES_AT_TESLA: dict[float, dict[str, Relaxation]] = {
    1.5: {
        "air": Relaxation(1000, 10, 0.0, 0.0),
        "muscle": Relaxation(1008, 44, 0.80, 0.12),
        "oedema": Relaxation(1300, 62, 0.85, 0.25),
        "fat": Relaxation(343, 58, 0.90, 0.02),
        "cortical_bone": Relaxation(250, 2, 0.10, 0.0),
        "marrow": Relaxation(549, 49, 0.75, 0.05),
        "gland": Relaxation(900, 68, 0.85, 0.45),
        "tumour": Relaxation(1150, 64, 0.88, 1.0),
        "necrosis": Relaxation(1900, 110, 0.95, 0.12),
    },
    3.0: {
        "air": Relaxation(1000, 10, 0.0, 0.0),
        "muscle": Relaxation(1412, 50, 0.80, 0.12),
        "oedema": Relaxation(1700, 65, 0.85, 0.25),
        "fat": Relaxation(382, 68, 0.90, 0.02),
        "cortical_bone": Relaxation(300, 2, 0.10, 0.0),
        "marrow": Relaxation(586, 49, 0.75, 0.05),
        "gland": Relaxation(1200, 70, 0.85, 0.45),
        "tumour": Relaxation(1550, 66, 0.88, 1.0),
        "necrosis": Relaxation(2300, 115, 0.95, 0.12),
    },
}

# Relaxivities r1 and r2 of gadopentetate in plasma at 37 degrees C, litre per mmol and second:
# Rohrer et al., Invest Radiol 2005;40:715-724.
GADOLINIUM_RELAXIVITY = {1.5: (4.1, 4.6), 3.0: (3.7, 5.2)}


def shortened_ms(time_ms: float, relaxivity: float, concentration_mmol_l: float) -> float:
    """Return a relaxation time with contrast agent: 1/T' = 1/T + r C.

    ``relaxivity`` in litre per mmol and second. Source: Solomon-Bloembergen rates add up; Haacke
    et al., Magnetic Resonance Imaging: Physical Principles and Sequence Design, Wiley 1999.
    """
    rate_per_ms = 1 / time_ms + relaxivity * concentration_mmol_l / 1000
    return 1 / rate_per_ms


def spin_echo_signal(
    tissue: Relaxation,
    repetition_time_ms: float,
    echo_time_ms: float,
    gadolinium_mmol_l: float,
    field_strength_t: float,
) -> float:
    """Return the signal of a tissue, S = PD (1 - exp(-TR/T1')) exp(-TE/T2'), in [0, PD].

    ``gadolinium_mmol_l`` is the concentration in viable tumour, 0 before injection. Source: Haacke
    et al. 1999 (spin echo with TE much shorter than TR).
    """
    r1, r2 = GADOLINIUM_RELAXIVITY[field_strength_t]
    concentration = gadolinium_mmol_l * tissue.uptake
    t1_ms = shortened_ms(tissue.t1_ms, r1, concentration)
    t2_ms = shortened_ms(tissue.t2_ms, r2, concentration)
    recovered = 1 - np.exp(-repetition_time_ms / t1_ms)
    return float(tissue.proton_density * recovered * np.exp(-echo_time_ms / t2_ms))


def coil_bias(shape: tuple[int, int, int], strength: float, rng: np.random.Generator) -> np.ndarray:
    """Return a smooth multiplicative bias field, (z, y, x), float32, positive, of median near 1.

    The logarithm is a random quadratic polynomial scaled so that its largest absolute value is
    ``strength``. Source: slowly varying fields as assumed by Tustison et al., IEEE Trans Med
    Imaging 2010;29:1310-1320 (N4); the polynomial form is our choice.
    """
    z, y, x = np.meshgrid(
        *(np.linspace(-1, 1, size, dtype=np.float32) for size in shape), indexing="ij", sparse=True
    )
    terms = (x, y, z, x * x, y * y, z * z, x * y, x * z, y * z)
    logarithm = np.zeros(shape, dtype=np.float32)
    for term, weight in zip(terms, rng.normal(size=len(terms)), strict=True):
        logarithm += np.float32(weight) * term
    logarithm -= np.median(logarithm)
    return np.exp(logarithm * np.float32(strength / np.abs(logarithm).max()))


def rician(signal: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Return the magnitude of a signal with Gaussian noise ``sigma`` in both channels, float32.

    Source: Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914; where there is no signal the
    mean is sigma sqrt(pi/2).
    """
    real = signal + np.float32(sigma) * rng.standard_normal(signal.shape, dtype=np.float32)
    imaginary = np.float32(sigma) * rng.standard_normal(signal.shape, dtype=np.float32)
    return np.hypot(real, imaginary)
