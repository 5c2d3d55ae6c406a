"""What people read, held against the records of a study: files, and the records themselves."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from radproof.dossier.lineage import Record
from radproof.dossier.record_form import read_record
from radproof.errors import CheckFailed
from radproof.provenance import seal_of, sha256_of

# Scans, masks and networks are left to `radproof trace`: a copy for reviewers may lack them.
READ = {".tsv", ".json", ".html", ".svg", ".png", ".parquet"}
# Everything in these was made by a job, but for the store of MLflow and what Snakemake was told.
MADE = ("models", "evaluation", "null", "figures", "dossier")
STORE = "dossier/mlflow/"
# The last jobs of a study: all that its report rests on lies behind them.
ENDS = ("describe_crate", "write_report")
REPORT = "dossier/report.html"


def sealed_record(path: Path) -> Record:
    """Read a record that something is decided by.

    Raises
    ------
    BadInput
        If it cannot be read.
    CheckFailed
        If it is not what its job wrote.
    """
    record = read_record(path)
    if _broken([record]):
        raise CheckFailed(f"{path}: record is not what its job wrote")
    return record


def compare_with_records(results: Path, records: Iterable[Record]) -> tuple[int, dict[str, str]]:
    """Compare tables, figures, models, pages and records with what the jobs recorded.

    Returns
    -------
    tuple
        How many files were compared, and a line for each thing that is wrong, by its place: a file
        that is not as recorded, is gone, or that no job made; a record that is not what its job
        wrote, or says something else of a file than another.
    """
    in_time = sorted(records, key=lambda record: record.get("ended", ""))
    maker = {entry["path"]: record for record in in_time for entry in record.get("outputs", [])}
    jobs = _behind_the_report(in_time, maker)
    lines = {
        _place(job): f"{_place(job)}: record is not what its job wrote" for job in _broken(jobs)
    }
    seen = dict(_seen(in_time, READ))
    for path, (sha256, job) in _seen(jobs, READ):
        if seen[path][0] != sha256:
            lines[path] = f"{path}: {job} and {seen[path][1]} recorded different bytes"
    lines |= {path: f"{path}: file is gone" for path in _gone(results, jobs)}
    there = {path: what for path, what in seen.items() if (results / path).is_file()}
    for path, (sha256, job) in there.items():
        if sha256_of(results / path) != sha256:
            lines[path] = f"{path}: file is not what {job} recorded"
    for path in _unmade(results, maker, whole=bool(jobs)):
        lines.setdefault(path, f"{path}: no record says how this file was made")
    return len(there), lines


def _place(record: Record) -> str:
    return f"records/{record['rule']}/{record['label']}.json"


def _behind_the_report(records: list[Record], maker: dict[str, Record]) -> list[Record]:
    """Return the jobs that the report follows from; none of a study that did not come so far.

    Records of what is no longer in the plan may speak of files as they were.
    """
    waiting = [record for record in records if record["rule"] in ENDS]
    found: list[Record] = []
    while waiting:
        record = waiting.pop()
        if any(record is job for job in found):
            continue
        found.append(record)
        waiting += [maker[e["path"]] for e in record.get("inputs", []) if e["path"] in maker]
    return found


def _broken(jobs: Iterable[Record]) -> list[Record]:
    return [job for job in jobs if "sha256" in job and seal_of(job) != job["sha256"]]


def _seen(jobs: Iterable[Record], suffixes: set[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield files of the results with the SHA-256 that a job saw; those it read before those made.

    Of a file that one job read and another wrote, the writer speaks last.
    """
    jobs = list(jobs)
    for name in ("inputs", "outputs"):
        for job in jobs:
            for entry in job.get(name, []):
                path = entry["path"]
                inside = ":" not in path and PurePosixPath(path).suffix in suffixes
                if inside and "sha256" in entry:
                    yield path, (entry["sha256"], f"{job['rule']} {job['label']}")


def _gone(results: Path, jobs: Iterable[Record]) -> Iterator[str]:
    """Yield what jobs made and is not there, unless it was temporary or left out of a package."""
    for job in jobs:
        for entry in job.get("outputs", []):
            kept = entry["name"] not in job.get("temporary", []) and not entry.get("left_out")
            if kept and entry["path"].startswith(MADE) and not (results / entry["path"]).is_file():
                yield entry["path"]


def _unmade(results: Path, maker: dict[str, Record], whole: bool) -> Iterator[str]:
    """Yield what no job made; of a study that did not come to its report, only a report."""
    folders = MADE if whole else []
    files = [file for name in folders for file in (results / name).rglob("*") if file.is_file()]
    for path in sorted({REPORT, *(file.relative_to(results).as_posix() for file in files)}):
        if path not in maker and not path.startswith(STORE) and (results / path).is_file():
            yield path
