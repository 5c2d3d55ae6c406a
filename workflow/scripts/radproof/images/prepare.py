"""Preparation of one patient: raw sequences and masks brought onto one grid."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.images.body import body_mask
from radproof.images.grids import analysis_grid, field_of_view, resample_image, resample_mask
from radproof.images.quality import (
    as_row,
    motion,
    negative_mutual_information,
    overlap,
    share_inside,
    signal_to_noise,
)
from radproof.kinds import load_kind
from radproof.volumes import read_mask, read_volume


@dataclass(frozen=True)
class Prepared:
    """Images (float32) and masks (uint8, 0/1) of a patient on one grid, and their quality.

    ``qc`` has one row a sequence: ``patient sequence metric_before metric_after moved
    translation_mm rotation_deg body_voxels body_overlap body_covered signal_to_noise
    mask_outside``. The metric is the negative mutual information with the reference (lower is
    better; missing for the reference itself), ``moved`` whether the registration was kept;
    ``body_overlap`` the Dice of the sequence's body mask with the reference's; ``body_covered`` the
    share of the reference's body in the sequence's field of view; ``mask_outside`` the largest
    share of a rater's mask beyond the grid.
    """

    images: dict[str, sitk.Image]
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
        Path of each raw sequence and of each rater's mask.
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
    with _one_thread():
        reference = read_volume(images[sequences[0]["name"]], patient)
        grid = analysis_grid(reference, settings["spacing_mm"], settings["size"])
        on_grid, outside = _masks_on_grid(patient, masks, labels, grid, settings)
        fixed: sitk.Image | None = None
        body: sitk.Image | None = None
        prepared, rows = {}, []
        for entry in sequences:
            name, path = entry["name"], images[entry["name"]]
            moving, quality = _correct(read_volume(path, patient), entry["bias_field"])
            transform, found = _align(fixed, moving, entry["registration"], seed, patient, path)
            image = resample_image(moving, grid, transform, settings["interpolation"])
            own_body = body_mask(image)
            if fixed is None or body is None:
                # The reference: the others are moved to it, and measured where its body is.
                fixed, body = moving, own_body
            seen = field_of_view(moving, grid, transform)
            quality |= found | _coverage(body, own_body, seen, patient, path)
            rows.append(as_row(patient, name, quality | {"mask_outside": outside}))
            scaling = load_kind("intensity", entry["intensity"]["kind"])
            scaled = scaling.scale(image, body & seen, entry["intensity"])
            prepared[name] = sitk.Cast(scaled, sitk.sitkFloat32)
    return Prepared(prepared, on_grid, pd.DataFrame(rows))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep ITK to one thread: sums split over threads round differently."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _correct(image: sitk.Image, settings: dict[str, Any]) -> tuple[sitk.Image, dict[str, Any]]:
    """Return the image without its bias field, float32, and its signal-to-noise as scanned."""
    image = sitk.Cast(image, sitk.sitkFloat32)
    body = body_mask(image)
    correction = load_kind("bias_field", settings["kind"])
    quality = {"signal_to_noise": signal_to_noise(image, body)}
    return correction.correct(image, body, settings), quality


def _align(
    reference: sitk.Image | None,
    moving: sitk.Image,
    settings: dict[str, Any],
    seed: int,
    patient: str,
    path: Path,
) -> tuple[sitk.Transform, dict[str, Any]]:
    """Register, but keep what the headers say where the metric over all voxels did not improve.

    Returns the transform from points of the reference to points of the moving image; the identity
    for the reference itself, when there is none yet.
    """
    identity = sitk.Euler3DTransform()
    if reference is None:
        return identity, {"moved": False, "translation_mm": 0.0, "rotation_deg": 0.0}
    registration = load_kind("registration", settings["kind"])
    try:
        before = negative_mutual_information(reference, moving, identity)
        found = registration.register(reference, moving, settings, seed)
        after = negative_mutual_information(reference, moving, found)
    except RuntimeError as error:
        reason = " ".join(str(error).splitlines()[-1].split())
        raise BadInput(
            Problem(
                "sequence cannot be registered to the reference",
                patient=patient,
                file=str(path),
                found=reason,
                remedy="see whether the headers place both in the same space, and for 4 slices",
            )
        ) from error
    moved = bool(after < before)
    chosen = found if moved else identity
    metrics = {"metric_before": before, "metric_after": after if moved else before}
    return chosen, {**metrics, "moved": moved, **motion(chosen, reference)}


def _coverage(
    body: sitk.Image, own_body: sitk.Image, seen: sitk.Image, patient: str, path: Path
) -> dict[str, Any]:
    """Return how the body of a sequence compares with the reference's; refuse none at all."""
    covered = share_inside(body, seen)
    if covered == 0:
        raise BadInput(
            Problem(
                "sequence shows nothing of the reference's body",
                patient=patient,
                file=str(path),
                remedy="see whether the headers place both in the same space",
            )
        )
    return {
        "body_voxels": int(sitk.GetArrayViewFromImage(own_body).sum()),
        "body_overlap": overlap(body, own_body),
        "body_covered": covered,
    }


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
