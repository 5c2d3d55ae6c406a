"""Headers: what an image says of itself, without reading its voxels."""

import gzip
import math
import struct
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import SimpleITK as sitk

from radproof.cohort.content import UNREADABLE
from radproof.errors import Problem
from radproof.volumes import MOST_VOXELS, Grid, size_fault

SPACING_RANGE_MM = (0.01, 50.0)
NIFTI_HEADER_BYTES = 348
# RFC 1951: two bits at least for 258 bytes.
MOST_INFLATED = 1032
SINGULAR = 1e-9
INTACT = "replace the file by an intact NIfTI image"


def geometry_columns(header: Grid) -> dict[str, Any]:
    """Return size, spacing, origin (mm) and direction as columns of ``files.tsv``."""
    columns: dict[str, Any] = dict(
        zip(("size_x", "size_y", "size_z"), header.GetSize(), strict=True)
    )
    for name, values in (("spacing", header.GetSpacing()), ("origin", header.GetOrigin())):
        columns |= {f"{name}_{axis}_mm": value for axis, value in zip("xyz", values, strict=True)}
    numbered = enumerate(header.GetDirection(), 1)
    return columns | {f"direction_{number}": value for number, value in numbered}


def read_header(path: Path, patient: str) -> tuple[sitk.ImageFileReader | None, list[Problem]]:
    """Return an image's header and what is wrong with it; None where it cannot be read.

    A file cut short is found by its length, without reading its voxels.
    """
    problem = _file_problem(path)
    if problem:
        return None, [Problem(problem, patient=patient, file=str(path), remedy=INTACT)]
    problems = _nifti_problems(path, patient)
    if problems:
        return None, problems
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        what, found = "image has a header that cannot be read", _said(error, path)
        return None, [Problem(what, patient, str(path), found, remedy=INTACT)]
    if reader.GetDimension() != 3:
        what, found = "image is not a volume", f"{reader.GetDimension()} dimensions"
        remedy = "give one volume a file"
        return None, [Problem(what, patient, str(path), found, "3 dimensions", remedy)]
    return reader, _geometry_problems(reader, path, patient)


def _said(error: Exception, path: Path) -> str:
    """Return the last line of an error without the folders of a machine."""
    lines = str(error).replace(str(path), path.name).strip().splitlines()
    return " ".join(lines[-1].split()) if lines else type(error).__name__


def _file_problem(path: Path) -> str:
    if not path.is_file():
        return "file is missing"
    if path.stat().st_size == 0:
        return "file has zero bytes"
    try:
        if path.suffix == ".gz":
            _read_gzip(path)
        elif path.suffix == ".nii":
            with path.open("rb") as stream:
                expected = _nifti_bytes(stream.read(NIFTI_HEADER_BYTES))
            if path.stat().st_size < (expected or 0):
                return "file is cut short"
    except PermissionError:
        return "file may not be read"
    except UNREADABLE:
        return "file is not an intact gzip archive"
    return ""


def _nifti_problems(path: Path, patient: str) -> list[Problem]:
    """Return what NIfTI fields say that SimpleITK passes over in silence or cannot explain."""
    try:
        header = nibabel.loadsave.load(path).header
    except UNREADABLE as error:
        what, found = "image has a header that cannot be read", _said(error, path)
        return [Problem(what, patient, str(path), found, remedy=INTACT)]
    if not isinstance(header, nibabel.nifti1.Nifti1Header):
        what, found = "file is not NIfTI", type(header).__name__
        return [Problem(what, patient, str(path), found, remedy="convert it to NIfTI")]
    if fault := size_fault(header.get_data_shape()):
        what, expected = "image has an impossible size", f"1 to {MOST_VOXELS} voxels"
        return [Problem(what, patient, str(path), fault, expected, INTACT)]
    problems = []
    kind = header.get_data_dtype()
    channels = int(header["dim"][5]) if header["dim"][0] >= 5 else 1
    if kind.fields or kind.kind == "c" or channels > 1:
        what, expected = "image has colours or complex numbers", "one real number a voxel"
        found = f"{channels} channels" if channels > 1 else f"NIfTI data type {header['datatype']}"
        problems.append(Problem(what, patient, str(path), found, expected, "export one channel"))
    if header["qform_code"] == 0 and header["sform_code"] == 0:
        what, remedy = "image has no affine", "convert it again from the scanner's files"
        found = "qform_code 0, sform_code 0"
        problems.append(Problem(what, patient, str(path), found, "a place in space", remedy))
    elif not np.isfinite(header.get_best_affine()).all():
        what, remedy = "image has no place in space", "correct the affine of the header"
        found = "numbers that are not finite"
        problems.append(Problem(what, patient, str(path), found, remedy=remedy))
    elif abs(np.linalg.det(header.get_best_affine()[:3, :3])) < SINGULAR:
        what, remedy = "image axes are not independent", "correct the affine of the header"
        problems.append(Problem(what, patient, str(path), remedy=remedy))
    return problems


def _read_gzip(path: Path) -> None:
    """Raise where an archive is damaged; read it whole only where its length looks wrong."""
    with gzip.open(path) as stream:
        expected = _nifti_bytes(stream.read(NIFTI_HEADER_BYTES))
        if (expected or 0) > MOST_INFLATED * path.stat().st_size:
            raise EOFError("no archive of this length holds what the header announces")
        if expected is None or _uncompressed_bytes(path) != expected % 2**32:
            while stream.read(1 << 20):
                pass


def _uncompressed_bytes(path: Path) -> int:
    """Return the length, modulo 2**32, that a gzip archive states in its last four bytes."""
    with path.open("rb") as stream:
        stream.seek(-4, 2)
        return int(struct.unpack("<I", stream.read(4))[0])


def _nifti_bytes(head: bytes) -> int | None:
    """Return how long a NIfTI-1 file must be by its header; None where it is none.

    Source: nifti1.h, fields sizeof_hdr, dim (offset 40), bitpix (72), vox_offset (108).
    """
    if len(head) < NIFTI_HEADER_BYTES:
        return None
    order = "<" if struct.unpack_from("<i", head)[0] == NIFTI_HEADER_BYTES else ">"
    count, *sizes = struct.unpack_from(order + "8h", head, 40)
    (bits,) = struct.unpack_from(order + "h", head, 72)
    (offset,) = struct.unpack_from(order + "f", head, 108)
    if struct.unpack_from(order + "i", head)[0] != NIFTI_HEADER_BYTES or not math.isfinite(offset):
        return None
    return int(offset) + math.prod(sizes[:count]) * bits // 8


def _geometry_problems(header: sitk.ImageFileReader, path: Path, patient: str) -> list[Problem]:
    low, high = SPACING_RANGE_MM
    problems = []
    if not all(low <= step <= high for step in header.GetSpacing()):
        found = " x ".join(f"{step:g}" for step in header.GetSpacing()) + " mm"
        expected = f"{low:g} to {high:g} mm"
        remedy = "correct the unit of the header"
        problems.append(
            Problem("voxel spacing is absurd", patient, str(path), found, expected, remedy)
        )
    if not np.isfinite(header.GetOrigin()).all():
        found, remedy = f"{header.GetOrigin()} mm", "correct the affine of the header"
        problems.append(
            Problem("image has no place in space", patient, str(path), found, remedy=remedy)
        )
    return problems
