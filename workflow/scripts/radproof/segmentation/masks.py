"""Masks drawn from probabilities: threshold, largest components, holes."""

from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from scipy import ndimage

from radproof.errors import CheckFailed
from radproof.segmentation.probabilities import CERTAIN, level_of
from radproof.volumes import on_grid_of

Row = dict[str, float | int | bool]
COLUMNS = [
    *("patient", "set", "threshold", "voxels", "volume_ml"),
    *("components_found", "empty", "most_probable"),
]


def draw_mask(
    probabilities: sitk.Image, threshold: float, settings: dict[str, Any]
) -> tuple[sitk.Image, Row]:
    """Return a patient's mask and what is to be known of it.

    A mask without a voxel is a result.

    Parameters
    ----------
    probabilities
        uint16, 65535 for 1.
    threshold
        Probability from which a voxel is inside.
    settings
        ``components`` (how many of the largest are kept, None for all) and ``fill_holes``.

    Returns
    -------
    tuple
        The mask (uint8, 0 or 1) on the same grid, and ``threshold voxels volume_ml
        components_found`` (before any is dropped) ``empty most_probable``.
    """
    values = sitk.GetArrayViewFromImage(probabilities)
    mask, found = largest_components(values >= level_of(threshold), settings["components"])
    if settings["fill_holes"]:
        mask = without_holes(mask)
    voxels = int(np.count_nonzero(mask))
    row: Row = {
        "threshold": threshold,
        "voxels": voxels,
        "volume_ml": voxels * float(np.prod(probabilities.GetSpacing())) / 1000.0,
        "components_found": found,
        "empty": voxels == 0,
        "most_probable": int(values.max()) / CERTAIN,
    }
    return on_grid_of(mask.astype(np.uint8), probabilities), row


def largest_components(mask: np.ndarray, count: int | None) -> tuple[np.ndarray, int]:
    """Return the ``count`` largest parts of a mask (z, y, x), and how many parts it had.

    A part hangs together by faces. Of parts of one size the first in the order of voxels stays;
    None keeps all.
    """
    labels, found = ndimage.label(mask)
    if count is None or found <= count:
        return mask, found
    sizes = np.bincount(labels.ravel(), minlength=found + 1)
    # SciPy numbers parts in the order of their first voxels.
    order = 1 + np.argsort(-sizes[1:], kind="stable")
    kept = np.zeros(found + 1, dtype=bool)
    kept[order[:count]] = True
    return kept[labels], found


def without_holes(mask: np.ndarray) -> np.ndarray:
    """Return a mask (z, y, x) with its holes filled: what no path by faces leads out of in-plane.

    Holes are those of the volume, not of each slice: what is ringed in one slice and open in the
    next, as an airway may be, is no hole. Beyond the first and the last slice nobody looked, so
    that no path leads out there; a volume of one slice is filled in its plane.
    """
    # The margin is outside, and joins the background of all slices.
    background = np.pad(~mask, [(0, 0), (1, 1), (1, 1)], constant_values=True)
    labels, _ = ndimage.label(background)
    return labels[:, 1:-1, 1:-1] != labels[0, 0, 0]


def check_empty(masks: pd.DataFrame, on_empty: str) -> None:
    """Stop at empty masks where the plan says ``stop``; ``masks`` has a row a patient.

    Raises
    ------
    CheckFailed
        If a mask is empty; names each patient with the largest probability.
    """
    empty = masks[masks["empty"]]
    if on_empty != "stop" or empty.empty:
        return
    named = [
        f"{row['patient']} (largest probability {row['most_probable']:.3f},"
        f" threshold {row['threshold']:.3g})"
        for row in empty.to_dict("records")
    ]
    raise CheckFailed(
        f"automated mask is empty: {', '.join(named)}; train longer, lower inference.threshold, or"
        " let features be missing with inference.on_empty: missing"
    )
