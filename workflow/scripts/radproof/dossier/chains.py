"""The chain of a figure as the report tells it: its job, what that read, the steps behind."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from radproof.dossier.cells import Table, shown

SHOWN_DIGITS = 12


def chain_of(path: str, jobs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the chain of a file, or None where no job of the lineage made it.

    Parameters
    ----------
    path
        Relative to the results folder.
    jobs
        The lineage's: ``rule label inputs outputs settings code_sha256 lock_sha256``.

    Returns
    -------
    dict
        ``job`` (rule and label), its ``code``, ``lock`` and ``seed``; ``inputs``, a table of what
        it read; ``steps``, a table of all jobs behind it by rule; ``n_sources``, the number of raw
        files at the other end.
    """
    makers = {entry["path"]: job for job in jobs for entry in job["outputs"]}
    if path not in makers:
        return None
    job = makers[path]
    behind, sources = _behind(path, makers)
    return {
        "job": f"{job['rule']} {job['label']}",
        "code": job["code_sha256"][:SHOWN_DIGITS],
        "lock": job["lock_sha256"][:SHOWN_DIGITS],
        "seed": job["settings"].get("seed"),
        "inputs": _inputs(job, makers),
        "steps": _steps(behind),
        "n_sources": len(sources),
    }


def _behind(
    path: str, makers: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], set[str]]:
    """Return the jobs that a file comes from, the nearest first, and the files nobody made."""
    behind: list[Mapping[str, Any]] = []
    sources: set[str] = set()
    waiting, seen = [path], {path}
    while waiting:
        place = waiting.pop(0)
        job = makers.get(place)
        if job is None:
            sources.add(place)
        elif not any(job is other for other in behind):
            behind.append(job)
            new = [entry["path"] for entry in job["inputs"] if entry["path"] not in seen]
            seen.update(new)
            waiting += new
    return behind, sources


def _inputs(job: Mapping[str, Any], makers: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one row a name of input; of many files under one name the first stands for all."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for entry in job["inputs"]:
        rows.setdefault(entry["name"], []).append(entry)
    table = pd.DataFrame(
        [
            {
                "input": name,
                "files": len(entries),
                "first": entries[0]["path"],
                "sha256_of_first": entries[0]["sha256"][:SHOWN_DIGITS],
                "made_by": makers.get(entries[0]["path"], {}).get("rule"),
            }
            for name, entries in rows.items()
        ]
    )
    return shown(table, None, "Read by the job", "lineage.json")


def _steps(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """Return one row a rule and version of its code, the nearest to the figure first."""
    columns = ["rule", "code_sha256"]
    frame = pd.DataFrame([{name: job[name] for name in columns} for job in jobs])
    counted = frame.groupby(columns, sort=False).size().rename("jobs").reset_index()
    counted["code_sha256"] = counted["code_sha256"].str[:SHOWN_DIGITS]
    return shown(counted, None, "Every step behind it", "lineage.json")
