"""A file of landmarks is an input of what prepares images, and checked before anything runs."""

import json
from pathlib import Path

import pytest
from radproof.cohort.sheet import read_sheet
from radproof.schema import read_yaml

from tests.workflow.conftest import STUDY, Project, make_project

FILE = "config/landmarks/first.json"
TARGET = f"results/{STUDY}/images/qc-train001.tsv"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small study, whose first sequence is scaled by landmarks."""
    project = make_project(tmp_path / "project")
    plan = read_yaml(project.plan_path)
    plan["sequences"][0]["intensity"] = {"kind": "landmarks", "file": FILE}
    project.write_plan(plan)
    return project


def learned_on(project: Project, set_name: str) -> str:
    """Write landmarks learned on the first patient of a set; return the patient."""
    plan = read_yaml(project.plan_path)
    sheet = read_sheet(project.folder / plan["sheet"])
    patient = sheet.loc[sheet["set"] == set_name, "patient"].iloc[0]
    scale = {"percentiles": [1, 50, 99], "values": [0, 40, 100]}
    path = project.folder / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps({"sequence": plan["sequences"][0]["name"], **scale, "patients": [patient]})
    )
    return patient


def test_the_file_is_an_input_of_the_rule_that_prepares(project: Project) -> None:
    learned_on(project, "train")
    done = project.snakemake("--filegraph", TARGET)
    assert done.returncode == 0, done.stderr
    (rule,) = [node for node in done.stdout.split("label=") if TARGET in node]
    assert FILE in rule


def test_landmarks_of_a_held_out_patient_stop_the_graph(project: Project) -> None:
    patient = learned_on(project, "test")
    done = project.snakemake("--dry-run", TARGET)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"patient {patient}: " in said
    assert f"{FILE}: landmarks were learned on a patient outside the training set" in said
