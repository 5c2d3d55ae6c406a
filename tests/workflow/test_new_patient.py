"""A held-out patient predicted anew from raw files gives what the study itself gave."""

import json
import shutil
from pathlib import Path

import pytest
from radproof.tables import read_table

from tests.workflow.conftest import Project
from tests.workflow.test_line import radproof

pytestmark = pytest.mark.study

SUFFIXES = {"ceT1w": "ce-GAD_T1w", "T2w": "T2w", "T1w": "T1w"}


@pytest.fixture(scope="module")
def copied(small_study: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results alone, as on another machine: no scans, neither raw nor prepared."""
    copy = tmp_path_factory.mktemp("copied") / "results"
    shutil.copytree(
        small_study.results, copy, ignore=shutil.ignore_patterns("dataset", "logs", "*.nii.gz")
    )
    return copy


def held_out(project: Project) -> dict:
    patients = read_table(project.results / "cohort" / "patients.tsv")
    return patients[patients["set"] == "test"].iloc[0].to_dict()


def arguments(project: Project, patient: dict, names: list[str]) -> list[str]:
    label = patient["patient"]
    folder = project.results / "dataset" / f"sub-{label}" / "anat"
    images = [f"{name}={folder}/sub-{label}_{SUFFIXES[name]}.nii.gz" for name in names]
    values = [f"{name}={patient[name]}" for name in ("clinical_t_stage", "depth_of_invasion_mm")]
    return [
        *(word for image in images for word in ("--images", image)),
        *(word for value in values for word in ("--clinical", value)),
        *("--patient", label, "--json"),
    ]


def probability(project: Project, model: str, patient: str) -> float:
    table = read_table(project.results / "models" / model / "predictions.tsv")
    return float(table.set_index("patient").loc[patient, "probability"])


def test_by_the_networks_outline(small_study: Project, copied: Path, tmp_path: Path) -> None:
    patient, out = held_out(small_study), tmp_path / "out"
    given = arguments(small_study, patient, list(SUFFIXES))
    chosen = ["predict", str(copied), "--model", "nomogram_auto", "-o", str(out)]
    done = radproof(small_study, *chosen, *given)
    assert done.returncode == 0, done.stderr
    answer, label = json.loads(done.stdout), patient["patient"]
    assert answer["probability"] == probability(small_study, "nomogram_auto", label)
    (upstream,) = answer["upstream"]
    assert upstream["probability"] == probability(small_study, "radiomics_auto", label)
    masks = small_study.results / "segmentation" / "unet" / "masks"
    assert (out / "mask.nii.gz").read_bytes() == (masks / f"{label}.nii.gz").read_bytes()
    assert f"the study's own patient {label}, set test" in done.stderr
    assert "Code differs" not in done.stderr and "Libraries differ" not in done.stderr
    used = [file["path"] for file in answer["model_files"]]
    assert [f"segmentation/unet/fold-{fold}/model.keras" in used for fold in "123"] == [True] * 3
    assert "Simulated cohort" in (out / "report.html").read_text()


def test_by_a_drawn_outline(small_study: Project, copied: Path, tmp_path: Path) -> None:
    patient, out = held_out(small_study), tmp_path / "out"
    label = patient["patient"]
    drawn = small_study.results / "dataset" / "derivatives" / "rater1" / f"sub-{label}" / "anat"
    mask = drawn / f"sub-{label}_space-ceT1w_desc-rater1_dseg.nii.gz"
    chosen = ["predict", str(copied), "--model", "nomogram_manual", "-o", str(out)]
    given = arguments(small_study, patient, ["ceT1w"])
    done = radproof(small_study, *chosen, "--mask", str(mask), *given)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["probability"] == probability(small_study, "nomogram_manual", label)
    prepared = small_study.results / "images" / label / "mask-rater1.nii.gz"
    assert (out / "mask.nii.gz").read_bytes() == prepared.read_bytes()


def test_a_network_that_is_gone_is_named(
    small_study: Project, copied: Path, tmp_path: Path
) -> None:
    shutil.copytree(copied, tmp_path / "copy")
    (tmp_path / "copy" / "segmentation" / "unet" / "fold-2" / "model.keras").unlink()
    given = arguments(small_study, held_out(small_study), list(SUFFIXES))
    chosen = ["predict", str(tmp_path / "copy"), "--model", "radiomics_auto"]
    done = radproof(small_study, *chosen, "-o", str(tmp_path / "out"), *given)
    assert done.returncode == 2
    assert "fold-2/model.keras: results lack what a prediction needs" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]
