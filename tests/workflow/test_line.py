"""The whole line on a small study: what it leaves, and that it leaves it again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from radproof.provenance import sha256_of
from radproof.tables import read_table

from tests.workflow.conftest import PATIENTS, Project

pytestmark = pytest.mark.study

# Times stand in these alone.
WITH_TIMES = ("records/", "logs/", "dossier/mlflow", "dossier/ro-crate-metadata.json")


def contents(results: Path) -> dict[str, str]:
    files = (path for path in results.rglob("*") if path.is_file())
    named = {path.relative_to(results).as_posix(): path for path in files}
    return {
        name: sha256_of(path) for name, path in named.items() if not name.startswith(WITH_TIMES)
    }


def radproof(project: Project, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from radproof.cli import app; app()", *arguments]
    environment = {"PYTHONPATH": str(project.folder / "workflow" / "scripts"), "PATH": "/usr/bin"}
    return subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False
    )


def test_everyone_is_predicted_and_nobody_twice(small_study: Project) -> None:
    predictions = read_table(small_study.results / "models" / "nomogram_auto" / "predictions.tsv")
    assert set(predictions["patient"]) == set(PATIENTS)
    assert not predictions.duplicated(["patient", "kind"]).any()
    assert predictions["probability"].between(0, 1).all()
    held_out = predictions[predictions["kind"] == "held_out"]
    assert set(held_out["set"]) == {"test"}


def test_everything_says_simulated(small_study: Project) -> None:
    for path in (small_study.results / "figures").glob("*.svg"):
        assert "imulated" in path.read_text(), path.name
    assert "imulated" in (small_study.results / "dossier" / "report.html").read_text()
    claims = read_table(small_study.results / "dossier" / "claims.tsv")
    assert not claims["verdict"].isin(["reproduced", "not reproduced"]).any()


def test_evidence_of_checklists_is_there(small_study: Project) -> None:
    filled = read_table(small_study.results / "dossier" / "checklists.tsv")
    cited = {path for paths in filled["evidence"].dropna() for path in paths.split(", ")}
    assert len(cited) > 20
    for path in cited:
        assert (small_study.results / path.partition("#")[0]).is_file(), path


def test_a_second_run_has_nothing_to_do(small_study: Project) -> None:
    assert small_study.planned() == {}


def test_a_figure_is_traced_to_raw_files_and_tampering_is_named(study_copy: Project) -> None:
    figure = study_copy.results / "figures" / "roc.svg"
    traced = radproof(study_copy, "trace", str(figure), "--json")
    assert traced.returncode == 0, traced.stderr
    chain = json.loads(traced.stdout)
    rules = {job["rule"] for job in chain["jobs"]}
    assert {"plot_roc", "predict", "train_segmenter", "simulate_patients"} <= rules
    assert len(chain["not_kept"]) == len(PATIENTS)
    assert all("/probabilities/" in path for path in chain["not_kept"])
    image = study_copy.results / "images" / PATIENTS[0] / "T2w.nii.gz"
    image.write_bytes(image.read_bytes() + b"\0")
    tampered = radproof(study_copy, "trace", str(figure))
    assert tampered.returncode == 1
    assert f"images/{PATIENTS[0]}/T2w.nii.gz" in tampered.stderr


def test_verify_finds_a_changed_digit(study_copy: Project) -> None:
    assert radproof(study_copy, "verify", str(study_copy.results)).returncode == 0
    table = study_copy.results / "evaluation" / "discrimination.tsv"
    rows = table.read_text().splitlines()
    cells = rows[1].split("\t")
    column = rows[0].split("\t").index("auc")
    cells[column] = "0.987"
    table.write_text("\n".join([rows[0], "\t".join(cells), *rows[2:]]) + "\n")
    done = radproof(study_copy, "verify", str(study_copy.results))
    assert done.returncode == 1
    assert "discrimination.tsv row 1 auc" in done.stdout


def test_every_perturbed_mask_of_training_is_reported_and_no_other(small_study: Project) -> None:
    folder = small_study.results / "radiomics" / "pyradiomics"
    sheet = read_table(small_study.results / "cohort" / "patients.tsv").set_index("patient")["set"]
    drawn = [read_table(path) for path in sorted(folder.glob("*/perturbations.whole.tsv"))]
    patients = [patient for table in drawn for patient in table["patient"]]
    assert sorted(patients) == sorted(sheet.index[sheet == "train"])
    assert all(table["dice"].between(0.5, 1, inclusive="left").all() for table in drawn)
    dice = read_table(folder / "perturbations-whole.tsv")
    assert dice["n"].tolist() == [len(patients)]
    icc = read_table(folder / "icc-whole.tsv")
    assert set(icc["between"]) == {"raters", "automated", "contours"}
