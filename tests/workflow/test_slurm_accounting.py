"""A Slurm that stores its jobs, asked with sacct: RADPROOF_NIGHTLY=1 runs these, minutes each."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from radproof.provenance import PROJECT

from tests.workflow.conftest import Project, make_project
from tests.workflow.slurm_cluster import ACCOUNT, Cluster, missing, output, wait_until
from tests.workflow.test_slurm import (
    Little,
    give_the_same_bytes,
    go_on_after_a_kill,
    nightly,
    outlive_a_node,
    running,
    survive_faults,
)

WHY_NOT = missing(accounting=True)
pytestmark = [
    pytest.mark.study,
    nightly,
    pytest.mark.skipif(bool(WHY_NOT), reason=f"no Slurm with accounting: {WHY_NOT}"),
]
SACCT = ("--slurm-status-command", "sacct")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("slurm"), accounting=True)
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


@pytest.fixture
def our_sacct(monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/how-to/cluster.md tells those who ask with sacct."""
    monkeypatch.setenv("PATH", f"{PROJECT / 'profiles' / 'slurm' / 'bin'}:{os.environ['PATH']}")


@pytest.fixture
def little(cluster: Cluster, our_sacct: None, tmp_path: Path) -> Little:
    return Little(tmp_path / "little")


def test_faults_are_named_as_without_accounting(little: Little) -> None:
    faults = [f"out/{name}.txt" for name in ("broken", "hopeless", "compare", "c", "slow")]
    master = little.start(*faults, *SACCT, "--retries", "0", "--keep-going", seconds=60, bad="9")
    wait_until(lambda: bool(running("rule_c")()), "rule c runs", 120)
    output("scancel", *running("rule_c")())
    assert master.wait() == 1
    said = little.failed()
    assert re.fullmatch(r"out of memory: \d+ MB used, 600 MB asked for", said.pop("hopeless"))
    assert said == {
        "broken": "exit status 1: error: image is empty; give another",
        "models": "in predict, exit status 1: error: no patient is left",
        "c": "cancelled",
        "slow": "over its time limit",
    }


def test_faults_are_survived_and_the_rest_is_resumed(cluster: Cluster, little: Little) -> None:
    survive_faults(cluster, little, *SACCT)


def test_a_study_goes_on_after_snakemake_itself_was_killed(little: Little) -> None:
    go_on_after_a_kill(little, *SACCT)


@pytest.mark.usefixtures("cluster", "our_sacct")
def test_the_small_study_gives_the_same_bytes(small_study: Project, tmp_path: Path) -> None:
    give_the_same_bytes(small_study, make_project(tmp_path / "cluster"), *SACCT)


def test_a_node_that_dies_costs_its_job_nothing_but_time(cluster: Cluster, little: Little) -> None:
    outlive_a_node(cluster, little, *SACCT)


def test_a_job_is_booked_on_the_account_of_the_profile(little: Little) -> None:
    little.of_site(ACCOUNT, "short")
    little.run("out/c.txt", *SACCT)
    booked = output("sacct", "-X", "-n", "-P", "--format=account,partition,state").splitlines()
    assert booked[-1] == f"{ACCOUNT}|short|COMPLETED"


def test_an_account_or_partition_that_is_refused_is_named(little: Little) -> None:
    little.of_site("chemistry", "short")
    assert little.start("out/c.txt", *SACCT, "--retries", "0").wait() == 1
    refused = "not taken by Slurm: The given account chemistry appears to be invalid"
    assert little.failed()["c"].startswith(refused)
    elsewhere = ("--default-resources", "slurm_partition=nowhere", f"slurm_account={ACCOUNT}")
    assert little.start("out/c.txt", *SACCT, "--retries", "0", *elsewhere).wait() == 1
    said = "not taken by Slurm: invalid partition specified: nowhere"
    assert little.failed() == {"c": said}
