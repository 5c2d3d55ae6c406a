"""Regions and perturbed masks, in world units."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.radiomics.perturbation import perturb, perturbed_masks
from radproof.radiomics.regions import shell, whole
from radproof.radiomics.superpixels import _superpixels
from radproof.segmentation.masks import largest_components, without_holes

NONE = {"rotation_deg": 0.0, "translation_mm": 0.0, "growth": 0.0, "contour": None}
GENTLE = {"rotation_deg": 5.0, "translation_mm": 1.0, "growth": 0.1, "contour": None, "count": 3}
SUPERPIXELS = {"size_mm": 4.0, "compactness": 1.0, "inside": 0.9, "outside": 0.2}
REDRAWN = NONE | {"contour": SUPERPIXELS}


def ball(spacing: tuple[float, float, float] = (1.0, 1.0, 2.0)) -> sitk.Image:
    z, y, x = np.mgrid[:24, :48, :48]
    distance = np.sqrt(
        ((x - 24) * spacing[0]) ** 2 + ((y - 24) * spacing[1]) ** 2 + ((z - 12) * spacing[2]) ** 2
    )
    mask = sitk.GetImageFromArray((distance <= 10).astype(np.uint8))
    mask.SetSpacing(spacing)
    return mask


def volume_mm3(mask: sitk.Image) -> float:
    return float(sitk.GetArrayViewFromImage(mask).sum() * np.prod(mask.GetSpacing()))


def test_whole_is_the_mask() -> None:
    mask = ball()
    assert sitk.Hash(whole.derive(mask, {}, mask)) == sitk.Hash(mask)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 2.0), (0.7, 0.7, 1.4), (1.5, 1.5, 1.0)])
def test_a_shell_has_its_volume_in_world_units(spacing: tuple[float, float, float]) -> None:
    mask = ball(spacing)
    body = mask * 0 + 1
    ring = shell.derive(mask, {"inner_mm": 0.0, "outer_mm": 5.0}, body)
    expected = 4 / 3 * np.pi * (15**3 - 10**3)
    reach = min(15, 12 * spacing[2], 24 * spacing[0])
    if reach == 15:
        assert volume_mm3(ring) == pytest.approx(expected, rel=0.15)
    both = sitk.GetArrayViewFromImage(ring) & sitk.GetArrayViewFromImage(mask)
    assert not both.any()


SPACINGS = [(1.0, 1.0, 1.0), (0.7, 0.9, 4.0), (1.1, 1.1, 2.2)]
# Three and five voxels across are among the ends: distances that rounding must not decide.
RANGES_MM = [(0.0, 3.3), (0.0, 2.1), (0.0, 5.5), (1.0, 4.0), (-2.2, 0.0), (-1.5, 2.0), (-9.0, -1.0)]


def tumours() -> dict[str, np.ndarray]:
    z, y, x = np.indices((8, 11, 13))
    full = np.ones(z.shape, dtype=bool)
    scattered = np.random.default_rng(4).random(z.shape) < 0.03
    return {
        "ball": (2 * (z - 4)) ** 2 + (y - 5) ** 2 + (x - 6) ** 2 <= 16,
        "at the edge": full & (z < 5) & (y > 3) & (x < 8),
        "one voxel": full & (z == 3) & (y == 4) & (x == 5),
        "one slice": full & (z == 4) & (abs(y - 5) < 4) & (abs(x - 6) < 4),
        "scattered": scattered,
        "empty": ~full,
        "everything": full,
    }


def brute_force(
    tumour: np.ndarray, spacing_mm: tuple[float, float, float], range_mm: tuple[float, float]
) -> np.ndarray:
    """Return the shell by comparing the centre of each voxel with that of each rim voxel."""
    neighbours = list(itertools.product((-1, 0, 1), repeat=3))
    # What lies beyond the image is not outside the tumour.
    padded = np.pad(tumour, 1, constant_values=True)
    rim = (
        tumour
        & ~np.all([np.roll(padded, step, (0, 1, 2)) for step in neighbours], axis=0)[
            1:-1, 1:-1, 1:-1
        ]
    )
    if not rim.any():
        return np.zeros_like(tumour)
    step = np.array(spacing_mm[::-1])
    places = np.indices(tumour.shape).reshape(3, -1).T * step
    squares = ((places[:, None] - np.argwhere(rim)[None] * step) ** 2).sum(axis=2)
    distance = np.sqrt(squares.min(axis=1)).reshape(tumour.shape)
    signed = np.where(tumour, -distance, distance)
    return (signed > range_mm[0] + 1e-9) & (signed <= range_mm[1] + 1e-9)


@pytest.mark.parametrize("spacing_mm", SPACINGS)
@pytest.mark.parametrize("name", tumours())
def test_a_shell_has_the_voxels_of_its_definition(
    name: str, spacing_mm: tuple[float, float, float]
) -> None:
    tumour = tumours()[name]
    within = np.random.default_rng(2).random(tumour.shape) < 0.8
    mask, body = (sitk.GetImageFromArray(array.astype(np.uint8)) for array in (tumour, within))
    for volume in (mask, body):
        volume.SetSpacing(spacing_mm)
    for inner_mm, outer_mm in RANGES_MM:
        ring = shell.derive(mask, {"inner_mm": inner_mm, "outer_mm": outer_mm}, body)
        expected = brute_force(tumour, spacing_mm, (inner_mm, outer_mm)) & within
        assert np.array_equal(inside(ring), expected), (inner_mm, outer_mm)
        if outer_mm <= 0:
            assert not (inside(ring) & ~tumour).any()


def test_a_shell_moves_with_its_tumour() -> None:
    """At 2.1 mm are three voxels: ITK rounds them to either side, from place to place."""
    array = np.zeros((10, 300, 300), dtype=bool)
    array[4:6, 40:52, 40:52] = True
    rings = []
    for shift in (0, 200):
        mask = sitk.GetImageFromArray(np.roll(array, (shift, shift), (1, 2)).astype(np.uint8))
        mask.SetSpacing((0.7, 0.9, 4.0))
        ring = shell.derive(mask, {"inner_mm": 0.0, "outer_mm": 2.1}, mask * 0 + 1)
        rings.append(np.roll(inside(ring), (-shift, -shift), (1, 2)))
    assert rings[0][4, 45, 52:56].tolist() == [True, True, True, False]
    assert np.array_equal(*rings)


def test_a_shell_stays_inside_the_body() -> None:
    mask = ball()
    array = np.zeros(mask.GetSize()[::-1], dtype=np.uint8)
    array[:, :, :24] = 1
    body = sitk.GetImageFromArray(array)
    body.CopyInformation(mask)
    ring = shell.derive(mask, {"inner_mm": 0.0, "outer_mm": 5.0}, body)
    assert not sitk.GetArrayViewFromImage(ring)[:, :, 24:].any()


def test_the_shell_of_an_empty_mask_is_empty() -> None:
    empty = ball() * 0
    ring = shell.derive(empty, {"inner_mm": 0.0, "outer_mm": 5.0}, empty + 1)
    assert not sitk.GetArrayViewFromImage(ring).any()


def noise(mask: sitk.Image) -> sitk.Image:
    """An image on the mask's grid, brighter inside the mask."""
    array = sitk.GetArrayFromImage(mask)
    grey = np.random.default_rng(3).normal(size=array.shape) + 4.0 * array
    image = sitk.GetImageFromArray(grey.astype(np.float32))
    image.CopyInformation(mask)
    return image


def inside(mask: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(mask) > 0


def dice(first: np.ndarray, second: np.ndarray) -> float:
    return 2 * (first & second).sum() / (first.sum() + second.sum())


def test_no_perturbation_is_the_mask_itself() -> None:
    mask = ball()
    changed, row = perturb(mask, noise(mask), NONE, 1)
    assert np.array_equal(inside(mask), inside(changed))
    assert row["dice"] == 1
    assert row["contour"] == "none"


@pytest.mark.parametrize("contour", [None, SUPERPIXELS])
def test_perturbed_masks_are_near_seeded_and_different(contour: dict | None) -> None:
    mask = ball()
    settings = GENTLE | {"contour": contour}
    masks, rows = perturbed_masks(mask, noise(mask), settings, 7)
    assert list(masks) == ["perturbed1", "perturbed2", "perturbed3"]
    again, _ = perturbed_masks(mask, noise(mask), settings, 7)
    for (name, changed), row in zip(masks.items(), rows, strict=True):
        assert 0.8 < dice(inside(changed), inside(mask)) < 1
        assert row["mask"] == name
        assert row["dice"] == pytest.approx(dice(inside(changed), inside(mask)))
        assert sitk.Hash(changed) == sitk.Hash(again[name])
    assert len({sitk.Hash(changed) for changed in masks.values()}) == 3


def test_what_is_reported_is_what_was_done() -> None:
    mask = ball((1.0, 1.0, 2.0))
    settings = NONE | {"translation_mm": 4.0, "growth": 0.3}
    changed, row = perturb(mask, noise(mask), settings, 5)
    assert volume_mm3(changed) == pytest.approx(volume_mm3(mask) * (1 + row["growth"]), rel=0.02)
    moved = np.argwhere(inside(changed)).mean(axis=0) - np.argwhere(inside(mask)).mean(axis=0)
    # The rim of a ball of voxels comes and goes in clusters of equal distance.
    assert moved[2] == pytest.approx(row["translation_x_mm"], abs=0.4)
    assert moved[1] == pytest.approx(row["translation_y_mm"], abs=0.4)


def test_a_mask_turns_by_the_angle_that_is_reported() -> None:
    array = np.zeros((9, 64, 64), dtype=np.uint8)
    array[2:7, 28:36, 12:52] = 1
    mask = sitk.GetImageFromArray(array)
    changed, row = perturb(mask, noise(mask), NONE | {"rotation_deg": 40.0}, 2)
    places = np.argwhere(inside(changed))[:, 1:]
    axis = np.linalg.eigh(np.cov(places.T))[1][:, -1]
    angle = np.degrees(np.arctan2(axis[0], axis[1]))
    assert (angle - row["rotation_deg"] + 90) % 180 == pytest.approx(90, abs=2)


@pytest.mark.parametrize("contour", [None, SUPERPIXELS])
def test_a_single_voxel_is_never_lost(contour: dict | None) -> None:
    mask = ball() * 0
    mask[10, 10, 10] = 1
    settings = GENTLE | {"contour": contour}
    for seed in range(5):
        assert inside(perturb(mask, noise(mask), settings, seed)[0]).any()


@pytest.mark.parametrize("corner", [(0, 0, 0), (23, 47, 47)])
def test_a_mask_in_a_corner_stays_in_the_image(corner: tuple[int, int, int]) -> None:
    z, y, x = corner
    array = np.zeros((24, 48, 48), dtype=np.uint8)
    array[max(z - 3, 0) : z + 4, max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7] = 1
    mask = sitk.GetImageFromArray(array)
    for seed in range(3):
        settings = GENTLE | {"translation_mm": 5.0, "contour": SUPERPIXELS}
        changed, row = perturb(mask, noise(mask), settings, seed)
        assert changed.GetSize() == mask.GetSize()
        assert 0 < row["dice"] < 1


def test_a_new_contour_has_no_holes_and_no_further_components() -> None:
    mask = ball()
    for seed in range(8):
        changed = inside(perturb(mask, noise(mask), REDRAWN, seed)[0])
        assert largest_components(changed, None)[1] == 1
        assert np.array_equal(without_holes(changed), changed)


def test_a_new_contour_leaves_what_is_well_inside_and_well_outside() -> None:
    mask = ball()
    distance = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(mask, squaredDistance=False, useImageSpacing=True)
    )
    for seed in range(5):
        changed = inside(perturb(mask, noise(mask), REDRAWN, seed)[0])
        assert changed[distance < -6].all()
        assert not changed[distance > 6].any()


def test_a_new_contour_follows_the_image() -> None:
    """Where a bright ball is drawn too large, superpixels keep to its edge."""
    mask = ball()
    image = noise(mask) * 1
    image += sitk.Cast(mask, sitk.sitkFloat32) * 8
    larger = perturb(mask, image, NONE | {"growth": 0.0}, 1)[0]
    larger = sitk.BinaryDilate(larger, (1, 1, 0))
    changed = [perturb(larger, image, REDRAWN, seed)[0] for seed in range(4)]
    edges = [np.count_nonzero(inside(each) & ~inside(mask)) for each in changed]
    assert np.mean(edges) < np.count_nonzero(inside(larger) & ~inside(mask))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 2.0), (0.5, 0.5, 3.0), (2.0, 2.0, 1.0)])
def test_superpixels_are_as_large_in_every_direction(spacing: tuple[float, float, float]) -> None:
    mask = ball(spacing)
    box = (slice(None),) * 3
    labels = _superpixels(noise(mask), box, inside(mask), SUPERPIXELS | {"compactness": 50.0})
    number = labels[12, 24, 24]
    extents = np.ptp(np.argwhere(labels == number), axis=0) + 1
    for extent_mm in extents * np.array(spacing[::-1]):
        assert 2.0 <= extent_mm <= 8.0


def test_without_variance_inside_a_contour_can_still_be_drawn() -> None:
    mask = ball()
    flat = sitk.Cast(mask, sitk.sitkFloat32) * 0
    assert perturb(mask, flat, REDRAWN, 1)[1]["dice"] > 0.7
