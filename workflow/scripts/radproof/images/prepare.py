"""Preparation of one patient: raw sequences and masks brought onto one grid."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.images.grids import analysis_grid, field_of_view, resample_mask
from radproof.images.quality import MISSING, as_row, flags_of, share_inside
from radproof.images.sequence import Frame, Sequence, prepare_sequence
from radproof.images.threads import one_thread
from radproof.volumes import read_mask, read_volume


@dataclass(frozen=True)
class Prepared:
    """Images (float32) and masks (uint8, 0/1) of a patient on one grid, and their quality.

    A missing sequence is 0 throughout. ``unmoved`` holds the registered sequences as their headers
    place them, not scaled. ``qc`` has one row a sequence: ``patient sequence`` and the columns of
    `radproof.images.quality.COLUMNS`.
    """

    images: dict[str, sitk.Image]
    unmoved: dict[str, sitk.Image]
    masks: dict[str, sitk.Image]
    qc: pd.DataFrame


def prepare_patient(
    patient: str,
    images: dict[str, Path],
    masks: dict[str, Path],
    sequences: list[dict[str, Any]],
    labels: dict[str, int],
    settings: dict[str, Any],
    seed: int,
) -> Prepared:
    """Correct, register, resample once and scale the sequences of a patient; resample the masks.

    Parameters
    ----------
    images, masks
        Path of each raw sequence and of each rater's mask; a sequence that is not named is missing.
    sequences
        The plan's entries; the first is the reference, whose axes and centre the grid takes.
    labels
        Rater → value of the tumour's voxels.
    settings
        The plan's ``images``.
    seed
        Seed of the registrations.

    Raises
    ------
    BadInput
        If a file cannot be read, a sequence shows nothing of the reference's body, or a mask is
        empty on the grid.
    """
    with one_thread():
        first = read_volume(images[sequences[0]["name"]], patient)
        grid = analysis_grid(first, settings["spacing_mm"], settings["size"])
        on_grid, outside = _masks_on_grid(patient, masks, labels, grid, settings)
        frame = Frame(patient, grid, on_grid)
        reference: Sequence | None = None
        prepared: dict[str, sitk.Image] = {}
        unmoved: dict[str, sitk.Image] = {}
        rows = []
        for entry in sequences:
            name, registered = entry["name"], entry["registration"]["kind"] != "none"
            if name not in images:
                prepared[name] = sitk.Cast(grid, sitk.sitkFloat32)
                unmoved |= {name: prepared[name]} if registered else {}
                rows.append(as_row(patient, name, {"flags": MISSING}))
                continue
            found = prepare_sequence(
                images[name], entry, frame, reference, settings["interpolation"], seed
            )
            reference = reference or found
            prepared[name] = found.image
            unmoved |= {name: found.unmoved} if registered else {}
            quality = found.quality | {"mask_outside": outside}
            flags = flags_of(quality, entry["flags"])
            rows.append(as_row(patient, name, quality | {"flags": flags}))
    return Prepared(prepared, unmoved, on_grid, pd.DataFrame(rows))


def _masks_on_grid(
    patient: str,
    masks: dict[str, Path],
    labels: dict[str, int],
    grid: sitk.Image,
    settings: dict[str, Any],
) -> tuple[dict[str, sitk.Image], float]:
    """Return the masks on the grid, and the largest share of a mask that lies beyond it."""
    on_grid, outside, problems = {}, 0.0, []
    for rater, path in masks.items():
        mask = read_mask(path, labels[rater], patient)
        on_grid[rater] = resample_mask(mask, grid, settings["mask_interpolation"])
        if not sitk.GetArrayViewFromImage(on_grid[rater]).any():
            problems.append(
                Problem(
                    "mask is empty on the analysis grid",
                    patient=patient,
                    file=str(path),
                    remedy="make images.size larger or images.spacing_mm finer",
                )
            )
        outside = max(outside, 1 - share_inside(mask, field_of_view(grid, mask)))
    if problems:
        raise BadInput(problems)
    return on_grid, outside
