"""Tissue fractions of a simplified oral cavity, defined at every point of continuous space.

Axes are those of SimpleITK: x to the patient's left, y to the back, z to the head, in mm from the
middle of the tongue. Forms and sizes are our choice, made to look like an axial section.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from radproof.seeds import derive_seed
from radproof.simulation.fields import RandomField, draw_field
from radproof.simulation.tumour import Tumour, draw_tumour

TISSUES = (
    "air",
    "muscle",
    "oedema",
    "fat",
    "cortical_bone",
    "marrow",
    "gland",
    "tumour",
    "necrosis",
)
EDGE_MM = 1.0
TUMOUR_EDGE_MM = 1.6
OEDEMA_REACH_MM = 2.5
FIBRE_WAVES = 10
WARP_MM = 1.2
WARP_LENGTH_MM = 14.0
WARP_WAVES = 5


class Structure(Protocol):
    """A body of one tissue."""

    @property
    def tissue(self) -> str:
        """One of TISSUES."""

    def level_mm(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the approximate signed distance to its surface in mm, negative inside."""


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid of one tissue; an infinite radius makes it a cylinder; or all outside it."""

    tissue: str
    centre_mm: tuple[float, float, float]
    radii_mm: tuple[float, float, float]
    outside: bool = False

    def level_mm(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the approximate signed distance to its surface in mm, negative inside."""
        squared: np.ndarray | float = 0.0
        for points, centre, radius in zip((x, y, z), self.centre_mm, self.radii_mm, strict=True):
            if np.isfinite(radius):
                squared = squared + ((points - np.float32(centre)) / np.float32(radius)) ** 2
        level = (np.sqrt(squared) - 1) * np.float32(min(self.radii_mm))
        return -level if self.outside else level


@dataclass(frozen=True)
class Arch:
    """A horseshoe open to the back: half an elliptic ring of one tissue between two heights."""

    tissue: str
    centre_y_mm: float
    radii_mm: tuple[float, float]
    half_thickness_mm: float
    bottom_mm: float
    top_mm: float

    def level_mm(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the approximate signed distance to its surface in mm, negative inside."""
        rx, ry = (np.float32(radius) for radius in self.radii_mm)
        depth = y - np.float32(self.centre_y_mm)
        ring = np.abs(np.sqrt((x / rx) ** 2 + (depth / ry) ** 2) - 1) * rx
        level = ring - np.float32(self.half_thickness_mm)
        middle = np.float32((self.top_mm + self.bottom_mm) / 2)
        half_height = np.float32((self.top_mm - self.bottom_mm) / 2)
        level = np.maximum(level, np.abs(z - middle) - half_height)
        return np.maximum(level, depth - np.float32(14))


@dataclass(frozen=True)
class Anatomy:
    """One patient: structures above and below the tumour in order of precedence, and the tongue."""

    above: tuple[Structure, ...]
    tumour: Tumour
    tongue: Ellipsoid
    below: tuple[Structure, ...]
    fibres: RandomField
    fatty_part: float
    warp: tuple[RandomField, RandomField, RandomField]

    def fractions(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> dict[str, np.ndarray]:
        """Return the fraction of each tissue in [0, 1] at points; they add up to 1 everywhere.

        x, y and z (mm) are of one shape, and so is each returned array (float32).
        """
        x, y, z = self.warped(x, y, z)
        parts = {tissue: np.zeros(np.shape(x), dtype=np.float32) for tissue in TISSUES}
        free = np.ones(np.shape(x), dtype=np.float32)
        for structure in self.above:
            _fill(parts, free, structure, x, y, z)
        near = self._add_tumour(parts, free, x, y, z)
        self._add_tongue(parts, free, x, y, z)
        for structure in self.below:
            _fill(parts, free, structure, x, y, z)
        parts["fat"] += free
        _add_oedema(parts, *near)
        return parts

    def warped(
        self, x: np.ndarray, y: np.ndarray, z: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return points displaced by a smooth field: no body is as regular as an ellipsoid."""
        size = np.float32(WARP_MM)
        moved = [
            points + size * one.at(x, y, z)
            for points, one in zip((x, y, z), self.warp, strict=True)
        ]
        return moved[0], moved[1], moved[2]

    def tumour_level_mm(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the approximate signed distance in mm to the tumour where nothing covers it."""
        x, y, z = self.warped(x, y, z)
        level = self.tumour.level_mm(x, y, z)
        for structure in self.above:
            level = np.maximum(level, -structure.level_mm(x, y, z))
        return level

    def _add_tumour(
        self,
        parts: dict[str, np.ndarray],
        free: np.ndarray,
        x: np.ndarray,
        y: np.ndarray,
        z: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give the tumour its part; return the points near it and their level in mm."""
        near = self.tumour.near(x, y, z)
        points = x[near], y[near], z[near]
        level = self.tumour.level_mm(*points)
        share = _share(level, TUMOUR_EDGE_MM)
        taken = free[near] * share
        necrotic = self.tumour.necrotic_part(*points)
        parts["tumour"][near] = taken * (1 - necrotic)
        parts["necrosis"][near] = taken * necrotic
        free[near] -= taken
        return near, level

    def _add_tongue(
        self,
        parts: dict[str, np.ndarray],
        free: np.ndarray,
        x: np.ndarray,
        y: np.ndarray,
        z: np.ndarray,
    ) -> None:
        """Give the tongue its part: muscle with fatty streaks and a fatty septum."""
        taken = free * _share(self.tongue.level_mm(x, y, z), EDGE_MM)
        inside = taken > 0
        points = x[inside], y[inside], z[inside]
        fatty = np.float32(self.fatty_part) * (1 + np.float32(0.7) * self.fibres.at(*points))
        fatty += np.float32(0.5) * np.exp(-((points[0] / np.float32(0.9)) ** 2))
        fat = taken[inside] * np.clip(fatty, 0, 1)
        parts["fat"][inside] += fat
        parts["muscle"][inside] += taken[inside] - fat
        free -= taken


def draw_anatomy(settings: dict[str, Any], row: pd.Series, seed: int, patient: str) -> Anatomy:
    """Draw the anatomy of a patient; sizes vary by a few per cent from one to the next.

    ``settings`` is the plan's ``simulation`` section, ``row`` the patient's row of the cohort.
    """
    rng = np.random.default_rng(derive_seed(seed, "anatomy", patient))
    wide, long, tall = (float(value) for value in rng.normal(1, 0.04, size=3).clip(0.88, 1.12))
    tongue = Ellipsoid("muscle", (0, 2, 0), (22 * wide, 31 * long, 23 * tall))
    arch_y_mm, arch = 8 + float(rng.normal(0, 1)), (29.5 * wide, 39 * long)
    jaw_mm = float(rng.uniform(3.6, 4.8))
    return Anatomy(
        above=(
            Ellipsoid("air", (0, 6, 0), (44 * wide, 54 * long, np.inf), outside=True),
            Ellipsoid("air", (0, 37 * long, 4), (float(rng.uniform(8, 12)), 5, 32)),
            Arch("marrow", arch_y_mm, arch, jaw_mm - 1.7, -26.3, -3.7),
            Arch("cortical_bone", arch_y_mm, arch, jaw_mm, -28, -2),
            Arch("cortical_bone", arch_y_mm - 1, arch, 2.4, -2, 12),
            Arch("marrow", arch_y_mm - 2, arch, jaw_mm - 2, 13.5, 30),
            Arch("cortical_bone", arch_y_mm - 2, arch, jaw_mm - 0.5, 12, 40),
        ),
        tumour=draw_tumour(settings["tumour"], row, tongue.radii_mm[0], rng),
        tongue=tongue,
        below=_surroundings(tongue, wide, long, rng),
        fibres=draw_field(rng, (1.6, 5.0, 3.0), FIBRE_WAVES),
        fatty_part=float(rng.uniform(0.12, 0.22)),
        warp=_draw_warp(rng),
    )


def _draw_warp(rng: np.random.Generator) -> tuple[RandomField, RandomField, RandomField]:
    first, second, third = (draw_field(rng, WARP_LENGTH_MM, WARP_WAVES) for _ in range(3))
    return first, second, third


def _surroundings(
    tongue: Ellipsoid, wide: float, long: float, rng: np.random.Generator
) -> tuple[Structure, ...]:
    """Return what lies around the tongue, both sides alike but for small shifts."""
    rx, ry, rz = tongue.radii_mm
    bodies: list[Structure] = [
        Ellipsoid("muscle", (0, 37 * long, 4), (17 * wide, 11, 36)),
        Ellipsoid("muscle", (0, -6, -25), (9 * wide, 28, 9)),
        Arch("muscle", 8, (37.5 * wide, 47 * long), 1.3, -40, 40),
    ]
    for side in (-1, 1):
        shift_y, shift_z = (float(value) for value in rng.normal(0, 1.2, size=2))
        bodies += [
            Ellipsoid("gland", (side * 15.5 * wide, -8 + shift_y, -21 + shift_z), (4, 12, 6)),
            Ellipsoid("gland", (side * 23 * wide, 22 + shift_y, -19 + shift_z), (7, 11, 9)),
            Ellipsoid("gland", (side * 18 * wide, 32 + shift_y, 6 + shift_z), (4.5, 7, 9)),
            Ellipsoid("muscle", (side * 40 * wide, 20 + shift_y, 4), (5.5, 17, 40)),
            Ellipsoid("muscle", (side * 27.5 * wide, 29 + shift_y, 8), (4.5, 13, 26)),
        ]
    # Seen only where the tongue leaves room: a crescent above its back, a cleft at its sides.
    bodies.append(Ellipsoid("air", (0, 1, 5), (rx + 2.0, ry + 2.0, rz + 0.5)))
    return tuple(bodies)


def _share(level_mm: np.ndarray, edge_mm: float) -> np.ndarray:
    """Return 1 inside, 0 outside, and a linear ramp over ``edge_mm`` across the surface."""
    return np.clip(np.float32(0.5) - level_mm / np.float32(edge_mm), 0, 1)


def _fill(
    parts: dict[str, np.ndarray],
    free: np.ndarray,
    structure: Structure,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
) -> None:
    """Give a structure its share of what is still free."""
    taken = free * _share(structure.level_mm(x, y, z), EDGE_MM)
    parts[structure.tissue] += taken
    free -= taken


def _add_oedema(parts: dict[str, np.ndarray], near: np.ndarray, level_mm: np.ndarray) -> None:
    """Turn part of the muscle around the tumour into oedematous muscle, less with distance."""
    away = np.maximum(level_mm, 0) / np.float32(OEDEMA_REACH_MM)
    moved = parts["muscle"][near] * np.float32(0.6) * np.exp(-(away**2))
    parts["oedema"][near] = moved
    parts["muscle"][near] -= moved
