"""A study of which processes are killed, again and again, until it is done all the same."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO

import psutil

from tests.workflow.conftest import Project

KILLED = re.compile(r"^failed: \S+: killed by SIGKILL, often for want of memory", re.M)
SCRIPT = re.compile(r"/\.snakemake/scripts/tmp\w+\.(\w+)\.py$")
TRAINER = "train_segmenter"
# A job's process, that of a training, Snakemake alone, and Snakemake with all that it started.
KINDS = ("worker", "trainer", "master", "tree")


@dataclass
class Kill:
    """A kill that is due after ``jobs`` finished jobs, or as soon as there is a training."""

    kind: str
    jobs: int
    delay_s: float


def draw_kills(rng: random.Random, count: int, last: int) -> list[Kill]:
    """Draw kills of all kinds, due before the ``last`` of the jobs; of the masters one at least."""
    kinds = ["worker", "trainer", rng.choice(["master", "tree"])]
    kinds += [KINDS[i % len(KINDS)] for i in range(count - len(kinds))]
    return [Kill(kind, rng.randrange(last), rng.uniform(0, 3)) for kind in kinds]


@dataclass
class Disturbed:
    """A study that is run, killed and run again; ``told`` says how, for a message."""

    project: Project
    cores: int
    kills: list[Kill]
    rng: random.Random
    told: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run the study to its end through all kills."""
        while True:
            with (self.project.folder / "output.txt").open("w+") as output:
                master = self._start(output)
                victims = self._disturb(master)
                status = master.wait()
                output.seek(0)
                said = output.read()
            if victims is None:
                assert status == 0, said[-6000:]
                return
            self._check_end(master, status, victims, said)

    def _start(self, output: IO[str]) -> subprocess.Popen:
        command = [sys.executable, "-m", "snakemake", "--nocolor", "--cores", str(self.cores)]
        return subprocess.Popen(
            [*command, "--config", f"plan={self.project.plan_path}"],
            cwd=self.project.folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _disturb(self, master: subprocess.Popen) -> list[psutil.Process] | None:
        """Kill what is due next; return the jobs that ran then, None where the study came first."""
        while master.poll() is None:
            jobs = jobs_of(master.pid)
            kill = next((kill for kill in self.kills if self._is_due(kill, jobs)), None)
            if kill is None:
                time.sleep(0.05)
                continue
            time.sleep(kill.delay_s)
            kill.delay_s = 0
            victims = self._kill(kill, master)
            if victims:
                self.kills.remove(kill)
                return victims
        return None

    def _is_due(self, kill: Kill, jobs: dict[psutil.Process, str]) -> bool:
        if kill.kind == "trainer":
            return TRAINER in jobs.values()
        return bool(jobs) and self._finished() >= kill.jobs

    def _finished(self) -> int:
        return len(list(self.project.results.glob("records/*/*.json")))

    def _kill(self, kill: Kill, master: subprocess.Popen) -> list[psutil.Process]:
        jobs = jobs_of(master.pid)
        if kill.kind == "trainer":
            jobs = {process: rule for process, rule in jobs.items() if rule == TRAINER}
        if not jobs:
            return []
        victims = sorted(jobs, key=lambda process: process.pid)
        if kill.kind in ("worker", "trainer"):
            victims = [self.rng.choice(victims)]
            if not stopped(victims[0]):
                return []
            victims[0].kill()
        elif kill.kind == "master":
            master.kill()
        else:
            os.killpg(master.pid, signal.SIGKILL)
        rules = ", ".join(jobs[process] for process in victims)
        self.told.append(f"after {self._finished()} jobs {kill.kind} ({rules})")
        return victims

    def _check_end(
        self, master: subprocess.Popen, status: int, victims: list[psutil.Process], said: str
    ) -> None:
        if self.told[-1].partition(" jobs ")[2].startswith(("worker", "trainer")):
            assert status == 1, said[-6000:]
            assert KILLED.search(said), said[-6000:]
            return
        assert status == -signal.SIGKILL
        # Nobody waits for jobs to end: whoever starts again at once must not meet them.
        self.project.run(1, "--unlock")
        end = time.monotonic() + 120
        while alive := [process for process in victims if runs(process)]:
            assert time.monotonic() < end, f"jobs live on without Snakemake: {alive}"
            time.sleep(0.1)


def jobs_of(master: int) -> dict[psutil.Process, str]:
    """Return the processes of the jobs that a Snakemake runs, each with its rule."""
    found = {}
    try:
        for process in psutil.Process(master).children(recursive=True):
            script = SCRIPT.search(" ".join(process.cmdline()))
            if script and runs(process):
                found[process] = script[1]
    except psutil.NoSuchProcess:
        return {}
    return found


def stopped(process: psutil.Process) -> bool:
    """Stop a process before it is killed; false where it has ended by itself."""
    try:
        process.suspend()
    except psutil.NoSuchProcess:
        return False
    return runs(process)


def runs(process: psutil.Process) -> bool:
    """Say whether a process runs; one that ended and that nobody waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
