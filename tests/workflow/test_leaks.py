"""Nothing about a patient outside training reaches what is fitted: by graph, by experiment."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.provenance import sha256_of
from radproof.schema import read_yaml
from radproof.tables import read_table, write_table

from tests.workflow.conftest import Project, make_project

pytestmark = pytest.mark.study


def patients_of(project: Project, *, training: bool) -> list[str]:
    sheet = read_table(project.folder / read_yaml(project.plan_path)["sheet"])
    return list(sheet.loc[(sheet["set"] == "train") == training, "patient"])


def as_real_study(project: Project, dataset: Path) -> tuple[str, ...]:
    """Make the plan one of given data instead of a simulation; returns Snakemake's settings."""
    plan = read_yaml(project.plan_path)
    del plan["simulation"]
    project.write_plan(plan)
    return (f"datasets=phantom={dataset}",)


def test_the_graph_of_what_is_fitted_holds_no_file_of_another_set(
    small_study: Project, tmp_path: Path
) -> None:
    project = make_project(tmp_path / "project")
    config = as_real_study(project, small_study.results / "dataset")
    done = project.snakemake("--detailed-summary", "fitted", config=config)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    for patient in patients_of(project, training=True):
        assert patient in said
    for patient in patients_of(project, training=False):
        assert not re.search(rf"\b(sub-)?{patient}\b", said), patient


def disturb(dataset: Path, patients: list[str]) -> None:
    """Change every scan, mask and label of some patients beyond recognition."""
    generator = np.random.default_rng(1)
    for patient in patients:
        for path in dataset.rglob(f"sub-{patient}_*.nii.gz"):
            image = sitk.ReadImage(str(path))
            array = sitk.GetArrayFromImage(image)
            if "dseg" in path.name:
                array = np.roll(array, 5, axis=2)
            else:
                array = generator.permutation(array.ravel()).reshape(array.shape)
            changed = sitk.GetImageFromArray(array)
            changed.CopyInformation(image)
            sitk.WriteImage(changed, str(path))
    table = read_table(dataset / "participants.tsv")
    chosen = table["participant_id"].isin([f"sub-{patient}" for patient in patients])
    table.loc[chosen, "nodal_metastasis"] = 1 - table.loc[chosen, "nodal_metastasis"]
    table.loc[chosen, "age"] = table.loc[chosen, "age"] + 10
    write_table(table, dataset / "participants.tsv")


def test_changing_every_test_patient_changes_nothing_fitted(
    small_study: Project, tmp_path: Path
) -> None:
    dataset = tmp_path / "phantom"
    shutil.copytree(small_study.results / "dataset", dataset)
    project = make_project(tmp_path / "project")
    disturb(dataset, patients_of(project, training=False))
    project.run(2, "fitted", config=as_real_study(project, dataset))
    fitted = [
        path.relative_to(project.results)
        for pattern in (
            "segmentation/*/fold-*/*",
            "segmentation/*/threshold*",
            "radiomics/*/icc-*",
            "radiomics/*/stability-*",
            "models/*/*",
        )
        for path in project.results.glob(pattern)
    ]
    assert len(fitted) > 10
    for path in fitted:
        assert sha256_of(project.results / path) == sha256_of(small_study.results / path), path
