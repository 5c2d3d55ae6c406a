"""Volumes on disk and the grids they lie on; arrays are (z, y, x), sizes and spacings (x, y, z)."""

import errno
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.tables import put_in_place

# Of any image: 8 GiB as float32. What a damaged header announces can be any number.
MOST_VOXELS = 2**31
NIFTI_HEADER_BYTES = 352


class Grid(Protocol):
    """What has the geometry of a volume: an image, or a reader that has read a header."""

    def GetSize(self) -> tuple[int, ...]: ...  # noqa: D102, N802
    def GetSpacing(self) -> tuple[float, ...]: ...  # noqa: D102, N802
    def GetOrigin(self) -> tuple[float, ...]: ...  # noqa: D102, N802
    def GetDirection(self) -> tuple[float, ...]: ...  # noqa: D102, N802


def read_volume(path: str | Path, patient: str = "") -> sitk.Image:
    """Read an image or mask.

    Raises
    ------
    BadInput
        If the file is missing or cannot be decoded, or announces more voxels than any image has;
        names patient and file.
    """
    reader, fault = sitk.ImageFileReader(), ""
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        fault = size_fault(reader.GetSize())
        if fault:
            raise RuntimeError(fault)
        return reader.Execute()
    except RuntimeError as error:
        found = fault or ("not a readable image" if Path(path).exists() else "no such file")
        raise BadInput(
            Problem(
                "image cannot be read",
                patient=patient,
                file=str(path),
                found=found,
                remedy="replace the file by an intact NIfTI image",
            )
        ) from error


def size_fault(size: Sequence[int]) -> str:
    """Return in words a size that no image has, else nothing."""
    sizes = [int(length) for length in size]
    possible = all(length > 0 for length in sizes) and math.prod(sizes) <= MOST_VOXELS
    return "" if possible else f"{' x '.join(map(str, sizes))} voxels"


def write_volume(volume: sitk.Image, path: str | Path) -> None:
    """Write an image as compressed NIfTI (the gzip header carries no time).

    Raises
    ------
    OSError
        If it cannot be written whole. ITK itself says nothing when the disk is full.
    ValueError
        If the name does not end with ``.nii.gz``.
    """
    if not str(path).endswith(".nii.gz"):
        raise ValueError(f"{path} is no name of a compressed NIfTI image")
    with put_in_place(path) as unfinished:
        unfinished.touch()  # says why a file cannot be made, which ITK does not
        sitk.WriteImage(volume, str(unfinished), useCompression=True)
        if _unpacked_bytes(unfinished) != _nifti_bytes(volume) % 2**32:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _unpacked_bytes(path: Path) -> int:
    """Return the length of what is packed, modulo 2³², as a gzip file ends with it; -1 if empty."""
    with path.open("rb") as stream:
        if not stream.seek(0, os.SEEK_END):
            return -1
        stream.seek(-4, os.SEEK_END)
        return int.from_bytes(stream.read(), "little")


def _nifti_bytes(volume: sitk.Image) -> int:
    voxel_bytes = volume.GetSizeOfPixelComponent() * volume.GetNumberOfComponentsPerPixel()
    return NIFTI_HEADER_BYTES + volume.GetNumberOfPixels() * voxel_bytes


def read_mask(path: str | Path, label: int = 1, patient: str = "") -> sitk.Image:
    """Read a mask and return the voxels of ``label`` as a 0/1 image of type uint8."""
    return sitk.Cast(read_volume(path, patient) == label, sitk.sitkUInt8)


def on_grid_of(array: np.ndarray, reference: sitk.Image) -> sitk.Image:
    """Return ``array`` (z, y, x) as an image with the geometry of ``reference``."""
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(reference)
    return image


def best_slice(mask: np.ndarray) -> int:
    """Return the first slice of a mask (z, y, x) with the largest area."""
    return int(np.argmax(mask.reshape(len(mask), -1).sum(axis=1)))


def grid_differences(first: Grid, second: Grid, tolerance_mm: float = 1e-3) -> list[str]:
    """Say how two grids differ: one phrase each for size, spacing, origin, direction.

    The tolerance is the largest shift, in mm, that a difference may cause at the far corner of
    the volume; an empty list means the same grid.
    """
    if first.GetSize() != second.GetSize():
        return [f"size {first.GetSize()} against {second.GetSize()}"]
    size = np.array(first.GetSize())
    spacing = np.abs(np.subtract(first.GetSpacing(), second.GetSpacing())) * size
    origin = np.linalg.norm(np.subtract(first.GetOrigin(), second.GetOrigin()))
    extent = np.linalg.norm(size * np.array(first.GetSpacing()))
    turned = np.abs(np.subtract(first.GetDirection(), second.GetDirection())).max() * extent
    return [
        f"{name} by {shift:.3g} mm"
        for name, shift in (
            ("spacing", float(spacing.max())),
            ("origin", float(origin)),
            ("direction", float(turned)),
        )
        if shift > tolerance_mm
    ]
