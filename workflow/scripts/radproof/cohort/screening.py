"""Screening: patients with problems leave a study before its jobs are planned."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from radproof.cohort.check import inspect_cohort
from radproof.cohort.feature_tables import tables_of
from radproof.errors import BadInput, Problem
from radproof.provenance import canonical, code_closure, digest, fingerprint
from radproof.safety import is_formula
from radproof.study import EXCLUDED_COLUMNS, Study
from radproof.tables import write_json

SHOWN_PROBLEMS = 5


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
        For problems of no patient or of several, or if a set or a fold has nobody left.
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
    _refuse_emptied(study.sheet, kept, problems)
    sheet = study.sheet[kept].reset_index(drop=True)
    return replace(study, sheet=sheet, excluded=excluded, listed=study.sheet)


def _refuse_emptied(sheet: pd.DataFrame, kept: pd.Series, problems: list[Problem]) -> None:
    """Raise where a set or a fold of the sheet has nobody left: the study would be another one."""
    places = sheet["set"] + sheet["fold"].map(
        lambda fold: "" if pd.isna(fold) else f", fold {fold}"
    )
    emptied = [place for place in sorted(places.unique()) if not kept[places == place].any()]
    if emptied:
        what = "no patient is left after exclusions"
        found, remedy = "; ".join(emptied), "correct the files, or make another sheet"
        raise BadInput([Problem(what, found=found, remedy=remedy), *problems[:SHOWN_PROBLEMS]])


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
    sidecars = [path.removesuffix(".gz").removesuffix(".nii") + ".json" for path in files]
    features = tables_of(study, study.patients())
    stamps = {path: _stamp(path) for path in [*tables, *files, *sidecars, *features]}
    known = {"settings": canonical(study.cohort_settings), "sheet": study.sheet.to_csv()}
    return digest(
        known | {"content": str(content)} | stamps | fingerprint(code_closure("check_cohort"))
    )


def _stamp(path: str) -> str:
    """Return what changes with a file: its size and times, and those of a link to it."""
    try:
        return " ".join(
            f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_mode}"
            for stat in (Path(path).lstat(), Path(path).stat())
        )
    except OSError:
        return "missing"


def _remembered(memory: Path | None, key: str) -> list[Problem] | None:
    if memory is None or not memory.is_file():
        return None
    try:
        kept = json.loads(memory.read_text(encoding="utf-8"))
        return [Problem(**item) for item in kept["problems"]] if kept["key"] == key else None
    except (ValueError, KeyError, TypeError):
        return None


def _as_table(problems: Iterable[Problem], study: Study) -> pd.DataFrame:
    """Return one row a problem; files by their paths inside the data set, the same everywhere."""
    sets = dict(zip(study.sheet["patient"], study.sheet["set"], strict=True))
    rows = [
        {
            "patient": problem.patient,
            "set": sets[problem.patient],
            "file": problem.file.removeprefix(f"{study.folder(problem.patient)}/"),
            "what": problem.what,
            # Said of what data hold: no spreadsheet may compute it.
            "found": f"text {problem.found}" if is_formula(problem.found) else problem.found,
            "expected": problem.expected,
        }
        for problem in problems
    ]
    return pd.DataFrame(rows, columns=EXCLUDED_COLUMNS)
