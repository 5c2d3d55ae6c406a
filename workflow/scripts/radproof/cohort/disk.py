"""Room on the disk: what a study will write, at most, before it starts to."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radproof.errors import BadInput, Problem

FLOAT_BYTES = 4
GB = 1e9


def bytes_to_write(plan: Mapping[str, Any], files: pd.DataFrame | None, patients: int) -> int:
    """Return the bytes of all prepared images and masks if nothing of them could be compressed.

    Images are float32, masks one byte a voxel, on the grid of the plan. ``files`` are the rows of
    ``files.tsv``, from which the grid of each patient follows where the plan sets no size; without
    either nothing is known, and 0 is returned. Simulated scans count as much again.
    """
    if not plan["sequences"]:
        return 0
    masks = len(plan["raters"]) + len(plan["segmenters"])
    per_voxel = FLOAT_BYTES * len(plan["sequences"]) + masks
    size = plan["images"]["size"]
    if size is not None:
        voxels = float(np.prod(size)) * patients
    elif files is not None:
        named = files["name"] == plan["sequences"][0]["name"]
        reference = files[named & (files["role"] == "image")]
        extents = [reference[f"size_{axis}"] * reference[f"spacing_{axis}_mm"] for axis in "xyz"]
        volume_mm3 = np.prod(np.array(extents, dtype=float), axis=0).sum()
        voxels = float(volume_mm3 / np.prod(plan["images"]["spacing_mm"]))
    else:
        voxels = 0.0
    return int(voxels * per_voxel * (2 if "simulation" in plan else 1))


def refuse_full_disk(needed: int, folder: Path) -> None:
    """Raise where the disk of a folder has less room than needed.

    Raises
    ------
    BadInput
        Saying how much is needed and how much is free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BadInput(
            Problem(
                "disk is too small for the run",
                file=str(folder),
                found=f"{free / GB:.1f} GB free",
                expected=f"{needed / GB:.1f} GB",
                remedy="free some room, or make images.size smaller or images.spacing_mm coarser",
            )
        )
