"""How well and how fast the registration of the default plan brings sequences together.

Example: .venv/bin/python benchmarks/registration.py --patients 136 --jobs 2
"""

import argparse
import copy
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from measure import DATA, Measure, own_peak_mb, report, say
from radproof.cohort.sheet import read_sheet
from radproof.images.body import body_mask
from radproof.images.quality import negative_mutual_information, overlap
from radproof.kinds import load_kind
from radproof.plan import load_plan
from radproof.provenance import PROJECT, project_path
from radproof.seeds import derive_seed
from radproof.simulation.acquisition import acquire, draw_motion
from radproof.simulation.anatomy import draw_anatomy
from radproof.simulation.cohort import draw_cohort
from radproof.volumes import read_mask, read_volume

PLAN = load_plan(PROJECT / "config" / "studies" / "otscc-simulated.yaml")
REGISTRATION = PLAN["sequences"][1]["registration"]
MOTION = {"motion_deg": 8.0, "motion_mm": 10.0}
EVERY_POINT = 37
MULTISEQ, STS = DATA / "multiseq", DATA / "sts"
GLIOMA = {"FLAIR": "*_FLAIR.nii.gz", "T2w": "*7294_T2w.nii.gz", "T1Gd": "*ce-gd_T1w.nii.gz"}
SARCOMA = {"CT": "ct/*_ct.nii.gz", "PET": "pet/*_pet.nii.gz"}


@dataclass(frozen=True)
class Aligned:
    """A registration as preparation keeps it, and how long it took."""

    transform: sitk.Transform
    before: float
    moved: bool
    seconds: float


def align(fixed: sitk.Image, moving: sitk.Image, patient: str) -> Aligned:
    """Register as preparation does: with its seed, its refusal to degrade, in one thread."""
    seed = derive_seed(PLAN["seed"], "prepare_images", patient)
    headers, rigid = sitk.Euler3DTransform(), load_kind("registration", REGISTRATION["kind"])
    started = time.process_time()
    found = rigid.register(fixed, moving, REGISTRATION, seed)
    before, after = (negative_mutual_information(fixed, moving, each) for each in (headers, found))
    moved = after < before
    seconds = time.process_time() - started
    return Aligned(found if moved else headers, before, moved, seconds)


def corrected(image: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Take the bias field away as preparation does."""
    image = sitk.Cast(image, sitk.sitkFloat32)
    return load_kind("bias_field", settings["kind"]).correct(image, body_mask(image), settings)


def simulated_patient(patient: str) -> tuple[list[np.ndarray], list[float], float]:
    """Return errors (mm) at points of the body and seconds, one entry a sequence; peak memory."""
    settings, seed = copy.deepcopy(PLAN["simulation"]), PLAN["seed"]
    settings["acquisition"] |= MOTION
    patients = list(read_sheet(project_path(PLAN["sheet"]))["patient"])
    row = draw_cohort(settings, patients, seed).iloc[patients.index(patient)]
    anatomy = draw_anatomy(settings, row, seed, patient)
    scans: dict[str, sitk.Image] = {}
    errors, seconds = [], []
    for entry in PLAN["sequences"]:
        raw = acquire(settings, anatomy, seed, patient, entry["name"])
        scans[entry["name"]] = corrected(raw, entry["bias_field"])
    fixed = scans.pop(PLAN["sequences"][0]["name"])
    points = body_points(fixed)
    for name, moving in scans.items():
        found = align(fixed, moving, patient)
        motion = draw_motion(settings, seed, patient, name)
        true = points @ motion.rotation.T + motion.translation_mm
        reached = [found.transform.TransformPoint(point) for point in points.tolist()]
        errors.append(np.linalg.norm(np.array(reached) - true, axis=1))
        seconds.append(found.seconds)
    say(f"{patient} {', '.join(f'{np.median(each):.2f}' for each in errors)} mm")
    return errors, seconds, own_peak_mb()


def body_points(image: sitk.Image) -> np.ndarray:
    """Return every 37th voxel of the body mask as points x y z in mm, (n, 3)."""
    body = sitk.GetArrayFromImage(body_mask(image)) > 0
    voxels = np.argwhere(body)[::EVERY_POINT, ::-1]
    return np.array([image.TransformIndexToPhysicalPoint(voxel) for voxel in voxels.tolist()])


def simulated(count: int, jobs: int) -> list[Measure]:
    """Register simulated patients whose true motion is known."""
    patients = list(read_sheet(project_path(PLAN["sheet"]))["patient"])[:count]
    with ProcessPoolExecutor(jobs) as pool:
        results = list(pool.map(simulated_patient, patients))
    errors = [each for found, _, _ in results for each in found]
    seconds = [each for _, found, _ in results for each in found]
    pooled = np.concatenate(errors)
    in_plane = PLAN["simulation"]["sequences"]["ceT1w"]["spacing_mm"][0]
    failed = sum(float(np.median(each)) > in_plane for each in errors)
    return [
        Measure("simulated: registrations", len(errors)),
        Measure("simulated: median error", float(np.median(pooled)), "mm", at_most=in_plane / 2),
        Measure(
            "simulated: 95 % of errors", float(np.percentile(pooled, 95)), "mm", at_most=in_plane
        ),
        Measure("simulated: largest error", float(pooled.max()), "mm"),
        Measure("simulated: off by over a voxel", failed),
        Measure("simulated: seconds a registration", float(np.mean(seconds)), "s"),
        Measure("simulated: peak memory", max(peak for _, _, peak in results), "MB"),
    ]


def volume(path: Path) -> sitk.Image:
    """Read an image as float32."""
    return sitk.Cast(read_volume(path), sitk.sitkFloat32)


def dice(name: str, folder: Path, images: tuple[str, str], masks: tuple[str, str]) -> list[Measure]:
    """Register the second image onto the first; compare the masks, given as patterns of names."""
    fixed, moving = (volume(next(folder.rglob(pattern))) for pattern in images)
    one, two = (read_mask(next(folder.rglob(pattern))) for pattern in masks)
    found = align(fixed, moving, folder.name)
    moved = sitk.Resample(two, one, found.transform, sitk.sitkNearestNeighbor, 0)
    before = sitk.Resample(two, one, sitk.Euler3DTransform(), sitk.sitkNearestNeighbor, 0)
    say(f"{name}: Dice {overlap(one, before):.4f} by the headers, moved: {found.moved}")
    return [
        Measure(f"{name}: Dice", overlap(one, moved), at_least=0.95),
        Measure(f"{name}: seconds", found.seconds, "s"),
    ]


def several_sequences() -> list[Measure]:
    """Register real sequences of one subject whose masks were drawn on each."""
    measures, reference = [], ("*7294_T1w.nii.gz", "*space-T1w_desc-brain*")
    for name, image in GLIOMA.items():
        images, masks = (reference[0], image), (reference[1], f"*space-{name}_desc-brain*")
        measures += dice(f"glioma {name} to T1w", MULTISEQ / "glioma_tcga", images, masks)
    images = ("sub-STS001_T1w.nii.gz", "*fatsat_T2w.nii.gz")
    masks = ("*space-T1w_desc-GTVMass*", "*space-T2w_desc-GTVMass*")
    measures += dice("sarcoma T2w to T1w", MULTISEQ / "sts001_native", images, masks)
    return [*measures, Measure("real sequences: peak memory", own_peak_mb(), "MB")]


def sarcoma_patient(folder: Path) -> list[tuple[str, float, bool, float, float]]:
    """Return for CT and PET: name, change of the metric, kept, seconds, peak memory in MB."""
    fixed, rows = volume(next(folder.glob("anat/*_T1w.nii.gz"))), []
    for name, pattern in SARCOMA.items():
        moving = volume(next(folder.glob(pattern)))
        found = align(fixed, moving, folder.name.removeprefix("sub-"))
        change = negative_mutual_information(fixed, moving, found.transform) - found.before
        rows.append((name, change, not found.moved, found.seconds, own_peak_mb()))
    say(f"{folder.name} {', '.join(f'{name} {change:.4f}' for name, change, *_ in rows)}")
    return rows


def sarcoma(jobs: int) -> list[Measure]:
    """Register CT and PET of the sarcoma patients to their T1."""
    with ProcessPoolExecutor(jobs) as pool:
        rows: list[Any] = [
            row for found in pool.map(sarcoma_patient, sorted(STS.glob("sub-*"))) for row in found
        ]
    measures = []
    for modality in SARCOMA:
        own, name = [row for row in rows if row[0] == modality], f"sarcoma {modality} to T1w"
        measures += [
            Measure(f"{name}: patients", len(own)),
            Measure(f"{name}: metric worse than before", sum(row[1] > 0 for row in own), at_most=0),
            Measure(f"{name}: kept at the headers", sum(row[2] for row in own)),
            Measure(f"{name}: seconds", float(np.mean([row[3] for row in own])), "s"),
        ]
    return [*measures, Measure("sarcoma: peak memory", max(row[4] for row in rows), "MB")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=136, help="simulated patients")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    # As in preparation: sums split over threads round differently.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    measures = simulated(options.patients, options.jobs)
    for folder, measure in ((MULTISEQ, several_sequences), (STS, lambda: sarcoma(options.jobs))):
        if folder.is_dir():
            measures += measure()
        else:
            say(f"skipped: {folder} is not here")
    sys.exit(report(measures, options.json))
