"""Derivatives: prepared images and masks of a study as a BIDS data set that others can open."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from radproof.errors import BadInput, Problem
from radproof.plan import Plan
from radproof.tables import read_table, write_json

BIDS_VERSION = "1.10.0"
# Of the standard; a folder of another name, such as ct, goes to .bidsignore.
DATATYPES = ("anat", "dwi", "fmap", "func", "perf", "pet")


@dataclass(frozen=True)
class Derived:
    """A file of the results, its name in the derivatives, and what its sidecar says."""

    source: Path
    target: PurePosixPath
    sidecar: dict[str, Any]


def write_derivatives(plan: Plan, results: Path, folder: Path, version: str) -> int:
    """Copy prepared images, raters' masks and automated masks into a new BIDS derivative.

    Parameters
    ----------
    plan
        The study plan; the names of raw files give datatype, entities and suffix.
    results
        The study's folder of results.
    folder
        To be made; it appears when it is complete.
    version
        Of this program.

    Returns
    -------
    int
        Number of images and masks.

    Raises
    ------
    BadInput
        If the folder is there already, or a result is missing.
    """
    if folder.exists():
        remedy = "name a new one"
        what = "folder of derivatives is there already"
        raise BadInput(Problem(what, file=str(folder), remedy=remedy))
    files = list(derived_files(plan, results))
    missing = [item.source for item in files if not item.source.is_file()]
    if missing:
        what, remedy = "results are not complete", "run the study to its end first"
        found = f"{len(missing)} of {len(files)} images and masks are missing"
        raise BadInput(Problem(what, file=str(missing[0]), found=found, remedy=remedy))
    building = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(building, ignore_errors=True)
    for item in files:
        target = building / item.target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(item.source, target)
        write_json(item.sidecar, target.with_name(target.name.removesuffix(".nii.gz") + ".json"))
    write_json(_description(plan, version), building / "dataset_description.json")
    (building / "README").write_text(_readme(plan), encoding="utf-8")
    foreign = sorted({item.target.parts[1] for item in files} - set(DATATYPES))
    ignored = "".join(f"**/{name}\n" for name in foreign)
    (building / ".bidsignore").write_text(ignored, encoding="utf-8")
    building.rename(folder)
    return len(files)


def derived_files(plan: Plan, results: Path) -> Iterator[Derived]:
    """Yield what is derived of each analysed patient: sequences, then masks."""
    sequences = plan["sequences"]
    space = sequences[0]["name"]
    patients = read_table(results / "cohort" / "patients.tsv").set_index("patient")
    for patient in patients.index:
        missing = str(patients.get("missing_sequences", {}).get(patient, "")).split(", ")
        images = results / "images" / patient
        raw = {
            entry["name"]: entry["file"].format(patient=patient)
            for entry in sequences
            if entry["name"] not in missing
        }
        common = {"SpatialReference": f"grid of the study, along the axes of {raw[space]}"}
        for name, file in raw.items():
            sidecar = {**common, "Sources": [f"bids:raw:{file}"], "SkullStripped": False}
            yield Derived(images / f"{name}.nii.gz", _image_name(file, space), sidecar)
        drawn = {rater["name"]: images / f"mask-{rater['name']}.nii.gz" for rater in plan["raters"]}
        automated = {
            name: results / "segmentation" / name / "masks" / f"{patient}.nii.gz"
            for name in plan["segmenters"]
        }
        for name, source in {**drawn, **automated}.items():
            stem = f"sub-{patient}_space-{space}_label-tumor_desc-{name}_mask.nii.gz"
            sidecar = {**common, "Type": "ROI", "Manual": name in drawn}
            yield Derived(source, PurePosixPath(f"sub-{patient}", "anat", stem), sidecar)


def _image_name(file: str, space: str) -> PurePosixPath:
    """Return the derivative's name of a raw file: its entities, its space, its suffix."""
    raw = PurePosixPath(file)
    *entities, suffix = raw.name.removesuffix(".nii.gz").split("_")
    name = "_".join([*entities, f"space-{space}", "desc-prepared", suffix])
    return PurePosixPath(entities[0], raw.parent.name, f"{name}.nii.gz")


def _notice(plan: Plan) -> str:
    return "SIMULATED data, of no person. " if "simulation" in plan else ""


def _description(plan: Plan, version: str) -> dict[str, Any]:
    return {
        "Name": f"{_notice(plan)}{plan['title']}: prepared images and masks",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "radproof", "Version": version}],
        "SourceDatasets": [{"URL": "bids:raw:"}],
    }


def _readme(plan: Plan) -> str:
    return (
        f"{_notice(plan)}{plan['title']}.\n\n"
        "desc-prepared: bias field corrected, registered to the first sequence, resampled once\n"
        "and scaled in intensity as the plan of the study says. Masks lie on the same grid; those\n"
        "of a training patient by a network were drawn by one that had not seen the patient.\n"
    )
