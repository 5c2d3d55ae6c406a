"""One sequence of a patient: corrected, registered, resampled once, scaled, and measured."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.images.body import body_mask
from radproof.images.grids import field_of_view, resample_image
from radproof.images.quality import (
    distinct_values,
    motion,
    negative_mutual_information,
    overlap,
    saturated_share,
    share_inside,
    signal_to_noise,
)
from radproof.kinds import load_kind
from radproof.volumes import read_volume


@dataclass(frozen=True)
class Frame:
    """What a sequence is brought onto: the grid, and masks that lie on it."""

    patient: str
    grid: sitk.Image
    masks: dict[str, sitk.Image]


@dataclass(frozen=True)
class Sequence:
    """A sequence without its bias field, as scanned (``corrected``) and on the grid (``image``).

    ``body`` is its body mask on the grid and ``unmoved`` the image as the headers place it; both
    images on the grid are float32, ``image`` alone is scaled.
    """

    corrected: sitk.Image
    image: sitk.Image
    unmoved: sitk.Image
    body: sitk.Image
    quality: dict[str, Any]


def prepare_sequence(
    path: Path,
    entry: dict[str, Any],
    frame: Frame,
    reference: Sequence | None,
    interpolation: str,
    seed: int,
) -> Sequence:
    """Correct, register, resample and scale a sequence.

    Parameters
    ----------
    entry
        The plan's settings of the sequence.
    reference
        The sequence that it is moved to, and in whose body it is scaled; None for that one itself.
    interpolation
        The plan's ``images.interpolation``.
    seed
        Seed of the registration.

    Raises
    ------
    BadInput
        If the file cannot be read, or shows nothing of the reference's body.
    """
    scanned = read_volume(path, frame.patient)
    corrected, quality = _correct(scanned, entry["bias_field"])
    transform, found = _align(reference, corrected, entry["registration"], seed, frame, path)
    image = resample_image(corrected, frame.grid, transform, interpolation)
    unmoved = image
    if found["moved"]:
        unmoved = resample_image(corrected, frame.grid, sitk.Transform(), interpolation)
    own_body = body_mask(image)
    body = own_body if reference is None else reference.body
    seen = field_of_view(corrected, frame.grid, transform)
    quality |= found | _coverage(body, own_body, seen, frame, path)
    quality |= _in_masks(scanned, transform, seen, frame)
    scaled = _scale(image, body & seen, entry["intensity"], frame, path)
    return Sequence(corrected, scaled, unmoved, own_body, quality)


def _correct(scanned: sitk.Image, settings: dict[str, Any]) -> tuple[sitk.Image, dict[str, Any]]:
    """Return the image without its bias field, float32, and what is measured as scanned."""
    image = sitk.Cast(scanned, sitk.sitkFloat32)
    body = body_mask(image)
    quality = {
        "signal_to_noise": signal_to_noise(image, body),
        "saturated": saturated_share(image, body),
    }
    return load_kind("bias_field", settings["kind"]).correct(image, body, settings), quality


def _align(
    reference: Sequence | None,
    moving: sitk.Image,
    settings: dict[str, Any],
    seed: int,
    frame: Frame,
    path: Path,
) -> tuple[sitk.Transform, dict[str, Any]]:
    """Register, but keep what the headers say where the metric over all voxels did not improve.

    Returns the transform from points of the reference to points of the moving image; the identity
    for the reference itself.
    """
    identity = sitk.Euler3DTransform()
    if reference is None:
        return identity, {"moved": False, "translation_mm": 0.0, "rotation_deg": 0.0}
    fixed = reference.corrected
    registration = load_kind("registration", settings["kind"])
    try:
        found = registration.register(fixed, moving, settings, seed)
        after = negative_mutual_information(fixed, moving, found)
    except RuntimeError as error:
        reason = " ".join(str(error).splitlines()[-1].split())
        raise BadInput(
            Problem(
                "sequence cannot be registered to the reference",
                patient=frame.patient,
                file=str(path),
                found=reason,
                remedy="see whether the headers place both in the same space, and for 4 slices",
            )
        ) from error
    before = _metric_by_headers(fixed, moving)
    moved = before is None or after < before
    chosen = found if moved else identity
    metrics = {"metric_before": before, "metric_after": after if moved else before}
    return chosen, {**metrics, "moved": moved, **motion(chosen, fixed)}


def _metric_by_headers(fixed: sitk.Image, moving: sitk.Image) -> float | None:
    """Return the metric of two images as their headers place them; None if they do not overlap."""
    try:
        return negative_mutual_information(fixed, moving, sitk.Euler3DTransform())
    except RuntimeError:
        return None


def _coverage(
    body: sitk.Image, own_body: sitk.Image, seen: sitk.Image, frame: Frame, path: Path
) -> dict[str, Any]:
    """Return how the body of a sequence compares with the reference's; refuse none at all."""
    covered = share_inside(body, seen)
    if covered == 0:
        raise BadInput(
            Problem(
                "sequence shows nothing of the reference's body",
                patient=frame.patient,
                file=str(path),
                remedy="see whether the headers place both in the same space",
            )
        )
    return {
        "body_voxels": int(sitk.GetArrayViewFromImage(own_body).sum()),
        "body_overlap": overlap(body, own_body),
        "body_covered": covered,
    }


def _scale(
    image: sitk.Image, body: sitk.Image, settings: dict[str, Any], frame: Frame, path: Path
) -> sitk.Image:
    """Return the image in the plan's intensities, float32; problems name patient and file."""
    try:
        scaled = load_kind("intensity", settings["kind"]).scale(image, body, settings)
    except BadInput as error:
        raise BadInput(
            [
                replace(problem, patient=frame.patient, file=problem.file or str(path))
                for problem in error.problems
            ]
        ) from error
    return sitk.Cast(scaled, sitk.sitkFloat32)


def _in_masks(
    scanned: sitk.Image, transform: sitk.Transform, seen: sitk.Image, frame: Frame
) -> dict[str, Any]:
    """Return what the worst mask sees of a sequence: share unseen, grey levels as scanned.

    Nothing where there is no mask, as of a patient whom nobody has outlined.
    """
    if not frame.masks:
        return {}
    nearest = sitk.Resample(scanned, frame.grid, transform, sitk.sitkNearestNeighbor, 0)
    return {
        "mask_unseen": max(1 - share_inside(mask, seen) for mask in frame.masks.values()),
        "grey_levels": min(distinct_values(nearest, mask) for mask in frame.masks.values()),
    }
