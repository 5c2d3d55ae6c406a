"""What PyRadiomics 3.0.1 asks of SciPy, and SciPy no longer has."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from scipy import special


@contextmanager
def old_spherical_harmonics() -> Iterator[None]:
    """Lend ``scipy.special`` its function ``sph_harm``, which SciPy 1.17 removed.

    Without it PyRadiomics logs a warning and makes no local binary patterns in three dimensions.
    """
    special.sph_harm = _sph_harm
    try:
        yield
    finally:
        del special.sph_harm


def _sph_harm(m: int, n: int, theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return spherical harmonics of order m, degree n, azimuth theta and polar angle phi.

    The function that took its place has degree and order, and the angles, the other way round.
    PyRadiomics hands over its polar angle as theta; its values are of that.

    Source: the documentation of ``scipy.special.sph_harm``, SciPy 1.11.
    """
    return special.sph_harm_y(n, m, phi, theta)
