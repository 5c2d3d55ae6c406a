"""A job: what a script opens to read its settings, tell its progress and leave its record."""

import json
import platform
import resource
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radproof.errors import EXIT_BAD_INPUT, EXIT_CHECK_FAILED, BadInput, CheckFailed
from radproof.provenance import (
    LOCK,
    digest,
    file_entries,
    fingerprint,
    package_versions,
    sha256_of,
)
from radproof.seeds import derive_seed
from radproof.tables import write_json


@dataclass(frozen=True)
class Job:
    """One job of the workflow, with explicit values for the library.

    ``rule`` and ``label`` come from the place of its record, ``records/<rule>/<label>.json``.
    """

    rule: str
    label: str
    input: Any
    output: Any
    settings: dict[str, Any]
    datasets: dict[str, str]
    log: Callable[[str], None] = field(repr=False)

    def seed(self, *names: str) -> int:
        """Return the seed of this rule for some names (a patient, a fold), or for the label."""
        return derive_seed(self.settings["seed"], self.rule, *(names or (self.label,)))


@contextmanager
def open_job(snakemake: Any) -> Iterator[Job]:
    """Open the job that Snakemake handed to a script; write its record when it ends well.

    Bad input ends the process with exit code 2 and one line for each problem, a failed check with
    1; neither shows a traceback. Inputs named ``code`` and ``gate`` carry no data: the first are
    recorded as code, the second not at all.
    """
    record = Path(snakemake.output.record)
    results = record.parents[2]
    log_file = Path(snakemake.log[0])
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w", encoding="utf-8", buffering=1) as stream:

        def log(message: str) -> None:
            for target in (stream, sys.stderr):
                print(f"[{record.parent.name} {record.stem}] {message}", file=target, flush=True)

        job = Job(
            rule=record.parent.name,
            label=record.stem,
            input=snakemake.input,
            output=snakemake.output,
            settings=json.loads(snakemake.params.settings),
            datasets=dict(snakemake.params.get("datasets", {})),
            log=log,
        )
        started = datetime.now(UTC)
        inputs = file_entries(_data_inputs(snakemake.input), results, job.datasets)
        try:
            yield job
        except BadInput as error:
            for problem in error.problems:
                log(f"error: {problem}")
            raise SystemExit(EXIT_BAD_INPUT) from None
        except CheckFailed as error:
            log(f"error: {error}")
            raise SystemExit(EXIT_CHECK_FAILED) from None
        except Exception:
            log(traceback.format_exc())
            raise
        write_json(_record_of(snakemake, job, inputs, started), record)


def _named(files: Any) -> list[tuple[str, str]]:
    """Return (name, path) of Snakemake's input or output, all of which our rules name."""
    return [
        (name, str(path))
        for name, value in files.items()
        for path in ([value] if isinstance(value, str) else value)
    ]


def _data_inputs(files: Any) -> list[tuple[str, str]]:
    return [(name, path) for name, path in _named(files) if name not in ("code", "gate")]


def _record_of(
    snakemake: Any, job: Job, inputs: list[dict[str, Any]], started: datetime
) -> dict[str, Any]:
    ended = datetime.now(UTC)
    outputs = [(name, path) for name, path in _named(snakemake.output) if name != "record"]
    code = fingerprint(snakemake.input.get("code", []))
    memory_kib = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "rule": job.rule,
        "label": job.label,
        "inputs": inputs,
        "outputs": file_entries(outputs, Path(snakemake.output.record).parents[2], {}),
        "settings": job.settings,
        "code": {"sha256": digest(code), "files": code},
        "lock_sha256": sha256_of(LOCK),
        "threads": snakemake.threads,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "seconds": round((ended - started).total_seconds(), 3),
        "peak_memory_mb": round(memory_kib / 1024, 1),
    }
