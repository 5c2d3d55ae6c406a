"""Every recipe installs the same libraries, and records name the lock that was installed."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from radproof.environment import check_environment, pinned_versions
from radproof.errors import BadInput
from radproof.provenance import LOCK, PROJECT, TENSORFLOW, package_versions

ENVS = PROJECT / "envs"
LOCKS = ["cpu", "gpu"]
IMAGES = ["radproof.def", "Containerfile"]
PYTHON = "3.11.7"
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def text_of(name: str) -> str:
    return (ENVS / name).read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_every_file_of_a_lock_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=\S+==)", text_of(f"{name}.lock"), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pinned_versions(ENVS / f"{name}.lock")) > 200
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("path", sorted(ENVS.iterdir()), ids=lambda path: path.name)
def test_no_recipe_names_an_address(path: Path) -> None:
    assert "://" not in path.read_text()


def test_the_locks_differ_in_tensorflow_alone() -> None:
    cpu, gpu = (pinned_versions(ENVS / f"{name}.lock") for name in LOCKS)
    assert cpu.pop("tensorflow-cpu") == gpu.pop("tensorflow")
    nvidia = {name for name in gpu if name.startswith("nvidia-")}
    assert "nvidia-cudnn-cu12" in nvidia
    assert {name: gpu[name] for name in gpu.keys() - nvidia} == cpu


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(name: str) -> None:
    pinned = pinned_versions(ENVS / f"{name}.lock")
    for line in SETTINGS["dependencies"] + SETTINGS["optional-dependencies"][name]:
        asked = Requirement(line)
        assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), "run `make locks`"


def test_records_name_the_lock_whose_tensorflow_is_installed() -> None:
    assert TENSORFLOW in pinned_versions(LOCK)
    assert package_versions()[TENSORFLOW] == pinned_versions(LOCK)[TENSORFLOW]


def test_what_is_installed_is_what_the_lock_says() -> None:
    check_environment()


@pytest.mark.parametrize(
    ("line", "found", "expected"),
    [
        ("numpy==1.0", r"numpy \d\.\d+\.\d+", "numpy 1.0"),
        ("nothing==2", "nothing none", "nothing 2"),
    ],
)
def test_another_library_than_the_locks_is_refused_by_name(
    line: str, found: str, expected: str, tmp_path: Path
) -> None:
    lock = tmp_path / "cpu.lock"
    lock.write_text(f"{line} \\\n    --hash=sha256:0\n")
    with pytest.raises(BadInput, match=f"found {found}, expected {expected}.*make setup"):
        check_environment(lock)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_installs_a_lock_by_the_script_of_make_setup(name: str) -> None:
    recipe = text_of(name)
    assert re.search(r"PYTHON=python3\.11 LOCK=\S.* sh envs/setup\.sh", recipe)
    assert re.search(r"LOCK\}+\.lock", recipe)
    assert re.search(r"^(ARG |    )LOCK=cpu$", recipe, re.MULTILINE)
    assert "gcc libc6-dev make" in recipe


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_starts_from_one_version_of_python(name: str) -> None:
    assert f"python:{PYTHON}-slim-bookworm" in text_of(name)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_has_all_that_setup_reads_and_no_results(name: str) -> None:
    copied = re.findall(r"^    (\S+) /opt/radproof/\S+$", text_of(name), re.MULTILINE)
    for line in re.findall(r"^COPY (.*) \S+$", text_of(name), re.MULTILINE):
        copied += line.split()
    copied = [re.sub(r"\$?\{+LOCK\}+", "cpu", path) for path in copied]
    assert set(copied) == {
        "envs/cpu.lock",
        "README.md",
        "envs/setup.sh",
        "pyproject.toml",
        "workflow/scripts/radproof",
    }


def test_an_image_is_not_sent_results_or_scans() -> None:
    sent = (PROJECT / ".dockerignore").read_text().splitlines()
    assert sent[1:] == ["*", "!envs", "!pyproject.toml", "!README.md", "!workflow/scripts/radproof"]


def test_conda_brings_what_setup_needs_and_setup_the_lock() -> None:
    recipe = yaml.safe_load(text_of("conda.yaml"))
    assert recipe["dependencies"] == [f"python={PYTHON}", "pip", "gcc", "make"]
    assert "make setup" in text_of("conda.yaml")


def test_all_recipes_have_a_python_that_the_project_accepts() -> None:
    assert PYTHON in SpecifierSet(SETTINGS["requires-python"])


@pytest.mark.parametrize("name", [*IMAGES, "conda.yaml"])
def test_what_was_never_built_says_so(name: str) -> None:
    assert "Not built here yet" in text_of(name)
    how = (PROJECT / "docs" / "how-to" / "install.md").read_text()
    assert f"envs/{name}" in how
    assert "have not been built" in " ".join(how.split())


def set_up_with(folder: Path, *ready: str, ask: str = "") -> str:
    """What `make setup` would run where .venv was set up with some locks."""
    (folder / ".venv").mkdir()
    for name in ("pyproject.toml", "Makefile", "envs"):
        (folder / name).symlink_to(PROJECT / name)
    for name in ready:
        (folder / ".venv" / f".ready-{name}").touch()
    command = ["make", "-n", "setup", *([ask] if ask else [])]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
@pytest.mark.parametrize(
    ("ready", "ask", "said"),
    [
        ([], "", "LOCK=cpu"),
        ([], "LOCK=gpu", "LOCK=gpu"),
        (["cpu"], "", "Nothing to be done"),
        (["gpu"], "", "Nothing to be done"),
        (["gpu"], "LOCK=cpu", "LOCK=cpu"),
        (["cpu"], "LOCK=gpu", "LOCK=gpu"),
    ],
)
def test_an_environment_keeps_its_lock_until_another_is_asked_for(
    ready: list[str], ask: str, said: str, tmp_path: Path
) -> None:
    assert said in set_up_with(tmp_path, *ready, ask=ask)
