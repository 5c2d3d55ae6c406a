"""The form of a record, looked at before anything of it is followed, whoever wrote it."""

from pathlib import Path
from typing import Any

from radproof.errors import BadInput, Problem
from radproof.safety import recorded_fault
from radproof.tables import read_json

TEXTS = ("rule", "label", "lock_sha256", "started", "ended", "python", "platform", "sha256")
MAPPINGS = ("settings", "code", "packages")
FILES = ("inputs", "outputs")
_KEYS = {"rule", "label", "inputs", "outputs", "settings", "code", "lock_sha256"}
_KEYS |= {"started", "ended", "seconds"}


def read_record(path: Path) -> dict[str, Any]:
    """Read a record of a job.

    Raises
    ------
    BadInput
        If it cannot be read, or is none that a job wrote.
    """
    try:
        record: dict[str, Any] = read_json(path)
    except (OSError, ValueError, RecursionError) as error:
        problem = Problem("record cannot be read", file=str(path), found=str(error))
        raise BadInput(problem) from error
    if fault := record_fault(record):
        what, remedy = "record is not one that a job wrote", "restore it or run the study again"
        raise BadInput(Problem(what, file=str(path), found=fault, remedy=remedy))
    return record


def record_fault(record: Any) -> str:
    """Return in words why something is no record of a job, else nothing.

    What is missing is another matter: records of older versions hold less.
    """
    if not isinstance(record, dict):
        return f"{type(record).__name__}, not a mapping"
    for names, kind in ((TEXTS, str), (MAPPINGS, dict), (FILES, list), (("temporary",), list)):
        wrong = [name for name in names if name in record and not isinstance(record[name], kind)]
        if wrong:
            return f"{wrong[0]} is no {kind.__name__}"
    if not {"rule", "label"} <= record.keys():
        return "no rule or no label"
    return _code_fault(record.get("code", {})) or next(
        filter(None, (_file_fault(entry) for name in FILES for entry in record.get(name, []))), ""
    )


def is_whole(record: dict[str, Any]) -> bool:
    """Return whether a record has what a chain is followed by; older ones may not."""
    files = [*record.get("inputs", []), *record.get("outputs", [])]
    known = set(record) >= _KEYS and {"sha256", "files"} <= set(record["code"])
    return known and all({"name", "path", "sha256"} <= set(file) for file in files)


def _code_fault(code: dict[str, Any]) -> str:
    files = code.get("files", {})
    if not isinstance(files, dict):
        return "code.files is no dict"
    texts = [code.get("sha256", ""), *files, *files.values()]
    if not all(isinstance(text, str) for text in texts):
        return "code holds what is no text"
    faults = (f"path {path} {recorded_fault(f'project:{path}')}" for path in files)
    return next((fault for fault in faults if not fault.endswith(" ")), "")


def _file_fault(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "a file that is no mapping"
    texts = {"name", "path", "sha256"} & entry.keys()
    if not all(isinstance(entry[name], str) for name in texts):
        return "a file whose name, path or sha256 is no text"
    fault = recorded_fault(entry["path"]) if "path" in entry else ""
    return f"path {entry['path']} {fault}" if fault else ""
