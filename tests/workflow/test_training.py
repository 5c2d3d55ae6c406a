"""Networks of the small study are the same after a kill, and however many a process trains."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from radproof.schema import read_yaml

from tests.workflow.conftest import STUDY, Project

pytestmark = pytest.mark.study

FILES = ("model.keras", "history.tsv", "network.tsv")


def folds_of(project: Project) -> list[Path]:
    return sorted((project.results / "segmentation" / "unet").glob("fold-*"))


def bytes_of(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


def test_a_training_killed_in_the_midst_goes_on_to_the_same_bytes(study_copy: Project) -> None:
    fold = folds_of(study_copy)[0]
    expected = bytes_of(fold)
    for name in FILES:
        (fold / name).unlink()
    target = f"results/{STUDY}/segmentation/unet/{fold.name}/model.keras"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", target]
    command += ["--config", f"plan={study_copy.plan_path}"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(command, cwd=study_copy.folder, start_new_session=True, **pipes)
    try:
        while running.poll() is None and not list(fold.glob("checkpoints/epoch-00001*")):
            time.sleep(0.01)
        assert running.poll() is None
    finally:
        # Every process of the run at once, as when a node goes down.
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert not (fold / "model.keras").exists()
    study_copy.run(1, "--unlock")
    study_copy.run(1, target)
    log = next((study_copy.results / "logs" / "train_segmenter").glob(f"unet.{fold.name}.log"))
    assert "going on from" in log.read_text()
    assert bytes_of(fold) == expected
    assert not (fold / "checkpoints").exists()


def test_a_process_for_all_folds_trains_the_same_networks(study_copy: Project) -> None:
    folds = folds_of(study_copy)
    expected = [bytes_of(fold) for fold in folds]
    plan = read_yaml(study_copy.plan_path)
    plan["segmenters"]["unet"]["folds_per_job"] = len(folds)
    study_copy.write_plan(plan)
    targets = [f"results/{STUDY}/segmentation/unet/{fold.name}/model.keras" for fold in folds]
    for fold in folds:
        (fold / "model.keras").unlink()
    assert study_copy.planned(*targets) == {"train_segmenter": 1}
    study_copy.run(2, *targets)
    assert [bytes_of(fold) for fold in folds] == expected
