"""Prepared images and masks leave a study as a BIDS data set that a validator accepts."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.dossier.derivatives import write_derivatives
from radproof.errors import BadInput
from radproof.provenance import sha256_of
from radproof.tables import read_json, write_table
from radproof.volumes import write_volume

from tests.bids import bids_errors

PLAN: dict[str, Any] = {
    "title": "Tongues",
    "sequences": [
        {"name": "ceT1w", "file": "sub-{patient}/anat/sub-{patient}_ce-GAD_T1w.nii.gz"},
        {"name": "pet", "file": "sub-{patient}/pet/sub-{patient}_pet.nii.gz"},
    ],
    "raters": [{"name": "rater1"}],
    "segmenters": {"unet": {}},
}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    write_table(pd.DataFrame({"patient": ["01", "02"]}), folder / "cohort" / "patients.tsv")
    image = sitk.GetImageFromArray(np.arange(27, dtype=np.float32).reshape(3, 3, 3))
    for patient in ("01", "02"):
        for name in ("ceT1w", "pet", "mask-rater1"):
            write_volume(image, folder / "images" / patient / f"{name}.nii.gz")
        write_volume(image, folder / "segmentation" / "unet" / "masks" / f"{patient}.nii.gz")
    return folder


def test_derivatives_are_valid_and_the_same_bytes(results: Path, tmp_path: Path) -> None:
    folder = tmp_path / "derivatives"
    assert write_derivatives(PLAN, results, folder, "1.0") == 8
    assert bids_errors(folder) == []
    names = sorted(path.name for path in (folder / "sub-01").rglob("*.nii.gz"))
    assert names == [
        "sub-01_ce-GAD_space-ceT1w_desc-prepared_T1w.nii.gz",
        "sub-01_space-ceT1w_desc-prepared_pet.nii.gz",
        "sub-01_space-ceT1w_label-tumor_desc-rater1_mask.nii.gz",
        "sub-01_space-ceT1w_label-tumor_desc-unet_mask.nii.gz",
    ]
    assert sha256_of(folder / "sub-01" / "anat" / names[0]) == sha256_of(
        results / "images" / "01" / "ceT1w.nii.gz"
    )
    manual, automated = (
        read_json(folder / "sub-01" / "anat" / name.replace(".nii.gz", ".json"))["Manual"]
        for name in names[2:]
    )
    assert (manual, automated) == (True, False)


def test_what_bids_does_not_know_is_said_to_be_ignored(results: Path, tmp_path: Path) -> None:
    plan = PLAN | {"sequences": [PLAN["sequences"][0], dict(PLAN["sequences"][1])]}
    plan["sequences"][1]["file"] = "sub-{patient}/ct/sub-{patient}_ct.nii.gz"
    write_derivatives(plan, results, tmp_path / "derivatives", "1.0")
    assert bids_errors(tmp_path / "derivatives") == []


def test_simulated_patients_are_called_so(results: Path, tmp_path: Path) -> None:
    write_derivatives(PLAN | {"simulation": {}}, results, tmp_path / "derivatives", "1.0")
    assert "SIMULATED" in read_json(tmp_path / "derivatives" / "dataset_description.json")["Name"]
    assert "SIMULATED" in (tmp_path / "derivatives" / "README").read_text()


def test_unfinished_results_and_a_folder_that_is_there_are_refused(
    results: Path, tmp_path: Path
) -> None:
    (results / "images" / "02" / "pet.nii.gz").unlink()
    with pytest.raises(BadInput, match=r"not complete .*found 1 of 8"):
        write_derivatives(PLAN, results, tmp_path / "derivatives", "1.0")
    assert not (tmp_path / "derivatives").exists()
    with pytest.raises(BadInput, match="there already"):
        write_derivatives(PLAN, results, results, "1.0")
