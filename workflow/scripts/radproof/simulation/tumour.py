"""The tumour of a phantom: an irregular body in the tongue's side with a texture of its own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from radproof.simulation.fields import RandomField, draw_field

SHAPE_WAVES = 12
TEXTURE_WAVES = 40
REACH = 1.8  # in radii: beyond it neither the body nor its halo has any part
TEXTURE_LENGTH_RANGE_MM = (1.5, 8.0)


@dataclass(frozen=True)
class Tumour:
    """An ellipsoid with radii in mm along x y z, made irregular, and its necrotic texture."""

    centre_mm: np.ndarray
    radii_mm: np.ndarray
    irregularity: float
    shape: RandomField
    texture: RandomField
    necrosis: float

    def near(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return which points may belong to the tumour or its halo (bool)."""
        u, v, w = self._scaled(x, y, z)
        return u * u + v * v + w * w < REACH**2

    def level_mm(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the approximate signed distance to the surface in mm, negative inside."""
        u, v, w = self._scaled(x, y, z)
        wobble = 1 + np.float32(self.irregularity) * self.shape.at(u, v, w)
        mean_radius_mm = np.float32(self.radii_mm.prod() ** (1 / 3))
        return (np.sqrt(u * u + v * v + w * w) * wobble - 1) * mean_radius_mm

    def necrotic_part(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the fraction of tumour tissue that is necrotic or oedematous, in [0, 1)."""
        field = np.tanh(np.float32(1.2) * self.texture.at(x, y, z))
        return np.float32(self.necrosis) * (1 + field) / 2

    def _scaled(
        self, x: np.ndarray, y: np.ndarray, z: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        (cx, cy, cz), (rx, ry, rz) = self.centre_mm, self.radii_mm
        return (x - cx) / rx, (y - cy) / ry, (z - cz) / rz


def draw_tumour(
    settings: dict[str, Any], row: pd.Series, tongue_radius_mm: float, rng: np.random.Generator
) -> Tumour:
    """Draw the tumour of a patient from the cohort's row.

    ``diameter_mm`` becomes the length along the tongue, ``depth_of_invasion_mm`` the reach from
    the tongue's side inwards; ``heterogeneity`` raises the amplitude of the texture and shortens
    its correlation length. ``tongue_radius_mm`` is the tongue's half width.
    """
    radius, depth = row["diameter_mm"] / 2, row["depth_of_invasion_mm"]
    half_width = max(0.55 * depth, 0.45 * radius)
    radii = np.array([half_width, radius, rng.uniform(0.7, 0.95) * radius])
    side = rng.choice([-1.0, 1.0])
    centre = np.array(
        [side * (tongue_radius_mm - depth + half_width), rng.normal(2, 4), rng.normal(0, 3)]
    )
    heterogeneity = row["heterogeneity"]
    length_mm = np.clip(
        settings["texture_length_mm"] * np.exp(-0.2 * heterogeneity), *TEXTURE_LENGTH_RANGE_MM
    )
    return Tumour(
        centre_mm=centre.astype(np.float32),
        radii_mm=radii.astype(np.float32),
        irregularity=settings["irregularity"],
        shape=draw_field(rng, 0.8, SHAPE_WAVES),
        texture=draw_field(rng, float(length_mm), TEXTURE_WAVES),
        necrosis=settings["texture_strength"] * float(expit(1.5 * heterogeneity)),
    )
