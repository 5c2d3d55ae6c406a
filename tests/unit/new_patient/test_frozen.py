"""What is read of a finished study, and what of it is missing or changed."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from radproof.errors import BadInput, CheckFailed
from radproof.new_patient.frozen import Frozen, code_notes
from radproof.provenance import package_versions, sha256_of
from radproof.tables import write_json, write_table

from tests.unit.new_patient.finished import PLAN


def trained(results: Path, label: str, folds: list[str], ended: str) -> None:
    """Write the record of a job that trained networks, with what lies there now."""
    places = [f"segmentation/unet/fold-{fold}/model.keras" for fold in folds]
    for place in places:
        path = results / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{place} {ended}")
    outputs = [
        {"name": "models", "path": place, "sha256": sha256_of(results / place)} for place in places
    ]
    record = {"rule": "train_segmenter", "label": label, "outputs": outputs, "ended": ended}
    write_json(record, results / "records" / "train_segmenter" / f"unet.{label}.json")


@pytest.fixture
def frozen(tmp_path) -> Frozen:
    patients = pd.DataFrame({"patient": ["a", "b", "c"], "fold": ["2", "10", "1"]})
    write_table(patients, tmp_path / "cohort" / "train" / "patients.tsv")
    # Left from before: a fold that is no more, and one whose network was trained again.
    trained(tmp_path, "fold-3", ["3"], "2026-01-01")
    trained(tmp_path, "fold-1-2", ["1", "2"], "2026-01-02")
    for fold in ("1", "10", "2"):
        trained(tmp_path, f"fold-{fold}", [fold], "2026-01-03")
    return Frozen(tmp_path, PLAN)


def test_networks_are_those_of_the_folds_of_training_in_their_order(frozen):
    assert [path.parent.name for path in frozen.networks("unet")] == ["fold-1", "fold-10", "fold-2"]
    assert frozen.used["segmentation/unet/fold-2/model.keras"]


def test_networks_that_are_gone_or_changed_are_named(frozen):
    path = frozen.results / "segmentation" / "unet" / "fold-2" / "model.keras"
    path.write_text("another")
    with pytest.raises(CheckFailed, match=r"fold-2/model\.keras: file is not what"):
        frozen.networks("unet")
    path.unlink()
    with pytest.raises(BadInput, match=r"fold-2/model\.keras: results lack"):
        frozen.networks("unet")
    with pytest.raises(BadInput, match=r"train_segmenter/other\.\*\.json: results lack"):
        frozen.networks("other")


def test_landmarks_that_are_not_here_or_have_changed_are_named(frozen, tmp_path):
    file = tmp_path / "T1w.json"
    entry: dict[str, Any] = {"name": "T1w", "intensity": {"kind": "landmarks", "file": str(file)}}
    recorded = {"name": "landmarks", "path": f"project:{file}", "sha256": "0" * 64}
    record = {"rule": "prepare_images", "label": "train001", "inputs": [recorded], "ended": "2026"}
    write_json(record, tmp_path / "records" / "prepare_images" / "train001.json")
    with pytest.raises(BadInput, match=r"T1w\.json: results lack"):
        frozen.check_landmarks([entry])
    file.write_text("{}")
    with pytest.raises(CheckFailed, match="not what the study recorded"):
        frozen.check_landmarks([entry])
    frozen.check_landmarks([{"name": "T2w", "intensity": {"kind": "zscore"}}])


def test_a_model_of_another_plan_is_refused(frozen, tmp_path):
    settings = {"model": {"kind": "svm"}}
    record = {"rule": "fit_model", "label": "clinical", "settings": settings, "outputs": []}
    record["ended"] = "2026"
    write_json(record, tmp_path / "records" / "fit_model" / "clinical.json")
    with pytest.raises(BadInput, match="model clinical was fitted under another plan"):
        frozen.model("clinical")


def test_code_and_libraries_that_differ_are_said():
    here = "workflow/scripts/radproof/new_patient/needs.py"
    files = {here: "0" * 64, "workflow/scripts/gone.py": "1" * 64}
    record = {"code": {"files": files}, "packages": package_versions() | {"numpy": "1.0"}}
    code, libraries = code_notes([record])
    assert here in code and "gone.py" in code
    assert "numpy" in libraries and "(study 1.0)" in libraries and "scipy" not in libraries
