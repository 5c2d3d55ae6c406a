"""The profile for Slurm fits the rules that there are."""

import subprocess
import sys

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


def test_groups_of_the_default_study_can_be_run() -> None:
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/slurm"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
