"""Headers: what an image says of itself, without reading its voxels."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.errors import Problem
from radproof.volumes import Grid

SPACING_RANGE_MM = (0.01, 50.0)


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
    """Return an image's header and what is wrong with it; None where it cannot be read."""
    problem = _file_problem(path)
    if problem:
        remedy = "replace the file by an intact NIfTI image"
        return None, [Problem(problem, patient=patient, file=str(path), remedy=remedy)]
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        what = "image has a header that cannot be read"
        found = str(error).strip().splitlines()[-1].strip()
        return None, [Problem(what, patient=patient, file=str(path), found=found)]
    if reader.GetDimension() != 3:
        what, found = "image is not a volume", f"{reader.GetDimension()} dimensions"
        return None, [Problem(what, patient=patient, file=str(path), found=found, expected="3")]
    return reader, _geometry_problems(reader, path, patient)


def _file_problem(path: Path) -> str:
    if not path.is_file():
        return "file is missing"
    if path.stat().st_size == 0:
        return "file has zero bytes"
    if path.suffix == ".gz":
        try:
            with gzip.open(path) as stream:
                stream.read(352)
        except (OSError, EOFError):
            return "file is not an intact gzip archive"
    return ""


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
    if abs(np.linalg.det(np.reshape(header.GetDirection(), (3, 3)))) < 1e-6:
        problems.append(Problem("image axes are not independent", patient=patient, file=str(path)))
    if header.GetNumberOfComponents() != 1:
        found = f"{header.GetNumberOfComponents()} values a voxel"
        problems.append(Problem("image is not of one channel", patient, str(path), found, "1"))
    return problems
