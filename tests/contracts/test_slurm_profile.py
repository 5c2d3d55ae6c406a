"""The profile for Slurm fits the rules that there are."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from radproof.provenance import PROJECT
from radproof.schema import read_yaml


@pytest.fixture(scope="module")
def profile() -> dict:
    return read_yaml(PROJECT / "profiles" / "slurm" / "config.yaml")


def test_every_name_of_the_profile_begins_names_of_rules(profile: dict) -> None:
    rules = "".join(path.read_text() for path in (PROJECT / "workflow" / "rules").glob("*.smk"))
    for name in [*profile["groups"], *profile["set-resources"]]:
        written = (f"rule {name}:", f"rule {name}_", f'"{name}_{{', f'f"{name}_', f'"{name}"')
        assert any(text in rules for text in written), name


def planned(*arguments: str, config: tuple[str, ...] = ()) -> None:
    """Plan a study in the groups of the profile, none of which may wait for itself."""
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/slurm", *arguments]
    given = ["--config", *config] if config else []
    done = subprocess.run(
        [*command, *given], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_groups_of_the_default_study_and_its_negative_control_can_be_run() -> None:
    planned()
    planned("null", config=("permutations=3",))


def test_long_names_of_extractors_can_be_run(tmp_path: Path) -> None:
    plan = (PROJECT / "config" / "studies" / "otscc-simulated.yaml").read_text()
    renamed = tmp_path / "renamed.yaml"
    plan = re.sub(r"(?<!kind: )pyradiomics(?=[:,.])", "pyradiomics_wavelets", plan)
    renamed.write_text(plan)
    planned(config=(f"plan={renamed}",))


def test_states_that_the_plugin_misreads_are_said_otherwise(tmp_path: Path) -> None:
    real = tmp_path / "sacct"
    real.write_text(
        '#!/bin/sh\n[ "$1" = -X ] || exit 3\n'
        "printf '7|COMPLETED\\n8|CANCELLED by 1000\\n9|NODE_FAIL\\n10|FAILED\\n'\n"
    )
    real.chmod(0o755)
    ours = PROJECT / "profiles" / "slurm" / "bin"
    path = {"PATH": f"{ours}:{tmp_path}:{os.environ['PATH']}"}

    def sacct(*arguments: str) -> subprocess.CompletedProcess:
        command = ["sacct", *arguments]
        return subprocess.run(
            command,
            cwd=PROJECT,
            env=os.environ | path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    # Another clone's, and ours once more by a path from here.
    other = tmp_path / "clone" / "profiles" / "slurm" / "bin"
    shutil.copytree(ours, other)
    path["PATH"] = f"profiles/slurm/bin:{other}:{path['PATH']}"
    said = sacct("-X").stdout.splitlines()
    assert said == ["7|COMPLETED", "8|CANCELLED", "9|REQUEUED", "10|FAILED"]
    assert sacct().returncode == 3
