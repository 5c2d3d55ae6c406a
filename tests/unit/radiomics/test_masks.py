"""Regions and perturbed masks, in world units."""

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.radiomics.perturbation import perturb, perturbed_masks
from radproof.radiomics.regions import shell, whole

GENTLE = {"rotation_deg": 5.0, "translation_mm": 1.0, "growth": 0.1}


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


def test_no_perturbation_is_the_mask_itself() -> None:
    none = {"rotation_deg": 0.0, "translation_mm": 0.0, "growth": 0.0}
    mask = ball()
    first, second = (sitk.GetArrayFromImage(each) for each in (mask, perturb(mask, none, 1)))
    assert np.array_equal(first, second)


def test_perturbed_masks_are_near_seeded_and_different() -> None:
    mask = ball()
    masks = perturbed_masks(mask, 3, GENTLE, 7)
    assert list(masks) == ["perturbed1", "perturbed2", "perturbed3"]
    again = perturbed_masks(mask, 3, GENTLE, 7)
    truth = sitk.GetArrayFromImage(mask) > 0
    for name, changed in masks.items():
        array = sitk.GetArrayFromImage(changed) > 0
        dice = 2 * (array & truth).sum() / (array.sum() + truth.sum())
        assert 0.8 < dice < 1
        assert sitk.Hash(changed) == sitk.Hash(again[name])
    assert len({sitk.Hash(changed) for changed in masks.values()}) == 3


def test_a_single_voxel_is_never_lost() -> None:
    mask = ball() * 0
    mask[10, 10, 10] = 1
    for seed in range(5):
        assert sitk.GetArrayViewFromImage(perturb(mask, GENTLE, seed)).any()
