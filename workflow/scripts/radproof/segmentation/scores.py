"""Scores of one mask against another: overlap, surface distances in mm, volumes in ml.

What is undefined is NaN, never a number that would flatter or punish:

=====================  =================  =================  ==========
score                  candidate empty    reference empty    both empty
=====================  =================  =================  ==========
Dice, IoU              0                  0                  1
sensitivity            0                  NaN                NaN
precision              NaN                0                  NaN
specificity            1                  defined            1
distances              NaN                NaN                NaN
volume_error_ml        −reference         candidate          0
volume_error_pct       −100               NaN                NaN
=====================  =================  =================  ==========

Specificity grows with the field of view, since all of it outside the tumour counts.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

OVERLAPS = ("dice", "iou", "sensitivity", "specificity", "precision")
DISTANCES = ("hd95_mm", "hd_mm", "assd_mm")
VOLUMES = ("volume_reference_ml", "volume_candidate_ml", "volume_error_ml", "volume_error_pct")
METRICS = OVERLAPS + DISTANCES + VOLUMES


def score_pair(
    reference: np.ndarray, candidate: np.ndarray, spacing_mm: Sequence[float]
) -> dict[str, float | str]:
    """Return every score of ``candidate`` against ``reference``.

    Parameters
    ----------
    reference, candidate
        Masks of one shape (z, y, x); any nonzero voxel is inside.
    spacing_mm
        Voxel spacing in the order of the array's axes (z, y, x).

    Returns
    -------
    dict
        ``METRICS``, and ``empty``: none, reference, candidate or both.

    Raises
    ------
    ValueError
        If the shapes differ or the spacing does not fit them.
    """
    reference, candidate = np.asarray(reference) != 0, np.asarray(candidate) != 0
    if reference.shape != candidate.shape or len(spacing_mm) != reference.ndim:
        raise ValueError(
            f"masks of shape {reference.shape} and {candidate.shape} with spacing {spacing_mm}"
        )
    empty = {
        (False, False): "none",
        (True, False): "reference",
        (False, True): "candidate",
        (True, True): "both",
    }[not reference.any(), not candidate.any()]
    return {
        **_overlap(reference, candidate),
        **surface_distances(reference, candidate, spacing_mm),
        **_volumes(reference, candidate, spacing_mm),
        "empty": empty,
    }


def _overlap(reference: np.ndarray, candidate: np.ndarray) -> dict[str, float]:
    both = int((reference & candidate).sum())
    n_reference, n_candidate = int(reference.sum()), int(candidate.sum())
    either = n_reference + n_candidate - both
    outside = reference.size - n_reference
    return {
        "dice": 2 * both / (n_reference + n_candidate) if either else 1.0,
        "iou": both / either if either else 1.0,
        "sensitivity": both / n_reference if n_reference else np.nan,
        "specificity": (reference.size - either) / outside if outside else np.nan,
        "precision": both / n_candidate if n_candidate else np.nan,
    }


def _volumes(
    reference: np.ndarray, candidate: np.ndarray, spacing_mm: Sequence[float]
) -> dict[str, float]:
    """Return both volumes and the error of the candidate's: its excess over the reference."""
    voxel_ml = float(np.prod(spacing_mm)) / 1000.0
    reference_ml, candidate_ml = (float(mask.sum()) * voxel_ml for mask in (reference, candidate))
    error_ml = candidate_ml - reference_ml
    return {
        "volume_reference_ml": reference_ml,
        "volume_candidate_ml": candidate_ml,
        "volume_error_ml": error_ml,
        "volume_error_pct": 100 * (error_ml / reference_ml) if reference_ml else np.nan,
    }


def surface_distances(
    reference: np.ndarray, candidate: np.ndarray, spacing_mm: Sequence[float]
) -> dict[str, float]:
    """Return Hausdorff and mean distances between the surfaces of two masks (z, y, x), in mm.

    A surface voxel is a mask voxel with a face neighbour outside the mask; beyond the array is
    outside, and an axis of length one has no neighbours. ``hd95_mm`` is the larger of the two
    directed 95 % quantiles (linear interpolation between order statistics; tools that take one
    quantile of both directions pooled give another number, as a rule a smaller one), ``assd_mm``
    the mean over the surface voxels of both masks together. All are NaN when either mask is empty.

    Source: Maier-Hein et al., Metrics reloaded, Nat Methods 21:195 (2024), HD, HD95 and ASSD.
    """
    reference, candidate = np.asarray(reference) != 0, np.asarray(candidate) != 0
    if not (reference.any() and candidate.any()):
        return dict.fromkeys(DISTANCES, np.nan)
    box = ndimage.find_objects((reference | candidate).astype(np.uint8))[0]
    neighbours = _face_neighbours(reference.shape)
    first, second = (_surface(mask[box], neighbours) for mask in (reference, candidate))
    to_second = ndimage.distance_transform_edt(~second, spacing_mm)[first]
    to_first = ndimage.distance_transform_edt(~first, spacing_mm)[second]
    return {
        "hd95_mm": float(max(np.quantile(to_second, 0.95), np.quantile(to_first, 0.95))),
        "hd_mm": float(max(to_second.max(), to_first.max())),
        "assd_mm": float(np.concatenate([to_second, to_first]).mean()),
    }


def _face_neighbours(shape: tuple[int, ...]) -> np.ndarray:
    cross = ndimage.generate_binary_structure(len(shape), 1)
    for axis, length in enumerate(shape):
        if length == 1:
            edges = np.swapaxes(cross, 0, axis)
            edges[0] = edges[2] = False
    return cross


def _surface(mask: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    if neighbours.sum() == 1:
        return mask  # an array of one voxel
    return mask & ~ndimage.binary_erosion(mask, neighbours)
