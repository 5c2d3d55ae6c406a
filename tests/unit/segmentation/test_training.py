"""Training learns, repeats bit for bit, keeps patients apart and says what is wrong."""

import os
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from radproof.errors import BadInput, CheckFailed
from radproof.provenance import PROJECT
from radproof.segmentation.training import train_segmenter
from radproof.volumes import read_volume, write_volume

from tests.unit.segmentation.phantoms import SETTINGS, write_phantoms

pytestmark = pytest.mark.usefixtures("tensorflow_ready")

PROCESS = """
import copy, hashlib, pathlib, sys
from tests.unit.segmentation.phantoms import SETTINGS, write_phantoms
from radproof.segmentation.model_files import save_model
from radproof.segmentation.training import train_segmenter
from radproof.tables import write_table

folder = pathlib.Path(sys.argv[1])
patients = [f"p{number}" for number in range(5)]
settings = copy.deepcopy(SETTINGS)
settings["training"]["epochs"] = 2
images, masks = write_phantoms(folder, patients)
result = train_segmenter(patients, images, masks, settings, 3, lambda line: None)
save_model(result.model, folder / "model.keras")
write_table(result.history, folder / "history.tsv")
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    folders, processes = [tmp_path / "one", tmp_path / "two"], []
    paths = os.pathsep.join([str(PROJECT), str(PROJECT / "workflow" / "scripts")])
    for number, folder in enumerate(folders):
        folder.mkdir()
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": str(number)}
        command = [sys.executable, "-c", PROCESS, str(folder)]
        processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE))
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()[-2000:]
    for name in ("model.keras", "history.tsv"):
        first, second = ((folder / name).read_bytes() for folder in folders)
        assert first == second, name


def test_a_trivial_phantom_is_learnt_and_the_best_epoch_kept(trained) -> None:
    result, _, _, _ = trained
    assert result.history["val_dice"].max() > 0.8
    assert [*result.history.columns] == ["epoch", "loss", "val_loss", "val_dice", "learning_rate"]
    assert result.history["epoch"].tolist() == list(range(1, 9))
    assert result.history["learning_rate"].is_monotonic_decreasing


def test_the_log_tells_epoch_loss_and_time_left(trained) -> None:
    _, lines, _, _ = trained
    pattern = r"epoch 3/8 loss \d\.\d+ val_dice \d\.\d+ \d+ s elapsed, \d+ s left"
    assert re.fullmatch(pattern, lines[3])
    assert len(lines) == 9


def test_validation_patients_are_training_patients_not_trained_on(trained) -> None:
    result, lines, _, patients = trained
    assert len(result.validation) == 2
    assert set(result.validation) < set(patients)
    assert lines[0].startswith("8 patients to train on")


def test_a_loss_that_is_no_number_stops_with_the_epoch(tmp_path: Path) -> None:
    patients = ["a", "b", "c"]
    images, masks = write_phantoms(tmp_path, patients)
    for file in chain(*images.values()):
        write_volume(read_volume(file) * 1e37, file)
    with pytest.raises(CheckFailed, match="diverged at epoch 1 of 8"):
        train_segmenter(patients, images, masks, SETTINGS, 3, lambda line: None)


def test_patients_without_tumour_are_refused(tmp_path: Path) -> None:
    patients = ["a", "b", "c"]
    images, masks = write_phantoms(tmp_path, patients)
    for file in masks.values():
        write_volume(read_volume(file) * 0, file)
    with pytest.raises(BadInput, match="no training patient has a voxel"):
        train_segmenter(patients, images, masks, SETTINGS, 3, lambda line: None)


def test_every_unusable_file_is_named_before_training(tmp_path: Path) -> None:
    patients = ["a", "b", "c", "d"]
    images, masks = write_phantoms(tmp_path, patients)
    shifted = read_volume(images["b"][1])
    shifted.SetOrigin((0.0, 0.0, 0.0))
    write_volume(shifted, images["b"][1])
    masks["d"].unlink()
    with pytest.raises(BadInput) as caught:
        train_segmenter(patients, images, masks, SETTINGS, 3, lambda line: None)
    found = [(problem.patient, Path(problem.file).name) for problem in caught.value.problems]
    assert found == [("b", "b-b.nii.gz"), ("d", "d.nii.gz")]
