"""Provenance: which bytes, code and settings made a file."""

import ast
import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
SCRIPTS = PACKAGE.parent
PROJECT = SCRIPTS.parents[1]
# Set by the Snakefile: where Snakemake was started.
STARTED_IN = "RADPROOF_FOLDER"


def installed_version(name: str) -> str | None:
    """Return the version of a library of this environment; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# TensorFlow comes as one of two packages, and which one is here says which lock was installed.
TENSORFLOW = "tensorflow" if installed_version("tensorflow") else "tensorflow-cpu"
LOCK = PROJECT / "envs" / ("gpu.lock" if TENSORFLOW == "tensorflow" else "cpu.lock")
RECORDED_PACKAGES = [
    "numpy",
    "scipy",
    "pandas",
    "SimpleITK",
    "pyradiomics",
    TENSORFLOW,
    "keras",
    "numba",
    "scikit-image",
    "PyWavelets",
    "scikit-learn",
    "statsmodels",
    "matplotlib",
    "mlflow",
    "snakemake",
]


def project_path(path: str) -> Path:
    """Return a path of the plan, taken from the project's folder unless it is absolute."""
    return Path(path) if Path(path).is_absolute() else PROJECT / path


def canonical(value: Any) -> str:
    """Return settings as text that does not depend on the order in which keys were written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_closure(script: str, modules: Iterable[str] = ()) -> list[Path]:
    """Return the files of code that a rule's script runs, sorted.

    The script, the modules of this package that it imports, directly or not, wherever in the file
    the import stands, and in addition ``modules`` (those of the kinds that the plan chose, which
    are imported by name at run time).
    """
    found: set[Path] = set()
    waiting = [SCRIPTS / f"{script}.py", *(path for name in modules for path in _files_of(name))]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported_by(path)
    return sorted(found)


@cache
def _imported_by(path: Path) -> list[Path]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    ours = [name for name in names if name.split(".")[0] == PACKAGE.name]
    return [file for name in ours for file in _files_of(name)]


def _files_of(module: str) -> list[Path]:
    """Return a module's file and the ``__init__`` files that importing it runs."""
    parts = module.split(".")
    folders = [SCRIPTS.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
    files = [folder / "__init__.py" for folder in folders]
    files.append(folders[-1].with_suffix(".py"))
    return [file for file in files if file.is_file()]


def fingerprint(paths: Iterable[str | Path]) -> dict[str, str]:
    """Return the SHA-256 of each file of code under its path in the project."""
    return {in_project(path): sha256_of(path) for path in paths}


def in_project(path: str | Path) -> str:
    """Return a path relative to the project's folder, or absolute where it lies outside.

    A relative path starts where Snakemake was started: a staged job works elsewhere, on copies.
    """
    full = Path(os.environ.get(STARTED_IN, ""), path).resolve()
    return (full.relative_to(PROJECT) if full.is_relative_to(PROJECT) else full).as_posix()


def digest(fingerprints: dict[str, str]) -> str:
    """Return one SHA-256 for a set of files and their names."""
    lines = sorted(f"{path} {value}" for path, value in fingerprints.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def seal_of(record: dict[str, Any]) -> str:
    """Return the SHA-256 of a record's own content, less the entry that keeps it."""
    content = {name: value for name, value in record.items() if name != "sha256"}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


@cache
def package_versions() -> dict[str, str]:
    """Return the versions of the libraries that results depend on."""
    return {name: installed_version(name) or "not installed" for name in RECORDED_PACKAGES}


def portable(path: str, results: Path, datasets: dict[str, str]) -> str:
    """Return a path as it is recorded, so that results can be read on another machine.

    Inside the results folder it is relative to that; inside a data set it is
    ``dataset:NAME/rest``; anything else is ``project:PATH``, relative to the project's folder.
    """
    if Path(path).is_relative_to(results):
        return Path(path).relative_to(results).as_posix()
    for name, folder in datasets.items():
        if Path(path).is_relative_to(folder):
            return f"dataset:{name}/{Path(path).relative_to(folder).as_posix()}"
    return f"project:{in_project(path)}"


def resolve(recorded: str, results: Path, datasets: dict[str, str], project: Path) -> Path | None:
    """Return where a recorded path lies on this machine; None where its data set is not here."""
    if recorded.startswith("project:"):
        return project / recorded.removeprefix("project:")
    if recorded.startswith("dataset:"):
        name, _, rest = recorded.removeprefix("dataset:").partition("/")
        return Path(datasets[name]) / rest if name in datasets else None
    return results / recorded


def file_entries(
    named: Iterable[tuple[str, str]], results: Path, datasets: dict[str, str]
) -> list[dict[str, Any]]:
    """Return name, recorded path, bytes and SHA-256 of files given as (name, path)."""
    return [
        {
            "name": name,
            "path": portable(path, results, datasets),
            "bytes": Path(path).stat().st_size,
            "sha256": sha256_of(path),
        }
        for name, path in named
    ]
