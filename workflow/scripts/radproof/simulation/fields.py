"""Smooth random fields in continuous space: the texture of tissue and the wobble of contours."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RandomField:
    """A stationary Gaussian-like random field of mean 0 and variance 1, as a sum of cosines.

    ``wave_vectors`` is (k, 3), axes x y z, radians per unit of length; ``phases`` is (k,).
    """

    wave_vectors: np.ndarray
    phases: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the field at points; x, y and z are of one shape, so is the result (float32)."""
        total = np.zeros(np.shape(x), dtype=np.float32)
        for (kx, ky, kz), phase in zip(self.wave_vectors, self.phases, strict=True):
            total += np.cos(x * kx + y * ky + z * kz + phase)
        total *= np.float32(np.sqrt(2 / self.phases.size))
        return total


def draw_field(
    rng: np.random.Generator, length: float | tuple[float, float, float], waves: int
) -> RandomField:
    """Draw a field with the covariance exp(-r^2 / (2 length^2)), ``length`` per axis if three.

    Source: Shinozuka and Deodatis, Appl Mech Rev 1991;44:191-204 (spectral representation);
    Rahimi and Recht, NIPS 2007 (random Fourier features).
    """
    wave_vectors = rng.normal(size=(waves, 3)) / np.broadcast_to(length, 3)
    phases = rng.uniform(0, 2 * np.pi, size=waves)
    return RandomField(wave_vectors.astype(np.float32), phases.astype(np.float32))
