"""The same study on a real Slurm, and what becomes of one on which things go wrong.

Minutes each; RADPROOF_NIGHTLY=1 runs the long ones too.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from radproof.provenance import PROJECT

from tests.workflow.conftest import Project, make_project
from tests.workflow.slurm_cluster import NODES, Cluster, missing, output, wait_until
from tests.workflow.test_line import contents

WHY_NOT = missing()
pytestmark = [pytest.mark.study, pytest.mark.skipif(bool(WHY_NOT), reason=f"no Slurm: {WHY_NOT}")]
nightly = pytest.mark.skipif(
    os.environ.get("RADPROOF_NIGHTLY") != "1", reason="many minutes: RADPROOF_NIGHTLY=1 runs it"
)

# Asked for more often than on a cluster that others use.
QUICK = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")
SLURM = ("--profile", "profiles/slurm", *QUICK)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


class Little:
    """A folder with rules of seconds and our profile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(PROJECT / "profiles", folder / "profiles")
        shutil.copy(Path(__file__).with_name("little_study.smk"), folder / "Snakefile")
        self.log = folder / "log.txt"

    def start(self, *arguments: str, seconds: int = 0, bad: str = "") -> subprocess.Popen:
        config = ("--config", f"seconds={seconds}", *([f"bad={bad}"] if bad else []))
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--nocolor", *SLURM, *arguments, *config],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(PROJECT / "workflow" / "scripts")},
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )

    def of_site(self, account: str, partition: str) -> None:
        """Say in the profile what a site wants to be told, as docs/how-to/cluster.md has it."""
        config = self.folder / "profiles" / "slurm" / "config.yaml"
        site = f"\n  slurm_account: {account}\n  slurm_partition: {partition}"
        text, heading = config.read_text(), "\ndefault-resources:"
        assert text.count(heading) == 1
        config.write_text(text.replace(heading, heading + site))

    def failed(self) -> dict[str, str]:
        """Return job → cause, from the lines at the end of a run that failed."""
        line = r"^failed: (\w+)(?: \(Slurm job \d+\))?: (.*?)(?:; log: .*)?$"
        return dict(re.findall(line, self.log.read_text(), re.M))

    def run(self, *arguments: str, seconds: int = 0, bad: str = "") -> str:
        assert self.start(*arguments, seconds=seconds, bad=bad).wait() == 0, self.log.read_text()
        return self.log.read_text()

    def written(self) -> dict[str, str]:
        return {path.stem: path.read_text() for path in sorted((self.folder / "out").glob("*"))}


@pytest.fixture
def little(cluster: Cluster, tmp_path: Path) -> Little:
    return Little(tmp_path / "little")


def running(rule: str) -> Callable[[], list[str]]:
    """Slurm's numbers of the running jobs of a rule or group."""

    def numbers() -> list[str]:
        jobs = [
            line.split(" ") for line in output("squeue", "-ht", "R", "-o", "%i %k").splitlines()
        ]
        return [number for number, comment in jobs if rule in comment]

    return numbers


def test_faults_are_survived_or_named_and_the_rest_is_resumed(
    cluster: Cluster, little: Little
) -> None:
    survive_faults(cluster, little)


def survive_faults(cluster: Cluster, little: Little, *arguments: str) -> None:
    """Cancel a job, drain a node, restart the controller, with jobs that fail; mend and go on."""
    master = little.start("--retries", "1", "--keep-going", *arguments, seconds=15, bad="9")
    wait_until(lambda: bool(running("rule_c")()), "rule c runs", 120)
    output("scancel", *running("rule_c")())
    output("scontrol", "update", "NodeName=node1", "State=DRAIN", "Reason=test")
    cluster.stop("slurmctld")
    time.sleep(3)
    cluster.start_controller()
    time.sleep(10)
    output("scontrol", "update", "NodeName=node1", "State=RESUME")
    assert master.wait() == 1
    good = {"montage": "strip\n", "strip": "strip\n", "c": "c\n", "greedy": "g\n"}
    assert little.written() == good
    said = little.failed()
    assert set(said) == {"broken", "hopeless", "models"}
    assert said["broken"] == "exit status 1: error: image is empty; give another"
    assert said["models"] == "in predict, exit status 1: error: no patient is left"
    assert re.fullmatch(r"out of memory: \d+ MB used, 600 MB asked for", said["hopeless"])
    mended = little.run(*arguments, bad="1")
    assert "Job stats" in mended and "greedy" not in mended.partition("Select jobs")[0]
    assert little.written() == good | {
        **{"broken": "b\n", "hopeless": "h\n"},
        **dict.fromkeys(("fit", "predict", "compare"), "fit\n"),
    }


def test_a_study_goes_on_after_snakemake_itself_was_killed(little: Little) -> None:
    go_on_after_a_kill(little)


def go_on_after_a_kill(little: Little, *arguments: str) -> None:
    """Kill Snakemake in the midst of a job, cancel what it submitted, unlock and go on."""
    master = little.start(*arguments, seconds=15)
    wait_until(lambda: bool(running("rule_c")()), "rule c runs", 120)
    master.send_signal(signal.SIGKILL)
    master.wait()
    assert little.start(*arguments).wait() == 1
    assert "--unlock" in little.log.read_text()
    mine = output("squeue", "-h", "-o", "%i %Z").splitlines()
    jobs = [line.split(" ")[0] for line in mine if line.endswith(f" {little.folder}")]
    assert jobs
    output("scancel", *jobs)
    wait_until(lambda: not output("squeue", "-h"), "jobs are gone")
    little.run("--unlock")
    little.run(*arguments)
    assert little.written() == {
        "montage": "strip\n",
        "strip": "strip\n",
        "c": "c\n",
        "greedy": "g\n",
    }


def test_a_job_asks_for_its_gpu_its_batch_and_what_the_site_wants(little: Little) -> None:
    little.of_site("physics", "short")
    little.run("out/gpu.txt")
    asked = little.written()["gpu"]
    assert re.search(r"TresPerJob=gres:gpu:1|gres/gpu=1", asked)
    # What the profile says of train_segmenter reaches train_segmenter_unet_fold.
    assert "MinMemoryNode=3000M" in asked and "TimeLimit=01:00:00" in asked
    assert "Account=physics" in asked and "Partition=short" in asked


def outlive_a_node(cluster: Cluster, little: Little, *arguments: str) -> None:
    """Let a node die in the midst of a job: the other takes it over, and it is not made twice."""
    master = little.start("out/c.txt", "--retries", "0", *arguments, seconds=20)
    wait_until((little.folder / "out" / "c.txt").exists, "rule c has begun", 120)
    (number,) = running("rule_c")()
    lost = output("squeue", "-h", "-j", number, "-o", "%N").strip()
    cluster.kill_node(lost)
    try:
        assert master.wait() == 0, little.log.read_text()
        assert little.written() == {"c": "c\n"}
        assert little.log.read_text().count("has been submitted") == 1
        where = output("squeue", "-h", "-t", "all", "-j", number, "-o", "%N %T").split()
        assert where[0] in set(NODES) - {lost} and where[1] == "COMPLETED"
    finally:
        cluster.start_node(lost)
        cluster.wait_for_nodes()


@nightly
def test_a_node_that_dies_costs_its_job_nothing_but_time(cluster: Cluster, little: Little) -> None:
    outlive_a_node(cluster, little)


@nightly
def test_a_job_over_its_time_is_named(little: Little) -> None:
    assert little.start("out/slow.txt", "--retries", "0").wait() == 1
    assert little.failed() == {"slow": "over its time limit"}


@nightly
def test_the_small_study_gives_the_same_bytes(
    cluster: Cluster, small_study: Project, tmp_path: Path
) -> None:
    give_the_same_bytes(small_study, make_project(tmp_path / "cluster"))


def give_the_same_bytes(small_study: Project, other: Project, *arguments: str) -> None:
    """Run the small study on Slurm, in few jobs, and compare all that it wrote."""
    done = other.snakemake(*SLURM, *arguments)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert done.stderr.count("has been submitted with SLURM jobid") < 10
    first, second = contents(small_study.results), contents(other.results)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
