"""Preparation of one patient: raw sequences and masks brought onto one grid."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.images.body import body_mask
from radproof.images.grids import analysis_grid, resample_image, resample_mask
from radproof.kinds import load_kind
from radproof.volumes import grid_differences, read_mask, read_volume

METRIC_BINS = 32


@dataclass(frozen=True)
class Prepared:
    """Images (float32) and masks (uint8, 0/1) of a patient on one grid, and their quality.

    ``qc`` has one row a sequence: ``patient sequence metric_before metric_after moved
    translation_mm rotation_deg body_overlap mask_outside``. The metric is the negative mutual
    information with the reference (lower is better); ``body_overlap`` the Dice of the sequence's
    body mask with the reference's; ``mask_outside`` the share of mask volume beyond the grid.
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
        If a file cannot be read, or a mask is empty on the grid.
    """
    with _one_thread():
        corrected = {
            entry["name"]: _correct(read_volume(images[entry["name"]], patient), entry)
            for entry in sequences
        }
        reference = corrected[sequences[0]["name"]]
        grid = analysis_grid(reference, settings["spacing_mm"], settings["size"])
        body: sitk.Image | None = None
        prepared, rows = {}, []
        for entry in sequences:
            name = entry["name"]
            transform, quality = _align(reference, corrected[name], entry["registration"], seed)
            image = resample_image(corrected[name], grid, transform, settings["interpolation"])
            own_body = body_mask(image)
            body = own_body if body is None else body
            quality["body_overlap"] = _overlap(body, own_body)
            rows.append({"patient": patient, "sequence": name} | quality)
            scaling = load_kind("intensity", entry["intensity"]["kind"])
            scaled = scaling.scale(image, body, entry["intensity"])
            prepared[name] = sitk.Cast(scaled, sitk.sitkFloat32)
        on_grid, outside = _masks_on_grid(patient, masks, labels, grid, settings)
    return Prepared(prepared, on_grid, pd.DataFrame(rows).assign(mask_outside=outside))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep ITK to one thread: sums split over threads round differently."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _correct(image: sitk.Image, entry: dict[str, Any]) -> sitk.Image:
    image = sitk.Cast(image, sitk.sitkFloat32)
    correction = load_kind("bias_field", entry["bias_field"]["kind"])
    return correction.correct(image, body_mask(image), entry["bias_field"])


def _align(
    reference: sitk.Image, moving: sitk.Image, settings: dict[str, Any], seed: int
) -> tuple[sitk.Transform, dict[str, Any]]:
    """Register, but keep what the headers say where the metric over all voxels did not improve."""
    identity = sitk.Euler3DTransform()
    registration = load_kind("registration", settings["kind"])
    found = registration.register(reference, moving, settings, seed)
    before, after = (_metric(reference, moving, each) for each in (identity, found))
    moved = bool(after < before)
    chosen = found if moved else identity
    return chosen, {
        "metric_before": before,
        "metric_after": after if moved else before,
        "moved": moved,
        **_motion(chosen, reference),
    }


def _metric(reference: sitk.Image, moving: sitk.Image, transform: sitk.Transform) -> float:
    """Return the negative Mattes mutual information over all voxels of the reference."""
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(METRIC_BINS)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(transform)
    return float(method.MetricEvaluate(reference, moving))


def _motion(transform: sitk.Transform, reference: sitk.Image) -> dict[str, float]:
    """Return how far the centre of the reference moves, and by what angle it turns."""
    middle = [(count - 1) / 2 for count in reference.GetSize()]
    centre = np.array(reference.TransformContinuousIndexToPhysicalPoint(middle))
    moved = np.array(transform.TransformPoint(centre.tolist()))
    axes = [
        np.array(transform.TransformPoint((centre + step).tolist())) - moved for step in np.eye(3)
    ]
    cosine = np.clip((np.trace(np.array(axes)) - 1) / 2, -1, 1)
    return {
        "translation_mm": float(np.linalg.norm(moved - centre)),
        "rotation_deg": float(np.degrees(np.arccos(cosine))),
    }


def _overlap(first: sitk.Image, second: sitk.Image) -> float:
    """Return the Dice coefficient of two masks on one grid."""
    one, two = (sitk.GetArrayViewFromImage(mask) > 0 for mask in (first, second))
    both = one.sum() + two.sum()
    return float(2 * (one & two).sum() / both) if both else 1.0


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
        outside = max(outside, _share_outside(mask, grid))
    if problems:
        raise BadInput(problems)
    return on_grid, outside


def _share_outside(mask: sitk.Image, grid: sitk.Image) -> float:
    """Return the share of a mask's voxels whose centres lie beyond the grid."""
    if not grid_differences(mask, grid):
        return 0.0
    inside = sitk.Image(grid.GetSize(), sitk.sitkUInt8) + 1
    inside.CopyInformation(grid)
    covered = sitk.Resample(inside, mask, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    voxels = sitk.GetArrayViewFromImage(mask) > 0
    seen = sitk.GetArrayViewFromImage(covered) > 0
    return float(1 - (voxels & seen).sum() / voxels.sum()) if voxels.any() else 0.0
