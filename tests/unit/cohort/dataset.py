"""A tiny data set on disk, sound until a test spoils it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from radproof.cohort.check import CohortTables, check_cohort
from radproof.tables import write_table

PATIENTS = ["A1", "A2", "B1", "B2"]
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
        mask[4, 2, number] = 1
        write_image(mask, file_of(folder, RATERS[0], patient))
    write_table(participants(), folder / "participants.tsv")
    return pd.DataFrame(
        {
            "patient": PATIENTS,
            "dataset": "tiny",
            "center": "c",
            "set": ["train", "train", "test", "test"],
            "fold": ["1", "2", None, None],
        }
    )


def participants() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{patient}" for patient in PATIENTS],
            "event": [0, 1, 0, 1],
            "age": [50.0, 61.5, 40.0, None],
            "grade": [1, 2, 2, 1],
        }
    )


def check(folder: Path, sheet: pd.DataFrame, *, content: bool = True) -> CohortTables:
    return check_cohort(
        sheet, {"tiny": folder}, "event", CLINICAL, SEQUENCES, RATERS, content=content
    )
