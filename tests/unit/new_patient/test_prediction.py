"""A new patient by clinical models of a finished study, whole, without TensorFlow."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from radproof.cli import app
from radproof.errors import BadInput, CheckFailed
from radproof.models.learners.logistic import predict
from radproof.models.nomogram import nomogram, probability_of_points
from radproof.new_patient.arguments import Patient
from radproof.new_patient.prediction import predict_patient
from radproof.provenance import SCRIPTS
from radproof.tables import read_json
from typer.testing import CliRunner

from tests.unit.new_patient.finished import EVIL, LEVELS, finished


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    return finished(tmp_path_factory.mktemp("finished"))


def given(**clinical: str) -> Patient:
    return Patient("new", {}, None, clinical, None)


def test_probability_is_that_of_the_model_and_of_its_points(results, tmp_path):
    answer = predict_patient(results, "clinical", given(age="51.5", stage="2"), tmp_path / "out")
    model = read_json(results / "models" / "clinical" / "model.json")
    stage = pd.Categorical(["2"], categories=LEVELS)
    (expected,) = predict(model, pd.DataFrame({"age": [51.5], "stage": stage}))["probability"]
    assert answer["probability"] == expected
    points = sum(term["points"] for term in answer["terms"])
    assert points == pytest.approx(answer["total_points"])
    assert probability_of_points(nomogram(model), points) == pytest.approx(expected)
    assert answer["interval"]["low"] < expected < answer["interval"]["high"]
    assert answer["simulated"] and "Not a medical device" in answer["warning"]
    assert [file["path"] for file in answer["model_files"]] == ["models/clinical/model.json"]
    assert read_json(tmp_path / "out" / "prediction.json") == answer
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "prediction.json",
        "report.html",
    ]


def test_the_same_bytes_from_a_copy_of_the_results(results, tmp_path):
    shutil.copytree(results, tmp_path / "copy")
    for folder, source in (("one", results), ("two", tmp_path / "copy")):
        predict_patient(source, "clinical", given(age="40"), tmp_path / folder)
    for name in ("prediction.json", "report.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_page_escapes_and_says_what_it_is_not_for(results, tmp_path):
    answer = predict_patient(results, "clinical", given(age="90", stage="3"), tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert EVIL not in page and "&lt;img src=x" in page and "<script" not in page
    assert "{{ 7 * 7 }}" in page
    assert "For research. Not a medical device, not for the care of patients." in page
    assert "Simulated cohort: the model was fitted on made-up patients" in page
    beyond, merged = answer["notes"]
    assert "age is 90, beyond the 30 to 69" in beyond and beyond in page
    assert merged == "stage=3 was not seen in fitting clinical and counts as 2."


def test_values_not_given_follow_the_model(results, tmp_path):
    answer = predict_patient(results, "clinical", given(stage="1"), tmp_path / "out")
    filled, narrow = answer["notes"]
    assert filled.startswith("age is not given: taken as")
    assert narrow.endswith("it is too narrow.")
    with pytest.raises(BadInput, match="age is not given, and strict refuses"):
        predict_patient(results, "strict", given(stage="1"), tmp_path / "strict")
    assert not (tmp_path / "strict").exists()


def test_a_folder_is_written_whole_or_not_at_all(results, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(BadInput, match="folder is there already"):
        predict_patient(results, "clinical", given(), tmp_path / "full")

    def fail(*_: object) -> None:
        raise OSError("disk is full")

    monkeypatch.setattr("radproof.new_patient.page.write_page", fail)
    with pytest.raises(OSError, match="disk is full"):
        predict_patient(results, "clinical", given(), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_changed_and_missing_files_of_the_study_are_named(results, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(results, copy)
    model = copy / "models" / "clinical" / "model.json"
    model.write_text(model.read_text().replace("0", "1", 1))
    with pytest.raises(CheckFailed, match=r"model\.json: file is not what the study recorded"):
        predict_patient(copy, "clinical", given(), tmp_path / "out")
    model.unlink()
    with pytest.raises(BadInput, match=r"clinical/model\.json: results lack what"):
        predict_patient(copy, "clinical", given(), tmp_path / "out")
    with pytest.raises(BadInput, match=r"write_report/all\.json: results lack"):
        predict_patient(tmp_path, "clinical", given(), tmp_path / "out")


def test_command_prints_one_object_and_keeps_to_its_exit_codes(results, tmp_path):
    arguments = ["predict", str(results), "--model", "clinical", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*arguments, "--clinical", "age=50", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["probability"] > 0
    assert "stage is not given" in done.stderr
    assert CliRunner().invoke(app, arguments).exit_code == 2
    arguments[-1] = str(tmp_path / "wrong")
    for wrong in (["--clinical", "age"], ["--clinical", "age=500"], ["--mask", "m.nii"]):
        assert CliRunner().invoke(app, [*arguments, *wrong]).exit_code == 2
    assert not (tmp_path / "wrong").exists()


def test_help_and_bad_arguments_do_not_load_tensorflow(results, tmp_path):
    wrong = ["predict", str(results), "--model", "none", "-o", str(tmp_path / "out")]
    for arguments in (["predict", "--help"], wrong):
        code = (
            "import sys\nfrom radproof.cli import app\n"
            f"try: app({arguments!r})\nexcept SystemExit: pass\n"
            "assert 'tensorflow' not in sys.modules and 'radiomics' not in sys.modules"
        )
        environment = {"PYTHONPATH": str(SCRIPTS), "PATH": "/usr/bin"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
