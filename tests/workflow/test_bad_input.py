"""Bad input: one message naming patient and file, exit code 2, before any long job starts."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.cohort.sheet import read_sheet
from radproof.schema import read_yaml
from radproof.simulation.dataset import write_cohort, write_patient
from radproof.tables import read_table, write_table

from tests.workflow.conftest import PATIENTS, Project, make_project, small_plan


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans of the small plan's patients, as if they had come from a hospital."""
    folder = tmp_path_factory.mktemp("phantoms")
    plan = small_plan()
    write_cohort(plan["simulation"], PATIENTS, plan["seed"], folder)
    for patient in PATIENTS:
        write_patient(plan["simulation"], PATIENTS, patient, plan["seed"], folder)
    return folder


@pytest.fixture
def study(tmp_path: Path, phantoms: Path) -> tuple[Project, Path]:
    """A project whose plan takes given data, and a copy of the data to spoil."""
    project = make_project(tmp_path / "project")
    plan = read_yaml(project.plan_path)
    del plan["simulation"]
    project.write_plan(plan)
    return project, Path(shutil.copytree(phantoms, tmp_path / "data"))


def check(project: Project, data: Path, *arguments: str) -> subprocess.CompletedProcess:
    call = [sys.executable, "-c", "from radproof.cli import app; app()", "check"]
    return subprocess.run(
        [*call, str(project.plan_path), "--dataset", f"phantom={data}", *arguments],
        cwd=project.folder,
        env={"PYTHONPATH": str(project.folder / "workflow/scripts"), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def refused(done: subprocess.CompletedProcess, *said: str) -> None:
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in said:
        assert part in done.stderr


def test_sound_data_pass(study: tuple[Project, Path]) -> None:
    done = check(*study, "--content")
    assert done.returncode == 0, done.stderr
    assert "18 patients are sound" in done.stdout


def test_an_unknown_setting(study: tuple[Project, Path]) -> None:
    project, data = study
    project.write_plan(read_yaml(project.plan_path) | {"colour": "red"})
    refused(check(project, data), "colour", "small.yaml")


def test_an_unknown_kind_lists_those_there_are(study: tuple[Project, Path]) -> None:
    project, data = study
    plan = read_yaml(project.plan_path)
    plan["segmenters"]["unet"]["kind"] = "magic"
    project.write_plan(plan)
    refused(check(project, data), "magic", "mobilenetv2_unet")


def test_sheet_and_participants_disagreeing(study: tuple[Project, Path]) -> None:
    project, data = study
    table = read_table(data / "participants.tsv")
    write_table(table[table["participant_id"] != "sub-SML03"], data / "participants.tsv")
    refused(check(project, data), "patient SML03", "participants.tsv")


def test_a_missing_image(study: tuple[Project, Path]) -> None:
    project, data = study
    path = data / "sub-SML05" / "anat" / "sub-SML05_T2w.nii.gz"
    path.unlink()
    refused(check(project, data), "patient SML05", str(path), "file is missing")


def mask_of(data: Path, patient: str) -> Path:
    return next((data / "derivatives" / "rater1").rglob(f"sub-{patient}_*dseg.nii.gz"))


def test_a_mask_on_another_grid(study: tuple[Project, Path]) -> None:
    project, data = study
    path = mask_of(data, "SML07")
    mask = sitk.ReadImage(str(path))
    mask.SetOrigin([value + 1.5 for value in mask.GetOrigin()])
    sitk.WriteImage(mask, str(path))
    refused(check(project, data), "patient SML07", str(path), "origin")


@pytest.mark.study
def test_an_empty_mask_stops_the_study_before_any_image_is_prepared(
    study: tuple[Project, Path],
) -> None:
    project, data = study
    sheet = read_sheet(project.folder / read_yaml(project.plan_path)["sheet"])
    held_out = str(sheet.loc[sheet["set"] == "test", "patient"].iloc[0])
    path = mask_of(data, held_out)
    mask = sitk.ReadImage(str(path))
    empty = sitk.GetImageFromArray(np.zeros_like(sitk.GetArrayViewFromImage(mask)))
    empty.CopyInformation(mask)
    sitk.WriteImage(empty, str(path))
    refused(check(project, data, "--content"), f"patient {held_out}", str(path), "mask is empty")
    done = project.snakemake("--cores", "2", config=(f"datasets=phantom={data}",))
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"patient {held_out}: {path}: mask is empty" in said
    assert not list((project.results / "images").rglob("*.nii.gz"))
