import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.schema import read_schema, validate
from radproof.simulation.cohort import draw_cohort, oracle_auc
from radproof.simulation.dataset import write_cohort, write_patient
from radproof.tables import read_json, read_table
from radproof.volumes import grid_differences, read_mask, read_volume

from tests.bids import bids_errors

Settings = dict[str, Any]
SEED = 9


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_bytes_twice_in_any_order(settings: Settings, few: list[str], tmp_path: Path) -> None:
    for name, batch in (("one", few[:3]), ("two", few[2::-1])):
        write_cohort(settings, few, SEED, tmp_path / name)
        for patient in batch:
            write_patient(settings, few, patient, SEED, tmp_path / name)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert len(hashes(tmp_path / "one")) == 6 + 2 + 2 * 3 + 3 * (3 + 1 + 2)


def test_another_seed_gives_another_patient(
    settings: Settings, few: list[str], tmp_path: Path
) -> None:
    write_patient(settings, few, few[0], SEED, tmp_path / "one")
    write_patient(settings, few, few[0], SEED + 1, tmp_path / "two")
    first, second = hashes(tmp_path / "one"), hashes(tmp_path / "two")
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] == second[name]} == {
        name for name in first if name.endswith(".json")
    }


def test_files_have_the_names_and_grids_of_the_plan(
    settings: Settings, few: list[str], tmp_path: Path
) -> None:
    write_patient(settings, few, "SML04", SEED, tmp_path)
    anat = tmp_path / "sub-SML04" / "anat"
    images = [
        read_volume(anat / f"sub-SML04_{suffix}.nii.gz") for suffix in ("ce-GAD_T1w", "T2w", "T1w")
    ]
    assert [image.GetSize() for image in images] == [(66, 66, 20), (64, 64, 19), (60, 60, 17)]
    for image in images:
        voxels = sitk.GetArrayViewFromImage(image)
        assert image.GetPixelID() == sitk.sitkInt16
        assert voxels.min() >= 0
        assert np.percentile(voxels, 99) > 100
        assert not np.allclose(np.reshape(image.GetDirection(), (3, 3)), np.eye(3), atol=1e-3)
    for rater in ("rater1", "rater2"):
        name = f"sub-SML04_space-ceT1w_desc-{rater}_dseg.nii.gz"
        mask = read_mask(tmp_path / "derivatives" / rater / "sub-SML04" / "anat" / name)
        assert grid_differences(mask, images[0]) == []
        assert set(np.unique(sitk.GetArrayViewFromImage(mask))) == {0, 1}


def test_tables_tell_the_clinic_and_the_truth_apart(
    settings: Settings, few: list[str], tmp_path: Path
) -> None:
    write_cohort(settings, few, SEED, tmp_path)
    cohort = draw_cohort(settings, few, SEED)
    participants = read_table(tmp_path / "participants.tsv", text=("clinical_t_stage",))
    pd.testing.assert_frame_equal(
        participants, cohort[participants.columns], check_dtype=False, check_exact=True
    )
    assert not {"true_risk", "heterogeneity", "diameter_mm"} & set(participants)
    levels = read_json(tmp_path / "participants.json")
    assert set(participants) == set(levels) - {"SIMULATED"}
    truth = read_table(tmp_path / "truth.tsv", text=("clinical_t_stage",))
    assert truth["true_risk"].tolist() == cohort["true_risk"].tolist()
    assert truth["oracle_auc"].unique().tolist() == [oracle_auc(cohort)]
    assert {"T2w_motion_x_deg", "T1w_motion_z_mm"} <= set(truth)
    assert not [name for name in truth if name.startswith("ceT1w")]


def test_the_data_set_says_that_it_is_simulated(
    settings: Settings, few: list[str], tmp_path: Path
) -> None:
    write_cohort(settings, few, SEED, tmp_path)
    for place, kind in ((".", "raw"), ("derivatives/rater1", "derivative")):
        description = read_json(tmp_path / place / "dataset_description.json")
        assert description["DatasetType"] == kind
        assert "SIMULATED" in description["Name"]
    assert "SIMULATED" in (tmp_path / "README").read_text()
    write_patient(settings, few, few[0], SEED, tmp_path)
    sidecar = read_json(tmp_path / f"sub-{few[0]}" / "anat" / f"sub-{few[0]}_ce-GAD_T1w.json")
    assert sidecar["ContrastBolusIngredient"] == "GADOLINIUM"
    assert sidecar["EchoTime"] == pytest.approx(0.012)
    assert "ContrastBolusIngredient" not in read_json(tmp_path / "T1w.json")


def test_settings_are_closed_and_complete(settings: Settings) -> None:
    schema = read_schema("simulation")
    assert validate(settings, schema, "plan.yaml") == []
    settings["acquisition"]["snr"] = 3
    del settings["risk"]["size"]
    settings["field_strength_t"] = 7.0
    said = " ".join(map(str, validate(settings, schema, "plan.yaml", "simulation")))
    assert "unknown setting at simulation.acquisition (found snr" in said
    assert "missing setting at simulation.risk (expected size)" in said
    assert "simulation.field_strength_t" in said


def test_wrong_counts_write_nothing(settings: Settings, few: list[str], tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        write_cohort(settings, few[1:], SEED, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_raw_data_and_raters_masks_are_valid_bids(
    settings: Settings, few: list[str], tmp_path: Path
) -> None:
    write_cohort(settings, few, SEED, tmp_path)
    for patient in few:
        write_patient(settings, few, patient, SEED, tmp_path)
    assert bids_errors(tmp_path) == []
    assert bids_errors(tmp_path / "derivatives" / "rater1") == []
