"""Landmarks are learned from training patients alone, and refused where they were not."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import yaml
from radproof.cli import app
from radproof.errors import BadInput
from radproof.images.body import body_mask
from radproof.images.grids import analysis_grid, resample_image
from radproof.images.intensities import landmarks
from radproof.images.percentiles import percentiles_inside
from radproof.images.standard_scale import PERCENTILES
from radproof.provenance import PROJECT
from radproof.schema import read_yaml
from radproof.study import load_study
from radproof.volumes import write_volume
from typer.testing import CliRunner

from tests.unit.images.phantoms import head

SHEET = """patient dataset center set fold
P1 own a train 1
P2 own a train 2
P3 own a train 1
T1 own a test n/a
"""
TRAINING = ["P1", "P2", "P3"]
LEARNED = {"percentiles": [1, 50, 99], "values": [0, 40, 100]}


class Place:
    """A folder with a plan of real data, its sheet and raw scans."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.plan_path, self.file = folder / "plan.yaml", folder / "t1.json"
        (folder / "sheet.tsv").write_text(SHEET.replace(" ", "\t"))
        self.plan = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
        del self.plan["simulation"]
        self.plan["sheet"] = str(folder / "sheet.tsv")
        self.entry = self.plan["sequences"][0]
        self.entry["bias_field"] = {"kind": "none"}
        self.entry["intensity"] = {"kind": "landmarks", "file": str(self.file)}
        self.write()

    def write(self) -> None:
        self.plan_path.write_text(yaml.safe_dump(self.plan, sort_keys=False))

    def scan(self, patient: str) -> Path:
        return self.data / self.entry["file"].format(patient=patient)

    def landmarks(self, patients: list[str], sequence: str | None = None) -> None:
        found = LEARNED | {"sequence": sequence or self.entry["name"], "patients": patients}
        self.file.write_text(json.dumps(found))

    def learn(self, sequence: str | None = None) -> Any:
        name = sequence or self.entry["name"]
        call = ["landmarks", str(self.plan_path), "--sequence", name, "--output", str(self.file)]
        return CliRunner().invoke(app, [*call, "--dataset", f"own={self.data}"])


def scanned(number: int) -> sitk.Image:
    """A head with noise, of a gain and an offset of its own."""
    return sitk.AdditiveGaussianNoise(head(number), 5.0, 0.0, number) * number + 50


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    for number, patient in enumerate([*TRAINING, "T1"], 1):
        write_volume(scanned(number), place.scan(patient))
    return place


def test_landmarks_are_learned_from_training_patients_alone(place: Place) -> None:
    assert place.learn().exit_code == 0
    first = place.file.read_bytes()
    found = json.loads(first)
    assert found["patients"] == TRAINING
    assert found["percentiles"] == list(PERCENTILES)
    assert (found["values"][0], found["values"][-1]) == (0, 100)
    shutil.rmtree(place.scan("T1").parent)
    assert place.learn().exit_code == 0
    assert place.file.read_bytes() == first
    assert [path.name for path in place.folder.glob(".*")] == []


def test_what_was_learned_loads_and_scales(place: Place) -> None:
    place.learn()
    study = load_study(place.plan_path, {"own": str(place.data)})
    assert study.landmarks == {place.entry["name"]: str(place.file)}
    image = sitk.ReadImage(str(place.scan("T1")))
    image = resample_image(
        image, analysis_grid(image, [1.0, 1.0, 3.0], None), sitk.Transform(), "linear"
    )
    body = body_mask(image)
    scaled = landmarks.scale(image, body, place.entry["intensity"])
    values = json.loads(place.file.read_text())["values"]
    assert percentiles_inside(scaled, body, PERCENTILES) == pytest.approx(np.array(values), abs=0.5)


def test_the_bias_field_is_corrected_as_the_plan_says(place: Place) -> None:
    place.learn()
    plain = json.loads(place.file.read_text())["values"]
    place.entry["bias_field"] = {
        "kind": "n4",
        "shrink_factor": 2,
        "fitting_levels": 3,
        "iterations": 5,
        "convergence": 0.001,
    }
    place.write()
    assert place.learn().exit_code == 0
    assert json.loads(place.file.read_text())["values"] != plain


def test_a_scan_that_cannot_be_used_is_named_and_the_old_file_stays(place: Place) -> None:
    place.learn()
    before = place.file.read_bytes()
    write_volume(head() * 0 + 3, place.scan("P2"))
    done = place.learn()
    assert done.exit_code == 2
    assert f"patient P2: {place.scan('P2')}: percentiles of the image" in done.output
    place.scan("P2").unlink()
    done = place.learn()
    assert done.exit_code == 2
    assert f"patient P2: {place.scan('P2')}: image cannot be read" in done.output
    assert place.file.read_bytes() == before


def test_a_sequence_that_the_plan_lacks_is_refused(place: Place) -> None:
    done = place.learn("t9")
    assert done.exit_code == 2
    assert f"plan has no such sequence (found t9, expected one of {place.entry['name']}" in (
        " ".join(done.output.split())
    )


@pytest.mark.parametrize("patient", ["T1", "t1"])
def test_landmarks_of_a_held_out_patient_are_refused(place: Place, patient: str) -> None:
    place.landmarks(["P1", patient])
    with pytest.raises(BadInput) as caught:
        load_study(place.plan_path, None)
    (problem,) = caught.value.problems
    assert (problem.patient, problem.file, problem.found) == (patient, str(place.file), "set test")
    assert "outside the training set" in problem.what


def test_landmarks_of_training_patients_or_of_another_cohort_are_fine(place: Place) -> None:
    for patients in (TRAINING, ["X1", "X2"]):
        place.landmarks(patients)
        assert load_study(place.plan_path, None).patients() == [*TRAINING, "T1"]


def test_landmarks_of_another_sequence_and_all_problems_at_once(place: Place) -> None:
    place.landmarks(["T1"], sequence="t9")
    with pytest.raises(BadInput, match="landmarks are of another sequence") as caught:
        load_study(place.plan_path, None)
    assert len(caught.value.problems) == 2


def test_a_missing_file_of_landmarks_is_refused(place: Place) -> None:
    with pytest.raises(BadInput, match=r"t1\.json: landmarks cannot be read"):
        load_study(place.plan_path, None)
