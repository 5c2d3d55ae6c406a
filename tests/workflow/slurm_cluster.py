"""A real Slurm on this machine alone: a controller and two nodes on loopback.

By hand, as root: python tests/workflow/slurm_cluster.py up FOLDER [--accounting]
(then: down FOLDER).
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
FILES = ("slurm.conf", "cgroup.conf", "gres.conf", "slurmdbd.conf")
NODES = ("node1", "node2")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
# Of root, where there is accounting.
ACCOUNT = "physics"
ACCOUNTING = ("slurmdbd", "sacctmgr", "mariadbd", "mariadb-install-db")

# Slurm's own way of limiting memory wants control groups; polling each second needs none. A node
# that is gone is noticed after 10 s, and its jobs wait until their credentials (15 s) are void.
SLURM_CONF = """\
ClusterName=radproof
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=15
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
{accounting}
ReturnToService=2
SlurmdTimeout=10
KillWait=2
SchedulerParameters=sched_interval=1,bf_interval=1
GresTypes=gpu
{nodes}
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
PartitionName=short Nodes=node1,node2 MaxTime=04:00:00 State=UP
"""

# As on many clusters, a job is taken from members of an account alone.
STORED = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations"""

DBD_CONF = """\
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database_port}
StorageUser=root
StorageLoc=slurm
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
"""


def missing(accounting: bool = False) -> str:
    """Say why no cluster can be brought up here; empty where one can."""
    if os.geteuid():
        return "only root can bring up a Slurm"
    wanted = PROGRAMS + (ACCOUNTING if accounting else ())
    absent = [name for name in wanted if not shutil.which(name)]
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
    """Tell whether a daemon runs; one that has ended and is not yet buried has no command."""
    try:
        return bool(Path(f"/proc/{int(pid_file.read_text())}/cmdline").read_bytes())
    except (OSError, ValueError):
        return False


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


def processes_of(jobs: list[str]) -> list[int]:
    """Return the processes of Slurm's jobs and of the daemons that look after them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text()
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        looks_after = any(command.startswith(f"slurmstepd: [{job}.") for job in jobs)
        if looks_after or any(f"SLURM_JOB_ID={job}".encode() in variables for job in jobs):
            found.append(int(folder.name))
    return found


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def states() -> list[str]:
    return output("sinfo", "-h", "-N", "-o", "%t").split()


class Cluster:
    """A controller and two nodes of two cores and 8 GB each, with their state in one folder."""

    def __init__(self, folder: Path, accounting: bool = False) -> None:
        self.folder = folder.resolve()
        self.accounting = accounting

    def up(self) -> None:
        why_not = missing(self.accounting)
        if why_not:
            raise RuntimeError(why_not)
        self.folder.mkdir(parents=True, exist_ok=True)
        database_port = free_port()
        self._configure(database_port)
        self._start_munge()
        if self.accounting:
            self._start_accounting(database_port)
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_for_nodes()

    def wait_for_nodes(self) -> None:
        wait_until(lambda: set(states()) == {"idle"}, "nodes are idle")

    def down(self) -> None:
        subprocess.run(["scancel", "--user=root"], check=False, capture_output=True)
        time.sleep(1)
        for name in (*NODES, "slurmctld", "slurmdbd", "mariadb", "munged"):
            self.stop(name)
        for name in FILES:
            if (ETC / name).is_symlink() and (ETC / name).resolve() == self.folder / name:
                (ETC / name).unlink()

    def start_node(self, node: str) -> None:
        subprocess.run(["slurmd", "-N", node], check=True)

    def kill_node(self, node: str) -> None:
        """End a node as if its power went: daemon, steps and all processes of its jobs."""
        numbers = output("squeue", "-h", "-w", node, "-o", "%i").split()
        self.stop(node, signal.SIGKILL)
        for process in processes_of(numbers):
            os.kill(process, signal.SIGKILL)

    def start_controller(self) -> None:
        subprocess.run(["slurmctld"], check=True)

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        pid_file = self.folder / f"{name}.pid"
        if alive(pid_file):
            os.kill(int(pid_file.read_text()), how)
            wait_until(lambda: not alive(pid_file), f"{name} stops")

    def _configure(self, database_port: int) -> None:
        host = socket.gethostname().split(".")[0]
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()}"
            " CPUs=2 RealMemory=8000 Gres=gpu:1"
            for node in NODES
        )
        for name in ("state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(exist_ok=True)
        here = {"host": host, "folder": self.folder}
        dbd_port = free_port()
        accounting = "AccountingStorageType=accounting_storage/none"
        if self.accounting:
            accounting = STORED.format(**here, port=dbd_port)
        texts = {
            "slurm.conf": SLURM_CONF.format(
                **here, port=free_port(), nodes=nodes, accounting=accounting
            ),
            "cgroup.conf": "CgroupPlugin=cgroup/v1\n",
            # A GPU that is only counted: requests are checked, no device is handed out.
            "gres.conf": "Name=gpu File=/dev/null\n",
            "slurmdbd.conf": DBD_CONF.format(**here, port=dbd_port, database_port=database_port),
        }
        ETC.mkdir(exist_ok=True)
        for name, text in texts.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600 if name == "slurmdbd.conf" else 0o644)
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

    def _start_accounting(self, port: int) -> None:
        """Start a database of this folder alone, and what writes Slurm's jobs into it."""
        data = f"--datadir={self.folder / 'mariadb'}"
        install = ("--auth-root-authentication-method=normal", "--skip-test-db")
        output("mariadb-install-db", "--no-defaults", "--user=root", data, *install)
        places = {"socket": "mariadb.socket", "pid-file": "mariadb.pid", "log-error": "mariadb.log"}
        options = [f"--{option}={self.folder / name}" for option, name in places.items()]
        listen = ("--bind-address=127.0.0.1", f"--port={port}")
        # It ends with the signal of `stop`, as the others do.
        subprocess.Popen(["mariadbd", "--no-defaults", "--user=root", data, *options, *listen])
        wait_until((self.folder / "mariadb.socket").exists, "the database answers")
        subprocess.run(["slurmdbd"], check=True)
        known = ["sacctmgr", "-n", "show", "cluster"]
        wait_until(lambda: not subprocess.run(known, capture_output=True).returncode, "slurmdbd")
        output("sacctmgr", "-i", "add", "cluster", "radproof")
        output("sacctmgr", "-i", "add", "account", ACCOUNT)
        output("sacctmgr", "-i", "add", "user", "root", f"account={ACCOUNT}")


if __name__ == "__main__":
    folder, accounting = Path(sys.argv[2]), "--accounting" in sys.argv
    getattr(Cluster(folder, accounting), {"up": "up", "down": "down"}[sys.argv[1]])()
