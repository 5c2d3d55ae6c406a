"""Jobs that read or write images work on a disk of their own, where asked: the same bytes."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from radproof.tables import read_json

from tests.workflow.conftest import STUDY, Project
from tests.workflow.test_line import contents

pytestmark = pytest.mark.study

STAGED = ("staging=true",)
# Jobs whose results are taken away, so that they run again and nothing else does; to draw masks,
# the fold is segmented again, as probabilities are not kept.
JOBS = [
    "prepare_images/test002",
    "count_grey_levels/pyradiomics.train001.whole",
    "draw_masks/unet.fold-1",
    "score_segmentation/unet",
    "extract_features/pyradiomics.test001.whole",
]


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for no image."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remove_outputs(study: Project, record: str) -> str:
    """Remove what a job made, and return the name of one of it as a target."""
    outputs = read_json(study.results / "records" / f"{record}.json")["outputs"]
    for output in outputs:
        (study.results / output["path"]).unlink()
    return f"results/{STUDY}/{outputs[0]['path']}"


def told(study: Project, record: str) -> dict[str, Any]:
    """What a record says of the job, but for its times and memory."""
    content = read_json(study.results / "records" / f"{record}.json")
    return {name: content[name] for name in ("inputs", "outputs", "settings", "code")}


def test_staged_jobs_give_the_same_bytes_and_leave_nothing(
    small_study: Project, study_copy: Project, tmp_path: Path
) -> None:
    targets = [remove_outputs(study_copy, record) for record in JOBS]
    staged = ("--shadow-prefix", str(tmp_path), *targets)
    done = study_copy.snakemake("--cores", "2", *staged, config=STAGED)
    assert done.returncode == 0, done.stderr[-6000:]
    assert "Finished jobid" in done.stderr and "segment_patients_unet_fold-1" in done.stderr
    assert contents(study_copy.results) == contents(small_study.results)
    assert list((tmp_path / "shadow").iterdir()) == []
    for record in (*JOBS, "segment_patients/unet.fold-1"):
        assert told(study_copy, record) == told(small_study, record)


def test_a_full_scratch_disk_is_named_and_results_stay_whole(
    study_copy: Project, scratch: Path
) -> None:
    target = remove_outputs(study_copy, "simulate_patients/test002")
    left = contents(study_copy.results)
    staged = ("--cores", "1", "--shadow-prefix", str(scratch), target)
    done = study_copy.snakemake(*staged, config=STAGED)
    assert done.returncode == 1
    said = rf"^failed: simulate_patients_test002: .* error: {scratch}\S*: disk is full"
    assert re.search(said, done.stderr, re.M), done.stderr[-3000:]
    assert contents(study_copy.results) == left
    assert list((scratch / "shadow").iterdir()) == []
    study_copy.run(1, target)


def test_a_data_set_that_staged_jobs_cannot_reach_is_refused(study_copy: Project) -> None:
    done = study_copy.snakemake("-n", config=(*STAGED, "datasets=sts=../sts"))
    assert done.returncode == 1
    assert "data set sts lies above the folder of the project" in done.stderr + done.stdout


def test_what_is_neither_yes_nor_no_is_refused(study_copy: Project) -> None:
    done = study_copy.snakemake("-n", config=("staging=scratch",))
    assert done.returncode == 1
    assert "staging is true or false (found scratch)" in done.stderr + done.stdout
