"""A disk that fills up in the midst of a study, or may not be written to: said, and gone on after.

Needs root, to mount a disk; RADPROOF_NIGHTLY=1 fills it under more kinds of jobs.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from radproof.tables import read_json

from tests.workflow.conftest import STUDY, Project
from tests.workflow.test_line import contents

pytestmark = pytest.mark.study

nightly = pytest.mark.skipif(
    os.environ.get("RADPROOF_NIGHTLY") != "1", reason="minutes: RADPROOF_NIGHTLY=1 runs it"
)

# The rule and the record of jobs, of which none waits for another.
IMAGES = {
    "prepare_images_test002": "prepare_images/test002",
    "plot_montage": "plot_montage/train001",
}
NETWORK = {"train_segmenter_unet_fold-1": "train_segmenter/unet.fold-1"}
FEATURES = {
    "extract_features_pyradiomics_train001_whole": "extract_features/pyradiomics.train001.whole"
}


class Disk:
    """A disk of its own below the results of a study."""

    def __init__(self, study: Project) -> None:
        self.study, self.folder = study, study.results

    def remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)

    def leave_free(self, free_bytes: int) -> None:
        self.remount(f"size={shutil.disk_usage(self.folder).used + free_bytes}")

    def remove_outputs(self, record: str) -> str:
        """Remove what a job made, and return the name of one of it as a target."""
        outputs = read_json(self.folder / "records" / f"{record}.json")["outputs"]
        for output in outputs:
            (self.folder / output["path"]).unlink()
        return f"results/{STUDY}/{outputs[0]['path']}"

    def files(self) -> dict[str, tuple[int, int]]:
        stats = {str(path): path.stat() for path in self.folder.rglob("*")}
        return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.fixture
def disk(study_copy: Project) -> Iterator[Disk]:
    disk, aside = Disk(study_copy), study_copy.folder / "aside"
    disk.folder.rename(aside)
    disk.folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500m", "tmpfs", str(disk.folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        shutil.copytree(aside, disk.folder, dirs_exist_ok=True)
        yield disk
    finally:
        subprocess.run(["umount", str(disk.folder)], check=True)


@pytest.mark.parametrize(
    "jobs", [IMAGES, pytest.param(NETWORK, marks=nightly), pytest.param(FEATURES, marks=nightly)]
)
def test_a_full_disk_is_named_and_with_room_the_same_bytes_come(
    small_study: Project, disk: Disk, jobs: dict[str, str]
) -> None:
    expected = contents(small_study.results)
    targets = [disk.remove_outputs(record) for record in jobs.values()]
    left = contents(disk.folder)
    disk.leave_free(32 * 1024)
    done = disk.study.snakemake("--cores", "2", "--keep-going", *targets)
    assert done.returncode == 1
    said = re.findall(r"^failed: (\S+): exit status 4, .*: disk is full.*", done.stderr, re.M)
    assert sorted(said) == sorted(jobs), done.stderr[-6000:]
    assert re.search(rf"error: /\S*/results/{STUDY}\S*: disk is full", done.stderr)
    assert "Traceback" not in done.stderr
    # What is there is whole, and of before.
    assert contents(disk.folder).items() <= left.items()
    disk.remount("size=500m")
    disk.study.run(2, *targets)
    assert contents(disk.folder) == expected


def test_nothing_is_begun_in_a_folder_that_cannot_be_written_to(disk: Disk) -> None:
    target = disk.remove_outputs("plot_roc/roc")
    before = disk.files()
    disk.remount("ro")
    done = disk.study.snakemake("--cores", "1", target)
    assert done.returncode == 1
    (said,) = [line for line in done.stderr.splitlines() if "cannot be written" in line]
    where = f"error: results/{STUDY}: folder cannot be written to; let it be written to, then "
    assert said.startswith(where)
    assert "Select jobs" not in done.stderr
    assert disk.files() == before
    disk.remount("rw")
    disk.study.run(1, target)
    assert Path(disk.study.folder / target).is_file()
