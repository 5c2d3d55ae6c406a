"""Perturbed masks: the contours that another hand might have drawn."""

from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.radiomics.mask_names import perturbed_names
from radproof.radiomics.superpixels import randomise_contour
from radproof.seeds import derive_seed
from radproof.volumes import on_grid_of

Row = dict[str, str | float]
COLUMNS = [
    *("patient", "mask", "rotation_deg", "translation_x_mm", "translation_y_mm", "growth"),
    *("contour", "dice"),
]


def perturbed_masks(
    mask: sitk.Image, image: sitk.Image, settings: dict[str, Any], seed: int
) -> tuple[dict[str, sitk.Image], list[Row]]:
    """Return ``count`` perturbed copies of a mask, named ``perturbed1`` and so on.

    Parameters
    ----------
    mask, image, settings
        As `perturb` takes them; ``settings`` with the ``count`` as well.
    seed
        Each copy derives its own from it.

    Returns
    -------
    tuple
        Name → mask, and one row a mask: its name as ``mask``, and what `perturb` says of it.
    """
    masks, rows = {}, []
    for name in perturbed_names(settings["count"]):
        masks[name], row = perturb(mask, image, settings, derive_seed(seed, name))
        rows.append({"mask": name, **row})
    return masks, rows


def perturb(
    mask: sitk.Image, image: sitk.Image, settings: dict[str, Any], seed: int
) -> tuple[sitk.Image, Row]:
    """Return a mask turned, shifted, grown or shrunk, and drawn anew at random; never empty.

    The image stays where it is: what changes is where the contour lies on it.

    Parameters
    ----------
    mask
        0/1, type uint8, not empty.
    image
        On the same grid; used where the contour is drawn anew.
    settings
        ``rotation_deg`` and ``translation_mm`` bound a rotation about the z axis and an in-plane
        shift; ``growth`` the relative change of volume. All are drawn uniformly. ``contour`` has
        the settings of superpixels (see `radproof.radiomics.superpixels`), or is None.
    seed
        Seed of the draws.

    Returns
    -------
    tuple
        The mask, and what was drawn for it: ``rotation_deg translation_x_mm translation_y_mm
        growth contour`` (superpixels or none) ``dice`` (with the mask given).

    Source: Zwanenburg et al., Sci Rep 9:614 (2019), perturbations R, T, V and C; there R and T move
    image and mask together, here the mask alone.
    """
    generator = np.random.default_rng(seed)
    angle_deg = float(generator.uniform(-settings["rotation_deg"], settings["rotation_deg"]))
    limit_mm = settings["translation_mm"]
    shift_mm = generator.uniform(-limit_mm, limit_mm, size=2).tolist()
    growth = float(generator.uniform(-settings["growth"], settings["growth"]))
    changed = _moved(mask, angle_deg, shift_mm, growth)
    if settings["contour"]:
        changed = randomise_contour(changed, image, settings["contour"], generator)
    row: Row = {
        "rotation_deg": angle_deg,
        "translation_x_mm": shift_mm[0],
        "translation_y_mm": shift_mm[1],
        "growth": growth,
        "contour": "superpixels" if settings["contour"] else "none",
        "dice": _dice(mask, changed),
    }
    return changed, row


def _moved(mask: sitk.Image, angle_deg: float, shift_mm: list[float], growth: float) -> sitk.Image:
    """Return a mask turned about its centre, shifted in-plane, and of another volume."""
    distance = sitk.SignedMaurerDistanceMap(
        mask, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    voxels = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1]
    if not len(voxels):
        raise ValueError("an empty mask cannot be perturbed")
    middle = mask.TransformContinuousIndexToPhysicalPoint(voxels.mean(axis=0).tolist())
    turn = sitk.Euler3DTransform(middle, 0.0, 0.0, float(np.radians(angle_deg)), [*shift_mm, 0.0])
    far = float(sitk.GetArrayViewFromImage(distance).max())
    # Resampling asks for each place of the new mask where it was before.
    back = turn.GetInverse()
    moved = sitk.GetArrayFromImage(sitk.Resample(distance, mask, back, sitk.sitkLinear, far))
    wanted = min(max(1, round(len(voxels) * (1 + growth))), moved.size)
    # The distance that the wanted number of voxels lies below; ties are all taken.
    limit = np.partition(moved.ravel(), wanted - 1)[wanted - 1]
    return on_grid_of((moved <= limit).astype(np.uint8), mask)


def _dice(first: sitk.Image, second: sitk.Image) -> float:
    a, b = (sitk.GetArrayViewFromImage(mask) > 0 for mask in (first, second))
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))
