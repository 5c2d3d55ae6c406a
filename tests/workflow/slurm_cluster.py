"""A real Slurm on this machine alone: a controller and two nodes on loopback.

By hand, as root: python tests/workflow/slurm_cluster.py up FOLDER (then: down FOLDER).
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ETC = Path("/etc/slurm")
FILES = ("slurm.conf", "cgroup.conf", "gres.conf")
NODES = ("node1", "node2")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")

# Slurm's own way of limiting memory wants control groups; polling each second needs none.
SLURM_CONF = """\
ClusterName=radproof
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill
JobAcctGatherFrequency=task=1
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=1,bf_interval=1
GresTypes=gpu
{nodes}
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Say why no cluster can be brought up here; empty where one can."""
    if os.geteuid():
        return "only root can bring up a Slurm"
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    if absent:
        return f"not installed: {', '.join(absent)}"
    conf = ETC / "slurm.conf"
    if conf.is_file() and not conf.is_symlink():
        return f"{conf} is a real configuration: it is left alone"
    if conf.is_symlink() and not is_ours(conf.resolve()):
        return f"{conf} links to a configuration that is not ours: it is left alone"
    if conf.is_symlink() and alive(conf.resolve().parent / "slurmctld.pid"):
        return f"another cluster of ours is up: {conf.resolve().parent}"
    return ""


def is_ours(conf: Path) -> bool:
    """A link that leads nowhere is what a folder that was deleted left behind."""
    return not conf.exists() or conf.read_text().startswith("ClusterName=radproof\n")


def alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except (OSError, ValueError):
        return False
    return True


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.2)


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Cluster:
    """A controller and two nodes of two cores and 8 GB each, with their state in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def up(self) -> None:
        why_not = missing()
        if why_not:
            raise RuntimeError(why_not)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configure()
        self._start_munge()
        self.start_controller()
        for node in NODES:
            subprocess.run(["slurmd", "-N", node], check=True)
        wait_until(lambda: output("sinfo", "-h", "-o", "%t").split() == ["idle"], "nodes are idle")

    def down(self) -> None:
        subprocess.run(["scancel", "--user=root"], check=False, capture_output=True)
        time.sleep(1)
        for name in (*NODES, "slurmctld", "munged"):
            self.stop(name)
        for name in FILES:
            if (ETC / name).is_symlink() and (ETC / name).resolve() == self.folder / name:
                (ETC / name).unlink()

    def start_controller(self) -> None:
        subprocess.run(["slurmctld"], check=True)

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        pid_file = self.folder / f"{name}.pid"
        if alive(pid_file):
            os.kill(int(pid_file.read_text()), how)
            wait_until(lambda: not alive(pid_file), f"{name} stops")

    def _configure(self) -> None:
        host = socket.gethostname().split(".")[0]
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()}"
            " CPUs=2 RealMemory=8000 Gres=gpu:1"
            for node in NODES
        )
        for name in ("state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(exist_ok=True)
        texts = {
            "slurm.conf": SLURM_CONF.format(
                host=host, port=free_port(), folder=self.folder, nodes=nodes
            ),
            "cgroup.conf": "CgroupPlugin=cgroup/v1\n",
            # A GPU that is only counted: requests are checked, no device is handed out.
            "gres.conf": "Name=gpu File=/dev/null\n",
        }
        ETC.mkdir(exist_ok=True)
        for name, text in texts.items():
            (self.folder / name).write_text(text)
            (ETC / name).unlink(missing_ok=True)
            (ETC / name).symlink_to(self.folder / name)

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        names = {"socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
        places = {"key-file": "munge.key", "seed-file": "munge.seed", **names}
        options = [f"--{option}={self.folder / name}" for option, name in places.items()]
        subprocess.run(["munged", "--force", *options], check=True, capture_output=True)


if __name__ == "__main__":
    getattr(Cluster(Path(sys.argv[2])), {"up": "up", "down": "down"}[sys.argv[1]])()
