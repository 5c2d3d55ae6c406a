"""Screening: patients with problems leave a study before its jobs are planned."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from radproof.cohort.check import inspect_cohort
from radproof.errors import BadInput, Problem
from radproof.plan import canonical
from radproof.provenance import code_closure, digest, fingerprint
from radproof.study import EXCLUDED_COLUMNS, Study
from radproof.tables import write_json


def screen(study: Study, *, content: bool, memory: Path | None = None) -> Study:
    """Return the study without the patients that have problems, where the plan says so.

    Parameters
    ----------
    study
        Where the plan stops at a problem, or the patients are simulated, it comes back as it is.
    content
        Whether to read voxels, too.
    memory
        File that keeps what was found, so that the graph is planned again without reading scans;
        it holds for the same settings, code, and sizes and times of all files.

    Raises
    ------
    BadInput
        For problems of no patient, or of several.
    """
    if study.simulated or study.plan["cohort"]["on_problem"] == "stop":
        return study
    key = _key(study, content)
    problems = _remembered(memory, key)
    if problems is None:
        datasets = {name: Path(folder) for name, folder in study.datasets.items()}
        found = inspect_cohort(study.sheet, datasets, study.cohort_settings, content=content)
        problems = found.problems
        if memory is not None:
            write_json({"key": key, "problems": [asdict(item) for item in problems]}, memory)
    known = set(study.sheet["patient"])
    general = [problem for problem in problems if problem.patient not in known]
    if general:
        raise BadInput(general)
    excluded = _as_table(problems, study)
    kept = ~study.sheet["patient"].isin(excluded["patient"])
    return replace(study, sheet=study.sheet[kept].reset_index(drop=True), excluded=excluded)


def _key(study: Study, content: bool) -> str:
    files = [
        file
        for patient in study.patients()
        for files in (
            study.raw_images(patient),
            study.raw_masks(patient),
            study.raw_controls(patient),
        )
        for file in files.values()
    ]
    tables = sorted({f"{study.folder(patient)}/participants.tsv" for patient in study.patients()})
    stamps = {path: _stamp(path) for path in [*tables, *files]}
    known = {"settings": canonical(study.cohort_settings), "sheet": study.sheet.to_csv()}
    return digest(
        known | {"content": str(content)} | stamps | fingerprint(code_closure("check_cohort"))
    )


def _stamp(path: str) -> str:
    try:
        stat = Path(path).stat()
    except OSError:
        return "missing"
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _remembered(memory: Path | None, key: str) -> list[Problem] | None:
    if memory is None or not memory.is_file():
        return None
    try:
        kept = json.loads(memory.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return [Problem(**item) for item in kept["problems"]] if kept["key"] == key else None


def _as_table(problems: Iterable[Problem], study: Study) -> pd.DataFrame:
    """Return one row a problem; files by their paths inside the data set, the same everywhere."""
    sets = dict(zip(study.sheet["patient"], study.sheet["set"], strict=True))
    rows = [
        {
            "patient": problem.patient,
            "set": sets[problem.patient],
            "file": problem.file.removeprefix(f"{study.folder(problem.patient)}/"),
            "what": problem.what,
            "found": problem.found,
            "expected": problem.expected,
        }
        for problem in problems
    ]
    return pd.DataFrame(rows, columns=EXCLUDED_COLUMNS)
