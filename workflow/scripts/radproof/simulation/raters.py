"""Two raters' contours: the true surface, displaced smoothly and differently by each."""

from typing import Any

import numpy as np
from scipy import ndimage

from radproof.seeds import derive_seed
from radproof.simulation.acquisition import REFERENCE, STILL, draw_grid
from radproof.simulation.anatomy import Anatomy
from radproof.simulation.fields import draw_field

RATERS = ("rater1", "rater2")
NOISE_LENGTH_MM = 5.0
NOISE_WAVES = 24
SHELL_MM = 1.5


def rater_masks(
    settings: dict[str, Any], anatomy: Anatomy, seed: int, patient: str
) -> dict[str, np.ndarray]:
    """Return each rater's mask on the reference grid, (z, y, x), uint8 0/1, one component."""
    points = draw_grid(settings, seed, patient, REFERENCE).points(STILL)
    level_mm = anatomy.tumour_level_mm(*points)
    sigma_mm = displacement_mm(level_mm, settings["rater_dice"])
    masks = {}
    for rater in RATERS:
        rng = np.random.default_rng(derive_seed(seed, "rater", patient, rater))
        noise = sigma_mm * draw_field(rng, NOISE_LENGTH_MM, NOISE_WAVES).at(*points)
        masks[rater] = displaced_mask(level_mm, noise)
    return masks


def displacement_mm(level_mm: np.ndarray, dice: float) -> float:
    """Return the SD of each rater's displacement that makes their mutual Dice ``dice``.

    Two raters with independent displacements of SD s differ in the shell between them, of mean
    thickness E|d| = 2 s / sqrt(pi) and area A, so that 1 - Dice = A E|d| / (2 V). The area is
    the volume of voxels within a thin shell around the surface over its thickness.
    """
    volume = np.count_nonzero(level_mm < 0)
    shell = np.count_nonzero(np.abs(level_mm) < SHELL_MM)
    return float((1 - dice) * np.sqrt(np.pi) * volume * 2 * SHELL_MM / max(shell, 1))


def displaced_mask(level_mm: np.ndarray, noise_mm: np.ndarray) -> np.ndarray:
    """Return where the displaced level is negative: uint8, the component of the deepest voxel.

    Displacements are held below the tumour's own depth, so that the mask is never empty.
    """
    deepest = np.unravel_index(np.argmin(level_mm), level_mm.shape)
    most = max(-0.9 * float(level_mm[deepest]), 0.0)
    inside = level_mm + np.clip(noise_mm, -most, most) < 0
    inside[deepest] = True
    components, _ = ndimage.label(inside)
    return (components == components[deepest]).astype(np.uint8)
