"""What a report was made with: versions, and the bytes that fix the study."""

import platform
import tomllib
from collections.abc import Mapping
from pathlib import Path

from radproof.provenance import package_versions, sha256_of


def versions(project: str | Path, files: Mapping[str, str | Path]) -> dict[str, str]:
    """Return what to name: Radproof, Python, SHA-256 of files, and libraries with their versions.

    Nothing in it tells machines or times apart.

    Parameters
    ----------
    project
        The ``pyproject.toml`` of the code that runs; what is installed may be another.
    files
        Files that fix the study, by what they are, such as ``plan``.
    """
    about = tomllib.loads(Path(project).read_text(encoding="utf-8"))["project"]
    hashes = {f"{name} (SHA-256)": sha256_of(path) for name, path in files.items()}
    own = {"radproof": str(about["version"]), "Python": platform.python_version()}
    return own | hashes | package_versions()
