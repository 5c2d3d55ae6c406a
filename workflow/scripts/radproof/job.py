"""A job: what a script opens to read its settings, tell its progress and leave its record."""

import gc
import json
import platform
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radproof.disk_faults import disk_problem
from radproof.environment import check_environment
from radproof.errors import EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_DISK, BadInput, CheckFailed
from radproof.orphans import end_with_snakemake
from radproof.provenance import (
    LOCK,
    digest,
    file_entries,
    fingerprint,
    package_versions,
    seal_of,
    sha256_of,
)
from radproof.seeds import derive_seed
from radproof.tables import remove_unfinished, write_json


@dataclass(frozen=True)
class Job:
    """One job of the workflow, with explicit values for the library.

    ``rule`` and ``label`` come from the place of its record, ``records/<rule>/<label>.json``.
    ``hashes`` maps each input to its SHA-256, ``code`` each file of the job's code.
    """

    rule: str
    label: str
    input: Any
    output: Any
    settings: dict[str, Any]
    datasets: dict[str, str]
    hashes: dict[str, str] = field(repr=False)
    code: dict[str, str] = field(repr=False)
    log: Callable[[str], None] = field(repr=False)

    def seed(self, *names: str) -> int:
        """Return the seed of this rule for some names (a patient, a fold), or for the label."""
        return derive_seed(self.settings["seed"], self.rule, *(names or (self.label,)))

    def key(self, files: Iterable[str], **values: Any) -> str:
        """Return a hash of all that some work of this job follows from.

        The bytes of the ``files`` among its inputs, its code, the lock, the versions of libraries,
        and the given ``values``.
        """
        parts = {"code": digest(self.code), "lock": sha256_of(LOCK), **package_versions()}
        parts |= {f"file {number}": self.hashes[file] for number, file in enumerate(files)}
        return digest(
            parts | {name: json.dumps(value, sort_keys=True) for name, value in values.items()}
        )


def of_patients(patients: Sequence[str], files: Sequence[str]) -> dict[str, list[str]]:
    """Return patient → files, from the files of all patients, as many for each, one after another.

    Raises
    ------
    ValueError
        If the files cannot be shared out equally.
    """
    each, left = divmod(len(files), len(patients))
    if left:
        raise ValueError(f"{len(files)} files of {len(patients)} patients")
    return {name: list(files[i * each : (i + 1) * each]) for i, name in enumerate(patients)}


@contextmanager
def open_job(snakemake: Any) -> Iterator[Job]:
    """Open the job that Snakemake handed to a script; write its record when it ends well.

    Bad input ends the process with exit code 2 and one line for each problem, a failed check with
    1, a disk that is full or read-only with 4; none shows a traceback. Where Snakemake itself is
    killed, the process ends as well. Inputs named ``code`` carry no data and are recorded as code.
    The parameter ``temporary`` names the outputs that Snakemake deletes once they have been read.
    """
    start_up = _cpu_seconds()
    # What the libraries made stays. Python would look through it now and again, and once more at
    # its end: half a second for TensorFlow.
    gc.freeze()
    record = Path(snakemake.output.record)
    log = JobLog(Path(snakemake.log[0]), f"{record.parent.name} {record.stem}")
    end_with_snakemake(log)
    started = datetime.now(UTC)
    with _failures_told(log, record.parents[2]):
        log.begin()
        remove_unfinished(path for _, path in _named(snakemake.output))
        inputs, job = _prepared(snakemake, log)
        check_environment()
        yield job
        write_json(_record_of(snakemake, job, inputs, started, start_up), record)


@dataclass(frozen=True)
class JobLog:
    """The log of a job: each message goes to standard error and into a file."""

    path: Path
    title: str

    def begin(self) -> None:
        """Begin the file anew."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("", encoding="utf-8")

    def __call__(self, message: str) -> None:
        """Tell a message, which may have several lines."""
        line = f"[{self.title}] {message}\n"
        sys.stderr.write(line)
        sys.stderr.flush()
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(line)


@contextmanager
def _failures_told(log: JobLog, results: Path) -> Iterator[None]:
    """Tell why a job fails, a line each of what a user can mend, and end the process."""
    try:
        yield
    except BadInput as error:
        _tell(log, *(f"error: {problem}" for problem in error.problems))
        raise SystemExit(EXIT_BAD_INPUT) from None
    except CheckFailed as error:
        _tell(log, f"error: {error}")
        raise SystemExit(EXIT_CHECK_FAILED) from None
    except Exception as error:
        problem = disk_problem(error, results)
        if problem is None:
            _tell(log, traceback.format_exc())
            raise
        _tell(log, f"error: {problem}")
        raise SystemExit(EXIT_DISK) from None


def _tell(log: JobLog, *messages: str) -> None:
    """Tell the last words of a job, as far as the disk of its log has room for them."""
    for message in messages:
        with suppress(OSError):
            log(message)


def _prepared(snakemake: Any, log: JobLog) -> tuple[list[dict[str, Any]], Job]:
    """Return the entries of a job's inputs as its record has them, and the job."""
    record = Path(snakemake.output.record)
    files = _data_inputs(snakemake.input)
    datasets = dict(snakemake.params.get("datasets", {}))
    inputs = file_entries(files, record.parents[2], datasets)
    hashes = [entry["sha256"] for entry in inputs]
    return inputs, Job(
        rule=record.parent.name,
        label=record.stem,
        input=snakemake.input,
        output=snakemake.output,
        settings=json.loads(snakemake.params.settings),
        datasets=datasets,
        hashes=dict(zip((path for _, path in files), hashes, strict=True)),
        code=fingerprint(snakemake.input.get("code", [])),
        log=log,
    )


def _named(files: Any) -> list[tuple[str, str]]:
    """Return (name, path) of Snakemake's input or output, all of which our rules name."""
    return [
        (name, str(path))
        for name, value in files.items()
        for path in ([value] if isinstance(value, str) else value)
    ]


def _data_inputs(files: Any) -> list[tuple[str, str]]:
    return [(name, path) for name, path in _named(files) if name != "code"]


def _temporary(params: Any) -> dict[str, list[str]]:
    """Name the outputs that are deleted once they have been read; nothing where there are none."""
    names = list(params.get("temporary", []))
    return {"temporary": names} if names else {}


def _peak_memory_kib() -> int:
    """Return the most memory that this process, or one it waited for, held at a time."""
    status = Path("/proc/self/status")
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if not status.is_file():
        return max(children, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    # On Linux ru_maxrss begins with what the process that started this one held: Snakemake's.
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return max(children, int(lines["VmHWM"].split()[0]))


def _cpu_seconds() -> float:
    """Return the processor time of this process so far, and of those it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _record_of(
    snakemake: Any, job: Job, inputs: list[dict[str, Any]], started: datetime, start_up: float
) -> dict[str, Any]:
    ended = datetime.now(UTC)
    outputs = [(name, path) for name, path in _named(snakemake.output) if name != "record"]
    content = {
        "rule": job.rule,
        "label": job.label,
        "inputs": inputs,
        "outputs": file_entries(outputs, Path(snakemake.output.record).parents[2], {}),
        "settings": job.settings,
        "code": {"sha256": digest(job.code), "files": job.code},
        "lock_sha256": sha256_of(LOCK),
        "threads": snakemake.threads,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
        **_temporary(snakemake.params),
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "seconds": round((ended - started).total_seconds(), 3),
        # Of the processor: for Python and its libraries, and for the job's own work after that.
        "start_up_cpu_seconds": round(start_up, 3),
        "cpu_seconds": round(_cpu_seconds() - start_up, 3),
        "peak_memory_mb": round(_peak_memory_kib() / 1024, 1),
    }
    return content | {"sha256": seal_of(content)}
