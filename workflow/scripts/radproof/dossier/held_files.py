"""Which files a research object holds, beside the results or in a package of its own."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from radproof.dossier.crate import Held
from radproof.dossier.lineage import Record
from radproof.dossier.pseudonyms import path_renamed
from radproof.provenance import resolve, sha256_of


def code_of(jobs: Iterable[Record]) -> list[str]:
    """Return the recorded paths of all code that jobs ran, sorted."""
    return sorted({f"project:{path}" for job in jobs for path in job["code"]["files"]})


def files_of(jobs: Iterable[Record]) -> list[str]:
    """Return the recorded paths of all files that jobs read or wrote, sorted."""
    return sorted({entry["path"] for job in jobs for entry in [*job["inputs"], *job["outputs"]]})


def held_in_place(
    paths: Iterable[str], results: Path, project: Path, key: Mapping[str, str]
) -> dict[str, Held]:
    """Return the files that a crate in ``dossier/`` holds, by recorded path.

    Those of data sets and those whose path names a patient are no part of it, nor are temporary
    files that are gone. Paths are relative to ``dossier/``.
    """
    held = {}
    for path in paths:
        file = resolve(path, results, {}, project)
        if file is not None and path_renamed(path, key) == path and file.is_file():
            place = os.path.relpath(file, results / "dossier")
            held[path] = Held(Path(place).as_posix(), file.stat().st_size, sha256_of(file))
    return held
