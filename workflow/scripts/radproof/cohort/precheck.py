"""What `radproof check` finds of a study before any job runs."""

from pathlib import Path
from typing import Any

from radproof.cohort.check import check_cohort
from radproof.cohort.disk import bytes_to_write, refuse_full_disk
from radproof.cohort.participants import read_participants, unlisted
from radproof.cohort.screening import screen
from radproof.provenance import PROJECT
from radproof.study import Study


def check_study(study: Study, *, content: bool) -> dict[str, Any]:
    """Check the patients and files of a study, and whether its results have room.

    Returns
    -------
    dict
        ``study``, ``patients`` (their number), ``excluded`` (problems of those left out), ``notes``
        and a ``summary`` in a sentence.

    Raises
    ------
    BadInput
        With every problem found.
    """
    plan, name = study.plan, study.name
    if study.simulated:
        refuse_full_disk(bytes_to_write(plan, None, len(study.patients())), PROJECT)
        said = "plan and sheet are sound; the simulated patients are checked when they are made"
        return _report(study, [], f"{name}: {said}")
    whole_sheet = study.sheet
    for patient in study.patients():
        study.folder(patient)
    study = screen(study, content=content)
    datasets = {key: Path(folder) for key, folder in study.datasets.items()}
    tables = check_cohort(
        study.sheet, datasets, study.cohort_settings, study.excluded, content=content
    )
    refuse_full_disk(bytes_to_write(plan, tables.files, len(study.patients())), PROJECT)
    participants = {
        key: read_participants(datasets[key]) for key in sorted(set(whole_sheet["dataset"]))
    }
    notes = [
        f"data set {key}: {len(names)} participants stand in no row of the sheet: "
        + ", ".join(names)
        for key, names in unlisted(participants, whole_sheet).items()
        if names
    ]
    notes += [_excluded_note(row) for row in study.excluded.to_dict("records")]
    said = f"plan, sheet and the files of {len(study.patients())} patients are sound"
    return _report(study, notes, f"{name}: {said}")


def _report(study: Study, notes: list[str], summary: str) -> dict[str, Any]:
    return {
        "study": study.name,
        "patients": len(study.patients()),
        "excluded": study.excluded.to_dict("records"),
        "notes": notes,
        "summary": summary,
    }


def _excluded_note(row: dict[Any, Any]) -> str:
    found = f" (found {row['found']})" if row["found"] else ""
    return f"patient {row['patient']} is excluded: {row['file']}: {row['what']}{found}"
