"""Perturbed masks: the contours that another hand might have drawn."""

from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.seeds import derive_seed


def perturbed_masks(
    mask: sitk.Image, count: int, settings: dict[str, Any], seed: int
) -> dict[str, sitk.Image]:
    """Return ``count`` perturbed copies of a mask, named ``perturbed1`` and so on."""
    names = [f"perturbed{number + 1}" for number in range(count)]
    return {name: perturb(mask, settings, derive_seed(seed, name)) for name in names}


def perturb(mask: sitk.Image, settings: dict[str, Any], seed: int) -> sitk.Image:
    """Return a mask turned, shifted, and grown or shrunk at random; never empty.

    Parameters
    ----------
    mask
        0/1, type uint8, not empty.
    settings
        ``rotation_deg`` and ``translation_mm`` bound a rotation about the z axis and an in-plane
        shift; ``growth`` the relative change of volume. All are drawn uniformly.
    seed
        Seed of the draws.

    Source: Zwanenburg et al., Sci Rep 9:614 (2019), perturbations RTV.
    """
    draw = np.random.default_rng(seed).uniform
    angle = np.radians(draw(-settings["rotation_deg"], settings["rotation_deg"]))
    shift = draw(-settings["translation_mm"], settings["translation_mm"], size=2)
    growth = draw(-settings["growth"], settings["growth"])
    distance = sitk.SignedMaurerDistanceMap(
        mask, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    voxels = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1]
    middle = mask.TransformContinuousIndexToPhysicalPoint(voxels.mean(axis=0).tolist())
    turn = sitk.Euler3DTransform(middle, 0.0, 0.0, float(angle), [*map(float, shift), 0.0])
    far = float(sitk.GetArrayViewFromImage(distance).max())
    moved = sitk.GetArrayFromImage(sitk.Resample(distance, mask, turn, sitk.sitkLinear, far))
    wanted = max(1, round(len(voxels) * (1 + growth)))
    # The distance that the wanted number of voxels lies below; ties are all taken.
    limit = np.partition(moved.ravel(), wanted - 1)[wanted - 1]
    changed = sitk.GetImageFromArray((moved <= limit).astype(np.uint8))
    changed.CopyInformation(mask)
    return changed
