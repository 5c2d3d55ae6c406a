"""What is logged of a study, a fold and a model."""

from pathlib import Path

import pandas as pd
import pytest
from radproof.dossier import runs
from radproof.dossier.logged_models import FrozenModel, Network
from radproof.dossier.runs import fold_run, model_run, study_run
from radproof.plan import load_plan
from radproof.provenance import PROJECT, sha256_of
from radproof.tables import write_table

from tests.unit.dossier.network_file import write_network


def test_the_logged_plan_is_the_plan(tmp_path: Path) -> None:
    plan = load_plan(PROJECT / "config/studies/otscc-simulated.yaml")
    (tmp_path / "plan.yaml").write_text(study_run(plan, {}, []).texts["plan.yaml"])
    assert load_plan(tmp_path / "plan.yaml") == plan


def test_a_model_is_logged_with_its_areas_and_its_entry_of_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "clinical" / "model.json"
    areas = pd.DataFrame(
        {"model": ["clinical", "other"], "set": "test", "kind": "held_out", "auc": [0.7, 0.8]}
    )
    entry = {"kind": "logistic", "clinical": ["age"]}
    run = model_run({"models": {"clinical": entry}}, path, areas)
    assert (run.params, run.metrics) == (entry, {"auc.test.held_out": 0.7})
    assert run.model == FrozenModel("clinical", path, entry)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fold as training leaves it."""
    folder = tmp_path / "unet" / "fold-2"
    history = pd.DataFrame({"epoch": [1, 2, 3], "loss": 0.5, "val_dice": [0.2, 0.7, 0.6]})
    history["kept"] = [0, 1, 0]
    write_table(history, folder / "history.tsv")
    columns = ["layer", "kind", "output", "parameters", "multiply_adds"]
    layers = [["a", "Conv2D", "8 x 8 x 4", 76, 4608], ["b", "Conv2D", "8 x 8 x 1", 5, 256]]
    write_table(pd.DataFrame(layers, columns=columns), folder / "network.tsv")
    thresholds = pd.DataFrame({"fold": ["1", "2", None], "threshold": [0.4, 0.55, 0.5]})
    write_table(thresholds, folder.parent / "threshold.tsv")
    write_network(folder / "model.keras")
    return folder


def test_a_fold_logs_its_own_network_and_threshold(folder: Path) -> None:
    run = fold_run({"segmenters": {"unet": {"kind": "tiny"}}}, folder)
    assert run.name == "unet fold 2"
    assert run.params == {"segmenter": "unet", "fold": "2", "kind": "tiny"}
    expected = {
        "kept_epoch": 2,
        "kept_val_dice": 0.7,
        "parameters": 81,
        "multiply_adds": 4864,
        "threshold": 0.55,
    }
    assert run.metrics == expected
    assert len(run.history) == 3
    assert run.model == Network("unet-fold-2", folder / "model.keras")


def test_of_a_large_network_the_hash_is_logged(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(runs, "NETWORK_BYTES", 10)
    run = fold_run({"segmenters": {"unet": {}}}, folder)
    assert run.model is None
    assert run.tags["network_sha256"] == sha256_of(folder / "model.keras")
