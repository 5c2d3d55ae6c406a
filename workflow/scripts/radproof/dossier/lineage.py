"""Lineage: the chain of a result back to raw files, each hash checked against the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radproof.dossier.record_form import is_whole, read_record
from radproof.errors import BadInput, Problem
from radproof.provenance import PROJECT, canonical, resolve, seal_of, sha256_of

Record = dict[str, Any]
AGAIN = "restore it or run the study again"


@dataclass
class Lineage:
    """The jobs behind a file, the raw files they began with, and what is wrong with them.

    ``jobs`` are records, the newest step first. ``sources`` maps each recorded path that no job
    made to its SHA-256; ``absent`` are those whose data set is not on this machine, and
    ``not_kept`` temporary files that were deleted once read: their hash could not be checked.
    ``notes`` do not make the chain fail.
    """

    file: str
    jobs: list[Record] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    not_kept: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def results_folder(file: Path) -> Path:
    """Return the results folder that a file lies in: the nearest one above it with records.

    Raises
    ------
    BadInput
        If the file is missing or lies in no results folder.
    """
    if not file.is_file():
        raise BadInput(Problem("no such file", file=str(file), remedy="name a figure or a table"))
    for folder in file.resolve().parents:
        if (folder / "records").is_dir():
            return folder
    raise BadInput(
        Problem(
            "file lies in no results folder",
            file=str(file),
            expected="a folder above it with records/",
        )
    )


def read_records(results: Path) -> list[Record]:
    """Read every record of a results folder.

    Raises
    ------
    BadInput
        If a record cannot be read.
    """
    records, problems = _readable(results)
    if problems:
        raise BadInput(problems)
    return records


def _readable(results: Path) -> tuple[list[Record], list[Problem]]:
    records, problems = [], []
    for path in sorted((results / "records").glob("*/*.json")):
        try:
            records.append(read_record(path))
        except BadInput as error:
            problems += error.problems
    return records, problems


def trace(
    files: Iterable[str], results: Path, datasets: dict[str, str], project: Path = PROJECT
) -> Lineage:
    """Follow files back to raw files, hashing every file of the chain on the way.

    Parameters
    ----------
    files
        Paths relative to the results folder.
    results
        The results folder; it may have been copied here from elsewhere.
    datasets
        Where data sets lie on this machine; those not named are listed as absent.
    project
        The project's folder, against which code is compared. Code that differs is a problem of
        results inside that folder, and a note on results from elsewhere.
    """
    files = list(files)
    # The job that ended last made what is there: batches and groups of folds may have had others.
    found, problems = _readable(results)
    records = sorted(filter(is_whole, found), key=lambda record: record["ended"])
    maker = {entry["path"]: record for record in records for entry in record["outputs"]}
    lineage = Lineage(file=", ".join(files), problems=problems)
    expected: dict[str, tuple[str, str]] = {}
    waiting, seen = list(files), set(files)
    while waiting:
        path = waiting.pop(0)
        record = maker.get(path)
        if record is None:
            _source(path, expected, lineage)
        elif not any(record is job for job in lineage.jobs):
            lineage.jobs.append(record)
            for entry in record["outputs"]:
                _expect(entry, record, expected, lineage)
            for entry in record["inputs"]:
                _expect(entry, record, expected, lineage)
                if entry["path"] not in seen:
                    seen.add(entry["path"])
                    waiting.append(entry["path"])
    _check_files(expected, lineage, results, datasets, project)
    for record in lineage.jobs:
        _check_record(record, lineage)
        _check_code(record, lineage, results, project)
    if unsealed := sum("sha256" not in record for record in lineage.jobs):
        lineage.notes.append(f"{unsealed} records of an older version, without their own SHA-256")
    return lineage


def _source(path: str, expected: dict[str, tuple[str, str]], lineage: Lineage) -> None:
    if path.startswith(("dataset:", "project:")):
        lineage.sources[path] = expected[path][0]
        return
    lineage.problems.append(
        Problem(
            "no record says how this file was made",
            file=path,
            remedy="run the study again, or restore records/",
        )
    )


def _expect(
    entry: dict[str, Any],
    record: Record,
    expected: dict[str, tuple[str, str]],
    lineage: Lineage,
) -> None:
    """Note the hash that a job saw; two jobs that saw different bytes are a problem."""
    job = f"{record['rule']} {record['label']}"
    sha256, other = expected.setdefault(entry["path"], (entry["sha256"], job))
    if sha256 != entry["sha256"]:
        lineage.problems.append(
            Problem(
                f"{job} and {other} recorded different bytes",
                file=entry["path"],
                found=entry["sha256"][:12],
                expected=sha256[:12],
                remedy="run the study again",
            )
        )


def _check_files(
    expected: dict[str, tuple[str, str]],
    lineage: Lineage,
    results: Path,
    datasets: dict[str, str],
    project: Path,
) -> None:
    temporary = set(_temporary(lineage.jobs))
    for path, (sha256, job) in sorted(expected.items()):
        place = resolve(path, results, datasets, project)
        if place is None:
            lineage.absent.append(path)
        elif path in temporary and not place.is_file():
            lineage.not_kept.append(path)
        elif not place.is_file():
            problem = Problem("file is missing", file=path, expected=f"as recorded by {job}")
            lineage.problems.append(problem)
        elif (found := sha256_of(place)) != sha256:
            lineage.problems.append(
                Problem(
                    f"file is not what {job} recorded",
                    file=path,
                    found=f"sha256 {found[:12]}",
                    expected=f"sha256 {sha256[:12]}",
                    remedy=AGAIN,
                )
            )


def _temporary(jobs: Iterable[Record]) -> Iterator[str]:
    """Yield what the job that made it says is deleted once it has been read."""
    for job in jobs:
        names = job.get("temporary", [])
        yield from (entry["path"] for entry in job["outputs"] if entry["name"] in names)


def _check_record(record: Record, lineage: Lineage) -> None:
    """Find a record that is not what its job wrote, by the SHA-256 of itself."""
    path = f"records/{record['rule']}/{record['label']}.json"
    if "sha256" in record and seal_of(record) != record["sha256"]:
        problem = Problem("record is not what its job wrote", file=path, remedy=AGAIN)
        lineage.problems.append(problem)


def _check_code(record: Record, lineage: Lineage, results: Path, project: Path) -> None:
    inside = results.resolve().is_relative_to(project.resolve())
    for path, sha256 in record["code"]["files"].items():
        there = (project / path).is_file()
        if there and sha256_of(project / path) == sha256:
            continue
        step = f"{record['rule']} {record['label']}"
        if not inside:
            lineage.notes.append(f"{path}: code differs from what {step} ran")
        elif path not in {problem.file for problem in lineage.problems}:
            what = f"code is not what {step} ran" if there else "code is missing"
            lineage.problems.append(Problem(what, file=path, remedy=AGAIN))


def study_problems(results: Path, project: Path = PROJECT) -> list[Problem]:
    """Return what of plan, sheet, lock and workflow is not as when the study was described.

    They stand in the record of ``describe_crate``; nothing is said of a study that has none, or of
    results outside the project's folder.
    """
    path = results / "records" / "describe_crate" / "all.json"
    if not path.is_file() or not results.resolve().is_relative_to(project.resolve()):
        return []
    entries = [e for e in read_record(path).get("inputs", []) if e["path"].startswith("project:")]
    lineage = Lineage(file="")
    expected = {entry["path"]: (entry["sha256"], "describe_crate all") for entry in entries}
    _check_files(expected, lineage, results, {}, project)
    return lineage.problems


def as_dict(lineage: Lineage) -> dict[str, Any]:
    """Return a lineage as plain values, for JSON."""
    return {
        "file": lineage.file,
        "complete": not lineage.problems,
        "jobs": lineage.jobs,
        "sources": lineage.sources,
        "absent": lineage.absent,
        "not_kept": lineage.not_kept,
        "problems": [problem.as_dict() for problem in lineage.problems],
        "notes": lineage.notes,
    }


def as_text(lineage: Lineage) -> str:
    """Return a lineage as text: a line per job, from the file back to the raw files."""
    lines = [lineage.file]
    for job in lineage.jobs:
        lines.append(
            f"  made by {job['rule']} {job['label']}: code {job['code']['sha256'][:12]},"
            f" lock {job['lock_sha256'][:12]}, seed {job['settings'].get('seed')},"
            f" {len(job['inputs'])} inputs, {job['started']}, {job['seconds']} s"
        )
        lines.append(f"    with {_shortened(canonical(job['settings']))}")
    lines += [f"  versions: {versions}" for versions in _versions(lineage.jobs)]
    lines.append(f"  from {len(lineage.sources)} raw files:")
    absent = set(lineage.absent)
    for path, sha256 in sorted(lineage.sources.items()):
        state = "not on this machine, hash not checked" if path in absent else "checked"
        lines.append(f"    {path} sha256 {sha256} ({state})")
    lines += [f"  not kept: {path}, temporary, hash not checked" for path in lineage.not_kept]
    lines += [f"  note: {note}" for note in lineage.notes]
    lines += [f"  PROBLEM: {problem}" for problem in lineage.problems]
    return "\n".join(lines)


def _shortened(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters, see --json)"


def _versions(jobs: Iterable[Record]) -> list[str]:
    """Return the libraries that jobs ran with, each set of versions once."""
    sets = ({"Python": job.get("python", "not recorded")} | job.get("packages", {}) for job in jobs)
    return sorted({", ".join(f"{name} {value}" for name, value in used.items()) for used in sets})


def summary(lineage: Lineage) -> list[dict[str, Any]]:
    """Return the jobs of a lineage without times, in a stable order, so that bytes repeat."""
    kept = ("rule", "label", "inputs", "outputs", "settings", "lock_sha256")
    return sorted(
        (
            {key: job[key] for key in kept} | {"code_sha256": job["code"]["sha256"]}
            for job in lineage.jobs
        ),
        key=lambda job: (job["rule"], job["label"]),
    )
