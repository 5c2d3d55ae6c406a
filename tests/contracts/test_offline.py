"""Once set up, nothing asks for another machine: nodes of a cluster often reach none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from radproof.provenance import PROJECT, SCRIPTS

# Runs in a Python process before any other code; writes down what is asked of a network.
GUARD = """
import sys

def watch(event, args):
    if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    if host not in (None, "", "localhost", "127.0.0.1", "::1"):
        with open({asked!r}, "a") as file:
            print(host, "asked by", *sys.argv, file=file)
        raise OSError("no network here")

sys.addaudithook(watch)
"""
MODULES = """
import importlib, pkgutil, radproof
for module in pkgutil.walk_packages(radproof.__path__, "radproof."):
    importlib.import_module(module.name)
import tensorflow, mlflow, radiomics, pingouin, rocrate, trimesh, dcurves
"""
RADPROOF = str(Path(sys.executable).with_name("radproof"))
ASKING = ["-c", "import urllib.request as u; u.urlopen('http://example.invalid')"]
COMMANDS = {
    "help": [RADPROOF, "--help"],
    "check": [RADPROOF, "check"],
    "dry run": ["-m", "snakemake", "-n", "--cores", "2"],
    "every module": ["-c", MODULES],
}


def asked_of_a_network(command: list[str], folder: Path) -> tuple[int, str]:
    """The exit code of Python with these arguments, and the lines of what it asked for."""
    asked = folder / "asked.txt"
    asked.touch()
    (folder / "sitecustomize.py").write_text(GUARD.format(asked=str(asked)))
    path = os.pathsep.join([str(folder), str(SCRIPTS)])
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        check=False,
    )
    return done.returncode, asked.read_text()


def test_the_guard_sees_what_is_asked(tmp_path: Path) -> None:
    code, asked = asked_of_a_network(ASKING, tmp_path)
    assert code == 1
    assert asked.startswith("example.invalid asked by")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_nothing_is_asked_of_a_network(command: list[str], tmp_path: Path) -> None:
    assert asked_of_a_network(command, tmp_path) == (0, "")
