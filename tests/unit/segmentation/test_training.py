"""Training learns, repeats bit for bit, goes on after a kill, and says what is wrong."""

import copy
import os
import re
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from radproof.errors import BadInput, CheckFailed
from radproof.provenance import PROJECT
from radproof.segmentation import memory
from radproof.segmentation.checkpoints import Checkpoints
from radproof.segmentation.training import Trainer
from radproof.volumes import read_volume, write_volume

from tests.unit.segmentation.phantoms import SETTINGS, write_phantoms

pytestmark = pytest.mark.usefixtures("tensorflow_ready")

PROCESS = """
import pathlib, sys
from tests.unit.segmentation.test_training import short, KEY, PATIENTS
from tests.unit.segmentation.phantoms import write_phantoms
from radproof.segmentation.checkpoints import Checkpoints
from radproof.segmentation.model_files import save_model
from radproof.segmentation.training import Trainer
from radproof.tables import write_table

folder = pathlib.Path(sys.argv[1])
images, masks = write_phantoms(folder, PATIENTS)
say = lambda line: print(line, flush=True)
checkpoints = Checkpoints(folder / "checkpoints", KEY, say)
result = Trainer(short(4), 2, say).train(PATIENTS, images, masks, 3, checkpoints)
save_model(result.model, folder / "model.keras", {})
write_table(result.history, folder / "history.tsv")
"""
PATIENTS = [f"p{number}" for number in range(5)]
KEY = "0123456789abcdef" * 4


def short(epochs: int, **training: Any) -> dict[str, Any]:
    """The settings of the tests with fewer epochs and other changes."""
    settings = copy.deepcopy(SETTINGS)
    settings["training"] |= {"epochs": epochs, **training}
    return settings


def train(
    folder: Path,
    settings: dict[str, Any],
    *,
    patients: list[str] = PATIENTS,
    log: Any = None,
    checkpoints: Checkpoints | None = None,
):
    images, masks = write_phantoms(folder, patients)
    trainer = Trainer(settings, 2, log or (lambda line: None))
    return trainer.train(patients, images, masks, 3, checkpoints)


def start(folder: Path) -> subprocess.Popen:
    """Start a training of four epochs in a process of its own."""
    folder.mkdir(exist_ok=True)
    paths = os.pathsep.join([str(PROJECT), str(PROJECT / "workflow" / "scripts")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": str(len(folder.name))}
    command = [sys.executable, "-c", PROCESS, str(folder)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def finish(process: subprocess.Popen) -> str:
    output, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors[-2000:]
    return output


def test_a_killed_training_ends_with_the_bytes_of_one_that_was_not(tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    first, second = start(undisturbed), start(killed)
    # Killed at the sight of the second checkpoint, in the midst of whatever comes then.
    while second.poll() is None and not list(killed.glob("checkpoints/epoch-00002*")):
        time.sleep(0.002)
    second.send_signal(signal.SIGKILL)
    second.communicate()
    assert second.returncode == -signal.SIGKILL
    finish(first)
    output = finish(start(killed))
    assert re.search(r"going on from .*epoch-0000[23]\..*, after epoch [23]", output)
    assert "epoch 1/4" not in output
    for name in ("model.keras", "history.tsv"):
        assert (undisturbed / name).read_bytes() == (killed / name).read_bytes(), name


def test_a_damaged_checkpoint_costs_an_epoch_and_changes_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    checkpoints = Checkpoints(tmp_path / "checkpoints", KEY, lines.append)
    whole = train(tmp_path, short(3), checkpoints=checkpoints)
    newest = max(checkpoints.folder.glob("epoch-00003*"))
    newest.write_bytes(newest.read_bytes()[:-100])
    again = train(tmp_path, short(3), checkpoints=checkpoints, log=lines.append)
    assert any("damaged" in line for line in lines)
    assert sum(line.startswith("epoch 3/3") for line in lines) == 1
    assert whole.history.equals(again.history)
    for first, second in zip(whole.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", KEY, lambda line: None)
    settings = short(9, patience=2, learning_rate=1e-12, warm_up_epochs=0)
    whole = train(tmp_path, settings, checkpoints=checkpoints)
    lines: list[str] = []
    again = train(tmp_path, settings, checkpoints=checkpoints, log=lines.append)
    assert not [line for line in lines if line.startswith("epoch")]
    assert again.history.equals(whole.history)
    assert len(whole.history) < 9
    for first, second in zip(whole.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_validation_patients_without_tumour_are_refused(tmp_path: Path) -> None:
    images, masks = write_phantoms(tmp_path, PATIENTS)
    kept = Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3).validation
    for patient in kept:
        write_volume(read_volume(masks[patient]) * 0, masks[patient])
    with pytest.raises(BadInput, match="no training patient to choose the epoch by has a voxel"):
        Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3)


def test_a_network_is_the_same_whatever_was_trained_before_it(tmp_path: Path) -> None:
    images, masks = write_phantoms(tmp_path, PATIENTS)
    trainer = Trainer(short(2), 2, lambda line: None)
    trainer.train(PATIENTS[:4], images, masks, 1)
    second = trainer.train(PATIENTS, images, masks, 3)
    alone = train(tmp_path, short(2))
    assert second.history.equals(alone.history)
    for first, other in zip(second.model.get_weights(), alone.model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, other)
    assert [layer.name for layer in second.model.layers] == [
        layer.name for layer in alone.model.layers
    ]


def test_a_trivial_phantom_is_learnt_and_the_best_epoch_kept(trained) -> None:
    result, _, _, _ = trained
    assert result.history["val_dice"].max() > 0.8
    columns = ["epoch", "loss", "val_loss", "val_dice", "learning_rate", "kept"]
    assert [*result.history.columns] == columns
    best = result.history["val_dice"].argmax()
    assert result.history["kept"].tolist() == [int(row == best) for row in range(8)]
    assert result.history["epoch"].tolist() == list(range(1, 9))
    assert result.history["learning_rate"].is_monotonic_decreasing


def test_the_log_tells_epoch_loss_time_left_and_the_wait_for_input(trained) -> None:
    _, lines, _, _ = trained
    pattern = (
        r"epoch 3/8 loss \d\.\d+ val_dice \d\.\d+ \d+ s elapsed, \d+ s left,"
        r" \d+\.\d% waiting for input"
    )
    assert re.fullmatch(pattern, lines[3])
    assert len(lines) == 9


def test_validation_patients_are_training_patients_not_trained_on(trained) -> None:
    result, lines, _, patients = trained
    assert len(result.validation) == 2
    assert set(result.validation) < set(patients)
    assert lines[0].startswith("8 patients to train on")


def test_the_last_epoch_is_kept_where_the_plan_says_so(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", KEY, lambda line: None)
    result = train(tmp_path, short(3, keep="last"), checkpoints=checkpoints)
    assert result.history["kept"].tolist() == [0, 0, 1]
    last = checkpoints.newest().current
    for weights, other in zip(result.model.get_weights(), last, strict=False):
        np.testing.assert_array_equal(weights, other)


def test_patience_ends_a_training_that_gets_no_better(tmp_path: Path) -> None:
    still = short(9, patience=2, learning_rate=1e-12, warm_up_epochs=0)
    history = train(tmp_path, still).history
    best = int(history["val_dice"].argmax())
    assert len(history) == best + 3 < 9


@pytest.mark.parametrize("changes", [{"precision": "bfloat16"}, {"loss": {"kind": "dice"}}])
def test_other_precisions_and_losses_learn_and_leave_float32(tmp_path: Path, changes) -> None:
    result = train(tmp_path, short(3, **changes))
    assert np.isfinite(result.history.to_numpy(float)).all()
    assert result.history["loss"].iloc[-1] < result.history["loss"].iloc[0]
    assert {str(weight.dtype) for weight in result.model.weights} == {"float32"}
    assert result.model.dtype_policy.name == "float32"


def test_a_loss_that_is_no_number_names_batch_and_patient(tmp_path: Path) -> None:
    images, masks = write_phantoms(tmp_path, PATIENTS)
    kept = Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3).validation
    guilty = next(patient for patient in PATIENTS if patient not in kept)
    for file in images[guilty]:
        write_volume(read_volume(file) * 1e37, file)
    with pytest.raises(CheckFailed) as caught:
        Trainer(short(8), 2, lambda line: None).train(PATIENTS, images, masks, 3)
    message = str(caught.value)
    assert re.search(r"diverged at epoch 1 of 8, batch \d of \d: the loss is nan", message)
    assert f"by themselves, those of {guilty} fail" in message


def test_a_divergence_keeps_the_checkpoint_before(tmp_path: Path, monkeypatch) -> None:
    from radproof.segmentation import training

    checkpoints = Checkpoints(tmp_path / "checkpoints", KEY, lambda line: None)

    def rates(step: int, steps: int, warm_up_steps: int, peak: float) -> float:
        return float("nan") if step >= steps // 2 else peak

    monkeypatch.setattr(training, "warm_up_cosine", rates)
    with pytest.raises(CheckFailed, match=r"epoch 3 of 4, batch 2 of .*checkpoint before is kept"):
        train(tmp_path, short(4), checkpoints=checkpoints)
    state = checkpoints.newest()
    assert len(state.history) == 2
    assert all(np.isfinite(array).all() for array in state.current)


def test_a_step_that_finds_no_memory_says_which_batch_would(tmp_path: Path, monkeypatch) -> None:
    import tensorflow as tf
    from radproof.segmentation.stepping import Stepper

    def exhausted(*_: object) -> float:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(Stepper, "step", exhausted)
    monkeypatch.setattr(memory, "device_bytes", lambda: 10**6)
    with pytest.raises(BadInput, match="a step of 8 slices does not fit into memory"):
        train(tmp_path, short(1))


def test_patients_without_tumour_are_refused(tmp_path: Path) -> None:
    images, masks = write_phantoms(tmp_path, PATIENTS)
    for file in masks.values():
        write_volume(read_volume(file) * 0, file)
    with pytest.raises(BadInput, match="no training patient to train on has a voxel"):
        Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3)


def test_every_unusable_file_is_named_before_training(tmp_path: Path) -> None:
    images, masks = write_phantoms(tmp_path, PATIENTS)
    shifted = read_volume(images["p1"][1])
    shifted.SetOrigin((0.0, 0.0, 0.0))
    write_volume(shifted, images["p1"][1])
    masks["p3"].unlink()
    with pytest.raises(BadInput) as caught:
        Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3)
    found = [(problem.patient, Path(problem.file).name) for problem in caught.value.problems]
    assert found == [("p1", "p1-b.nii.gz"), ("p3", "p3.nii.gz")]


def test_images_of_validation_patients_teach_nothing(tmp_path: Path) -> None:
    images, masks = write_phantoms(tmp_path, PATIENTS)
    first = Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3)
    for file in chain(*(images[patient] for patient in first.validation)):
        write_volume(read_volume(file) * 0.5, file)
    second = Trainer(short(1), 2, lambda line: None).train(PATIENTS, images, masks, 3)
    assert first.history["loss"].equals(second.history["loss"])
    assert not first.history["val_loss"].equals(second.history["val_loss"])
    for one, other in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
