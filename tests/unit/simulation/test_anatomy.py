from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.simulation.anatomy import TISSUES, Anatomy, Ellipsoid, draw_anatomy
from radproof.simulation.cohort import draw_cohort
from radproof.simulation.scanner import TISSUES_AT_TESLA

Settings = dict[str, Any]
LATTICE = tuple(
    points.astype(np.float32)
    for points in np.meshgrid(
        np.arange(-36, 36, 1.5), np.arange(-36, 36, 1.5), np.arange(-30, 30, 2.0), indexing="ij"
    )
)


def patient_like(settings: Settings, **latents: float) -> Anatomy:
    """Patient of the same seed with a stated tumour."""
    row = {"diameter_mm": 30.0, "depth_of_invasion_mm": 12.0, "heterogeneity": 0.0}
    return draw_anatomy(settings, pd.Series(row | latents), 11, "OTS001")


def test_fractions_are_parts_of_one(settings: Settings, patients: list[str]) -> None:
    cohort = draw_cohort(settings, patients, 1)
    for index in (0, 50, 135):
        anatomy = draw_anatomy(settings, cohort.iloc[index], 1, patients[index])
        parts = anatomy.fractions(*LATTICE)
        assert set(parts) == set(TISSUES) == set(TISSUES_AT_TESLA[3.0])
        total = sum(parts.values())
        assert total == pytest.approx(np.ones_like(LATTICE[0]), abs=1e-5)
        assert min(part.min() for part in parts.values()) >= -1e-6
        assert all(part.sum() > 10 for part in parts.values())


def test_anatomy_does_not_depend_on_where_it_is_asked(settings: Settings) -> None:
    anatomy = patient_like(settings)
    some = tuple(points[5:9, 20:30, 3:20] for points in LATTICE)
    whole, part = anatomy.fractions(*LATTICE), anatomy.fractions(*some)
    for tissue in TISSUES:
        assert np.allclose(whole[tissue][5:9, 20:30, 3:20], part[tissue], atol=1e-5)


def test_tumour_lies_in_the_tongue_at_its_size(settings: Settings) -> None:
    volumes = []
    for diameter_mm in (16.0, 24.0, 36.0):
        parts = patient_like(
            settings, diameter_mm=diameter_mm, depth_of_invasion_mm=diameter_mm / 3
        ).fractions(*LATTICE)
        body = parts["tumour"] + parts["necrosis"] > 0.5
        volumes.append(body.sum())
        along = np.ptp(LATTICE[1][body])
        assert along == pytest.approx(diameter_mm, rel=0.35)
    assert volumes == sorted(volumes)


def test_depth_of_invasion_is_the_reach_into_the_tongue(settings: Settings) -> None:
    reach = []
    for depth_mm in (5.0, 10.0, 16.0):
        anatomy = patient_like(settings, depth_of_invasion_mm=depth_mm)
        centre, radius = anatomy.tumour.centre_mm[0], anatomy.tumour.radii_mm[0]
        reach.append(anatomy.tongue.radii_mm[0] - (abs(centre) - radius))
    assert reach == pytest.approx([5, 10, 16], abs=1e-4)


def test_heterogeneity_strengthens_and_refines_the_texture(settings: Settings) -> None:
    spreads, roughness = [], []
    for heterogeneity in (-1.5, 0.0, 1.5):
        tumour = patient_like(settings, heterogeneity=heterogeneity).tumour
        line = np.linspace(-50, 50, 2000, dtype=np.float32)
        necrotic = tumour.necrotic_part(line, 0 * line, 0 * line)
        assert necrotic.min() >= 0
        assert necrotic.max() < 1
        spreads.append(necrotic.std())
        roughness.append(np.abs(np.diff(necrotic)).mean() / necrotic.std())
    assert spreads == sorted(spreads)
    assert roughness == sorted(roughness)


def test_strength_zero_makes_homogeneous_tumours(settings: Settings) -> None:
    settings["tumour"]["texture_strength"] = 0.0
    parts = patient_like(settings, heterogeneity=2.0).fractions(*LATTICE)
    assert parts["necrosis"].max() == 0
    assert parts["tumour"].max() == pytest.approx(1, abs=1e-5)


def test_oedema_surrounds_the_tumour(settings: Settings) -> None:
    anatomy = patient_like(settings)
    oedema = anatomy.fractions(*LATTICE)["oedema"]
    level_mm = anatomy.tumour_level_mm(*LATTICE)
    assert oedema[(level_mm > 1) & (level_mm < 3)].mean() > 3 * oedema[level_mm > 8].mean()


def test_ellipsoid_level_is_a_distance_on_a_sphere() -> None:
    sphere = Ellipsoid("muscle", (1, 2, 3), (10, 10, 10))
    x = np.float32([1, 6, 11, 16])
    level = sphere.level_mm(x, np.full_like(x, 2), np.full_like(x, 3))
    assert level == pytest.approx([-10, -5, 0, 5], abs=1e-5)
