"""A disk that is full or read-only is said in one message, and nothing half written stays."""

import errno
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.disk_faults import disk_problem, unwritable
from radproof.figures.style import save
from radproof.images.strips import write_strips
from radproof.processes import runs
from radproof.provenance import PROJECT
from radproof.tables import put_in_place, remove_unfinished, write_features, write_table
from radproof.volumes import write_volume

NOISE = np.random.default_rng(1).normal(size=(20, 64, 64)).astype(np.float32)
TABLE = pd.DataFrame(NOISE.reshape(20, -1), index=[f"P{i}" for i in range(20)])
TABLE.columns = [f"f{i}" for i in TABLE.columns]


def mounted(folder: Path, *options: str) -> None:
    done = subprocess.run(
        ["mount", *options, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip() or os.getuid()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk, "-t", "tmpfs", "-o", "size=100k", "tmpfs")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def write_figure(path: Path) -> None:
    figure = plt.figure()
    figure.figimage(NOISE.reshape(320, 256), resize=True)
    save(figure, TABLE, path, path.with_suffix(".png"), path.with_suffix(".tsv"))


def write_scan(path: Path) -> None:
    write_volume(sitk.GetImageFromArray(NOISE), path)


def write_montage(path: Path) -> None:
    tiles = {"T2w": NOISE[0], "T1w": NOISE.reshape(-1, 64)}
    outlines = {"rater1": NOISE[1]}
    strip = {"patient": "P1", "slice": 1, "spacing_mm": (1.0, 1.0)}
    write_strips([strip | {"tiles": tiles, "outlines": outlines}], path)


WRITERS: dict[str, Callable[[Path], None]] = {
    "table.tsv": lambda path: write_table(TABLE, path),
    "features.parquet": lambda path: write_features(TABLE, path),
    "scan.nii.gz": write_scan,
    "strips.npz": write_montage,
    "figure.svg": write_figure,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_fails_and_leaves_nothing(small_disk: Path, name: str) -> None:
    with pytest.raises(OSError) as raised:
        WRITERS[name](small_disk / name)
    assert raised.value.errno == errno.ENOSPC
    problem = disk_problem(raised.value, small_disk / "results")
    assert problem is not None
    assert str(problem).startswith(f"{small_disk}: disk is full")
    assert list(small_disk.glob(f"*{name}")) == list(small_disk.glob(".*")) == []


SAVING = """
import sys
import keras
from radproof.segmentation.model_files import save_model
network = keras.Sequential([keras.layers.Input((200,)), keras.layers.Dense(300)])
try:
    save_model(network, sys.argv[1], {})
except OSError as error:
    print(error.errno)
"""


def test_a_network_leaves_nothing_on_a_full_disk(small_disk: Path) -> None:
    # In a process of its own: other tests set TensorFlow up before its first computation.
    command = [sys.executable, "-c", SAVING, str(small_disk / "model.keras")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(errno.ENOSPC)]
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("name", WRITERS)
def test_what_may_not_be_written_to_is_named(small_disk: Path, name: str) -> None:
    mounted(small_disk, "-o", "remount,ro")
    with pytest.raises(OSError) as raised:
        WRITERS[name](small_disk / name)
    problem = disk_problem(raised.value, small_disk)
    assert problem is not None and "disk is read-only; let it be written to" in str(problem)
    assert "folder cannot be written to" in str(unwritable(small_disk / "results" / "small"))
    assert unwritable(small_disk.parent / "results" / "small") is None


def test_a_command_says_that_the_disk_is_full(small_disk: Path) -> None:
    plan = PROJECT / "config/studies/otscc-simulated.yaml"
    command = ["-c", "from radproof.cli import app; app()", "simulate", str(plan), "-o"]
    done = subprocess.run(
        [sys.executable, *command, str(small_disk / "data")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert re.search(rf"radproof: {small_disk}/data\S*: disk is full", done.stderr)
    assert "Traceback" not in done.stderr


def test_other_errors_are_not_of_the_disk(tmp_path: Path) -> None:
    assert disk_problem(ValueError("no"), tmp_path) is None
    assert disk_problem(FileNotFoundError(errno.ENOENT, "no such file"), tmp_path) is None
    denied = PermissionError(errno.EACCES, "denied")
    assert disk_problem(denied, tmp_path) is None  # of what, it does not say: no file
    denied.filename = "/data/scan.nii.gz"
    assert "/data/scan.nii.gz: access is denied" in str(disk_problem(denied, tmp_path))
    try:
        try:
            raise denied
        except OSError:
            raise ValueError("a fault of the code")  # noqa: B904
    except ValueError as error:
        assert disk_problem(error, tmp_path) is None


def test_what_killed_writers_left_is_removed_and_no_more(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    here = socket.gethostname()
    left = [tmp_path / f".{here}.{dead.pid}.mine.tsv", tmp_path / ".node7.1.mine.tsv"]
    names = [".hidden.tsv", "mine.tsv", f".{here}.{os.getpid()}.mine.tsv", ".node8.1.mine.tsv"]
    kept = [tmp_path / name for name in (*names, f".{here}.{dead.pid}.other.tsv")]
    for path in (*left, *kept):
        path.write_text("")
    # What another machine wrote a moment ago may be a living job's.
    os.utime(left[1], (0, 0))
    remove_unfinished([tmp_path / "mine.tsv", tmp_path / "absent" / "a.tsv"])
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_links_stay_and_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "elsewhere" / "table.tsv", tmp_path / "table.tsv"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    with put_in_place(link) as unfinished:
        unfinished.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"
    with put_in_place("/dev/null") as unfinished:
        unfinished.write_text("gone")
    assert Path("/dev/null").is_char_device()


def test_results_that_are_no_folder_are_named_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "results").symlink_to(tmp_path / "nowhere")
    assert "link leads nowhere" in str(unwritable(tmp_path / "results" / "small"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "small").write_text("")
    assert "is a file, not a folder" in str(unwritable(tmp_path / "other" / "small"))


JOB = """
import sys, time, types
from radproof.job import open_job
class Files(dict):
    __getattr__ = dict.__getitem__
snakemake = types.SimpleNamespace(
    input=Files(), output=Files(record=sys.argv[1] + "/results/small/records/rule/all.json"),
    log=[sys.argv[1] + "/log.txt"], params=types.SimpleNamespace(settings="{}", get=Files().get),
    threads=1,
)
with open_job(snakemake) as job:
    job.log("begun")
    SOMETHING
"""


def run_job(folder: Path, something: str) -> subprocess.CompletedProcess:
    code = JOB.replace("SOMETHING", something)
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )


def test_a_job_says_that_the_disk_is_full_and_nothing_else(small_disk: Path) -> None:
    done = run_job(small_disk, f"open('{small_disk}/file', 'w').write('x' * 10**6)")
    lines = done.stderr.splitlines()
    assert done.returncode == 4
    assert len(lines) == 2 and "error: " in lines[1] and "disk is full" in lines[1]
    assert not (small_disk / "results/small/records").exists()


def test_a_job_whose_log_finds_no_room_says_so_all_the_same(small_disk: Path) -> None:
    (small_disk / "file").write_bytes(b"x" * 90_000)
    done = run_job(small_disk, "for i in range(10**4): job.log('x' * 50)")
    assert done.returncode == 4
    assert "disk is full" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_an_orphan_that_nobody_waits_for_is_gone(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    end = time.monotonic() + 60
    while runs(process.pid):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert process.returncode is None
    process.wait()
    assert runs(os.getpid())


def test_a_job_leaves_its_record(tmp_path: Path) -> None:
    assert run_job(tmp_path, "pass").returncode == 0
    record = json.loads((tmp_path / "results/small/records/rule/all.json").read_text())
    assert record["rule"] == "rule"


PARENT = """
import os, subprocess, sys, time
os.environ["RADPROOF_SNAKEMAKE_PID"] = str(os.getpid())
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
time.sleep(60)
"""


def wait_for(log: Path, message: str) -> None:
    end = time.monotonic() + 120
    while not (log.is_file() and message in log.read_text()):
        assert time.monotonic() < end, message
        time.sleep(0.05)


def test_a_job_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = JOB.replace("SOMETHING", "time.sleep(600)")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, code, str(tmp_path)])
    log = tmp_path / "log.txt"
    wait_for(log, "begun")
    parent.kill()
    parent.wait()
    wait_for(log, "Snakemake is gone, and this job ends")
    assert not (tmp_path / "results").exists()
