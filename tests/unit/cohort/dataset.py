"""A tiny data set on disk, sound until a test spoils it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from radproof.cohort.check import CohortTables, check_cohort
from radproof.study import EXCLUDED_COLUMNS
from radproof.tables import write_table

PATIENTS = ["A1", "A2", "A3", "A4", "B1", "B2"]
SEQUENCES = [
    {"name": "t1", "file": "sub-{patient}/anat/sub-{patient}_T1w.nii.gz"},
    {"name": "t2", "file": "sub-{patient}/anat/sub-{patient}_T2w.nii.gz"},
]
RATERS = [{"name": "rater1", "file": "masks/sub-{patient}_dseg.nii.gz", "label": 1}]
CLINICAL: list[dict[str, Any]] = [
    {"name": "age", "kind": "number", "unit": "years", "minimum": 0, "maximum": 120},
    {"name": "grade", "kind": "category", "levels": ["1", "2"]},
]


def write_image(array: np.ndarray, path: Path, spacing: tuple[float, ...] = (1, 1, 2)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array)
    if image.GetDimension() == 3:
        image.SetSpacing(spacing)
    sitk.WriteImage(image, str(path))


def file_of(folder: Path, entry: dict[str, Any], patient: str) -> Path:
    return folder / entry["file"].format(patient=patient)


def make_dataset(folder: Path) -> pd.DataFrame:
    """Write the data set and return its sheet."""
    generator = np.random.default_rng(0)
    for number, patient in enumerate(PATIENTS):
        for entry in SEQUENCES:
            values = generator.normal(100, 10, size=(6, 8, 8)).astype(np.float32)
            write_image(values, file_of(folder, entry, patient))
        mask = np.zeros((6, 8, 8), dtype=np.uint8)
        mask[2:4, 2:5, 2:6] = 1
        mask[4, 2 + number // 3, 2 + number % 3] = 1
        write_image(mask, file_of(folder, RATERS[0], patient))
    write_table(participants(), folder / "participants.tsv")
    return pd.DataFrame(
        {
            "patient": PATIENTS,
            "dataset": "tiny",
            "center": "c",
            "set": ["train"] * 4 + ["test"] * 2,
            "fold": ["1", "1", "2", "2", None, None],
        }
    )


def participants() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{patient}" for patient in PATIENTS],
            "event": [0, 1, 0, 1, 0, 1],
            "age": [50.0, 61.5, 40.0, 55.0, 71.0, None],
            "grade": [1, 2, 2, 1, 2, 1],
        }
    )


def cohort_settings(**changes: Any) -> dict[str, Any]:
    """Return the parts of a plan that the check needs, with changes to its section `cohort`."""
    masks = {"components": 1, "share": 0.5, "edge": "refuse", "distance_mm": None}
    cohort = {"on_problem": "stop", "missing_sequence": "problem", "person": None, "masks": masks}
    return {
        "outcome": "event",
        "clinical": CLINICAL,
        "sequences": SEQUENCES,
        "raters": RATERS,
        "controls": [],
        "cohort": cohort | {"phi": {"allow": []}} | changes,
    }


def check(
    folder: Path, sheet: pd.DataFrame, *, content: bool = True, **changes: Any
) -> CohortTables:
    excluded = pd.DataFrame(columns=EXCLUDED_COLUMNS)
    settings = cohort_settings(**changes)
    return check_cohort(sheet, {"tiny": folder}, settings, excluded, content=content)


def image_path(folder: Path) -> Path:
    return file_of(folder, SEQUENCES[1], "A2")


def mask_path(folder: Path) -> Path:
    return file_of(folder, RATERS[0], "A2")


def mask(changes: Callable[[np.ndarray], object], folder: Path, dtype: type = np.uint8) -> None:
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(mask_path(folder)))).astype(dtype)
    changes(array)
    write_image(array, mask_path(folder))


def move_mask(folder: Path) -> None:
    moved = sitk.ReadImage(str(mask_path(folder)))
    moved.SetOrigin((0.0, 0.0, 3.0))
    sitk.WriteImage(moved, str(mask_path(folder)))
