"""Strips: a slice of each sequence of a patient before and after registration, for a montage."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
import SimpleITK as sitk

from radproof.tables import put_in_place
from radproof.volumes import best_slice


class Strip(TypedDict):
    """A patient: title of each tile → slice (y, x); rater → mask (y, x); pixel spacing (x, y)."""

    patient: str
    slice: int
    spacing_mm: tuple[float, float]
    tiles: dict[str, np.ndarray]
    outlines: dict[str, np.ndarray]


def strip_of(
    patient: str,
    images: dict[str, sitk.Image],
    unmoved: dict[str, sitk.Image],
    masks: dict[str, sitk.Image],
) -> Strip:
    """Cut the slice where the first mask is largest out of volumes on one grid.

    Parameters
    ----------
    images
        Sequence → prepared image; the first is the reference.
    unmoved
        Those of them that are registered, as their headers place them.
    masks
        Rater → 0/1 mask.
    """
    drawn = {name: _axial(mask) for name, mask in masks.items()}
    index = best_slice(sitk.GetArrayFromImage(next(iter(drawn.values()))))
    tiles: dict[str, np.ndarray] = {}
    for name, image in images.items():
        if name in unmoved:
            tiles[f"{name} before"] = sitk.GetArrayFromImage(_axial(unmoved[name]))[index]
            name = f"{name} after"
        tiles[name] = sitk.GetArrayFromImage(_axial(image))[index]
    step_x, step_y, _ = next(iter(drawn.values())).GetSpacing()
    outlines = {name: sitk.GetArrayFromImage(mask)[index] for name, mask in drawn.items()}
    return Strip(
        patient=patient,
        slice=index,
        spacing_mm=(step_x, step_y),
        tiles=tiles,
        outlines=outlines,
    )


def _axial(volume: sitk.Image) -> sitk.Image:
    return sitk.DICOMOrient(volume, "LPS")


def write_strips(strips: Sequence[Strip], path: str | Path) -> None:
    """Write strips as compressed arrays; the same bytes each time."""
    arrays: dict[str, np.ndarray] = {}
    for number, strip in enumerate(strips):
        place = f"{number}/{strip['patient']}/{strip['slice']}"
        arrays[f"{place}/spacing_mm"] = np.array(strip["spacing_mm"])
        for kind in ("tiles", "outlines"):
            for title, array in strip[kind].items():  # type: ignore[literal-required]
                arrays[f"{place}/{kind}/{title}"] = array
    with put_in_place(path) as unfinished:
        np.savez_compressed(unfinished, allow_pickle=False, **arrays)


def read_strips(path: str | Path) -> list[Strip]:
    """Read what `write_strips` wrote."""
    strips: dict[str, Strip] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for place, array in arrays.items():
            number, patient, index, kind, *title = place.split("/", 4)
            strip = strips.setdefault(
                number,
                Strip(patient=patient, slice=int(index), spacing_mm=(1, 1), tiles={}, outlines={}),
            )
            if kind == "spacing_mm":
                strip["spacing_mm"] = (float(array[0]), float(array[1]))
            elif kind == "tiles":
                strip["tiles"][title[0]] = array
            else:
                strip["outlines"][title[0]] = array
    return list(strips.values())
