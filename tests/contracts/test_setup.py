"""Setting up says in one line what a machine lacks."""

import importlib.util
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from radproof.provenance import PROJECT

TOOLS = ["sh", "sed", "awk", "df", "dirname", "touch"]


def machine(folder: Path, *, python: str | None, gcc: bool, free_mb: int) -> Path:
    """A folder of commands that stands for a machine."""
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or "/nonexistent")
    scripts = {"df": f'echo head; echo "disk 1 1 {free_mb} 1% /"'}
    if python:
        scripts["python3"] = python
    if gcc:
        scripts["gcc"] = "exit 0"
    for name, body in scripts.items():
        path = folder / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder


GOOD = 'case "$*" in *version_info*) exit 0;; *) exit 0;; esac'
OLD = 'case "$*" in --version) echo Python 3.9.1;; *version_info*) exit 1;; esac'
NO_VENV = 'case "$*" in *ensurepip*) exit 1;; esac'


@pytest.mark.parametrize(
    ("python", "gcc", "free_mb", "asked", "said"),
    [
        (None, True, 99999, {}, "no python3 here"),
        (OLD, True, 99999, {}, "Python 3.9.1 found, Python 3.11 is needed"),
        (NO_VENV, True, 99999, {}, "no venv"),
        (GOOD, False, 99999, {}, "no gcc here"),
        (GOOD, True, 100, {}, "only 100 MB free here, 6000 MB are needed"),
        (GOOD, True, 9000, {"LOCK": "gpu"}, "only 9000 MB free here, 14000 MB are needed"),
        (GOOD, True, 99999, {"LOCK": "tpu"}, "no envs/tpu.lock; LOCK is cpu or gpu"),
        (GOOD, True, 99999, {"WHEELS": "nowhere"}, "no folder nowhere"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    python: str | None, gcc: bool, free_mb: int, asked: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = machine(tmp_path, python=python, gcc=gcc, free_mb=free_mb)
    done = subprocess.run(
        [str(path / "sh"), "envs/setup.sh"],
        cwd=PROJECT,
        env={**os.environ, "PATH": str(path), "PYTHON": "python3", **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_container_of_the_rules_is_the_recipes() -> None:
    rules = (PROJECT / "workflow" / "rules" / "common.smk").read_text()
    assert 'container: "envs/radproof.sif"' in rules
    assert "apptainer build envs/radproof.sif" in (PROJECT / "envs" / "radproof.def").read_text()


@pytest.mark.parametrize("library", ["keras", "pandas", "snakemake"])
def test_setup_compiles_what_each_job_imports(library: str) -> None:
    assert "uv_pip sync --compile-bytecode" in (PROJECT / "envs" / "setup.sh").read_text()
    module = importlib.util.find_spec(library)
    assert module is not None and module.origin is not None
    compiled = Path(importlib.util.cache_from_source(module.origin)).read_bytes()
    assert int.from_bytes(compiled[8:12], "little") == int(Path(module.origin).stat().st_mtime)
