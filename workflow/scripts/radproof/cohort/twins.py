"""Twins: files that are the same, byte for byte, where each should be another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from radproof.errors import Problem
from radproof.provenance import sha256_of


@dataclass(frozen=True)
class RawFile:
    """A file of a patient as the plan names it; ``file`` is its path inside the data set.

    ``role`` is ``image``, ``mask`` (of the rater ``name``) or ``control``, a mask drawn on the
    sequence ``name``.
    """

    patient: str
    dataset: str
    role: str
    name: str
    folder: Path
    file: str
    label: int
    optional: bool

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.folder / self.file


def twin_problems(files: Iterable[RawFile]) -> list[Problem]:
    """Return the files of a patient that repeat an earlier one."""
    return [
        Problem(
            f"{second.role} {second.name} is the same file as {first.role} {first.name}",
            patient=second.patient,
            file=str(second.path),
            remedy="give each its own file",
        )
        for alike in _alike(files)
        for first, second in ((alike[0], other) for other in alike[1:])
    ]


def shared_files(files: Iterable[RawFile]) -> list[Problem]:
    """Return the files that two patients or more have in common."""
    return [
        same_file_problem((file.patient for file in alike), str(alike[-1].path))
        for alike in _alike(files)
        if len({file.patient for file in alike}) > 1
    ]


def same_file_problem(patients: Iterable[str], file: str) -> Problem:
    """Return the problem of several patients with one file."""
    return Problem(
        "two patients have the same file",
        patient=", ".join(sorted(set(patients))),
        file=file,
        remedy="one person twice, or a file copied by mistake: correct it",
    )


def _alike(files: Iterable[RawFile]) -> Iterator[list[RawFile]]:
    """Yield groups of files with the same bytes; only files of one length are read."""
    lengths: dict[int, list[RawFile]] = {}
    for file in files:
        if file.path.is_file() and file.path.stat().st_size:
            lengths.setdefault(file.path.stat().st_size, []).append(file)
    for candidates in lengths.values():
        digests: dict[str, list[RawFile]] = {}
        for file in candidates if len(candidates) > 1 else []:
            digests.setdefault(sha256_of(file.path), []).append(file)
        yield from (alike for alike in digests.values() if len(alike) > 1)
