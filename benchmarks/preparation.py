"""What the preparation of a patient costs, and how much faster two processes are than one.

Example: .venv/bin/python benchmarks/preparation.py --patients 12
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import DATA, Measure, own_peak_mb, report, say
from radproof.images.prepare import prepare_patient
from radproof.provenance import PROJECT, sha256_of
from radproof.seeds import derive_seed
from radproof.simulation.dataset import write_patient
from radproof.study import Study, load_study
from radproof.volumes import write_volume

STUDIES = PROJECT / "config" / "studies"
LEAST_SPEED_UP = 1.8


@dataclass(frozen=True)
class Task:
    """A patient to prepare: the scans, what the plan says, and where the results go."""

    patient: str
    images: dict[str, Path]
    masks: dict[str, Path]
    plan: dict[str, Any]
    output: Path


@dataclass(frozen=True)
class Done:
    """A prepared patient: seconds, peak memory of the process so far, hashes of the files."""

    seconds: float
    peak_mb: float
    hashes: dict[str, str]


def tasks_of(study: Study, patients: list[str], output: Path) -> list[Task]:
    """Return the patients of a study as tasks."""
    return [
        Task(
            patient,
            {name: Path(path) for name, path in study.raw_images(patient).items()},
            {name: Path(path) for name, path in study.raw_masks(patient).items()},
            study.plan,
            output / patient,
        )
        for patient in patients
    ]


def prepare(task: Task) -> Done:
    """Do for one patient what the rule `prepare_images` does, and hash what it wrote."""
    plan = task.plan
    started = time.perf_counter()
    prepared = prepare_patient(
        task.patient,
        task.images,
        task.masks,
        plan["sequences"],
        {rater["name"]: rater["label"] for rater in plan["raters"]},
        plan["images"],
        derive_seed(plan["seed"], "prepare_images", task.patient),
    )
    for name, image in (prepared.images | prepared.masks).items():
        write_volume(image, task.output / f"{name}.nii.gz")
    seconds = time.perf_counter() - started
    hashes = {str(path): sha256_of(path) for path in sorted(task.output.glob("*.nii.gz"))}
    return Done(seconds, own_peak_mb(), hashes)


def run(tasks: list[Task], processes: int) -> tuple[float, list[Done]]:
    """Prepare patients in a number of processes; return the wall time and what was done."""
    started = time.perf_counter()
    with ProcessPoolExecutor(processes) as pool:
        done = list(pool.map(prepare, tasks))
    return time.perf_counter() - started, done


def measured(name: str, tasks: list[Task], repeats: int) -> list[Measure]:
    """Prepare patients in one and in two processes in turn; the best of each counts."""
    walls: dict[int, float] = {}
    first: list[Done] = []
    different = 0
    for _ in range(repeats):
        for processes in (1, 2):
            wall, done = run(tasks, processes)
            walls[processes] = min(wall, walls.get(processes, wall))
            say(f"{name}: {len(tasks)} patients in {processes} processes {wall:.1f} s")
            first = first or done
            different += sum(a.hashes != b.hashes for a, b in zip(first, done, strict=True))
    return [
        Measure(f"{name}: patients", len(tasks)),
        Measure(f"{name}: seconds a patient", walls[1] / len(tasks), "s"),
        Measure(f"{name}: slowest patient", max(each.seconds for each in first), "s"),
        Measure(f"{name}: peak memory", max(each.peak_mb for each in first), "MB"),
        Measure(f"{name}: speed of 2 over 1 process", walls[1] / walls[2], at_least=LEAST_SPEED_UP),
        Measure(f"{name}: patients with other bytes", different, at_most=0),
    ]


def simulated(count: int, folder: Path, repeats: int) -> list[Measure]:
    """Prepare simulated patients."""
    study = load_study(STUDIES / "otscc-simulated.yaml", None)
    patients, data = study.patients(), folder / "phantom"
    for patient in patients[:count]:
        settings, seed = study.plan["simulation"], study.plan["seed"]
        write_patient(settings, patients, patient, seed, data)
    study.datasets.update({name: str(data) for name in study.datasets})
    return measured("simulated", tasks_of(study, patients[:count], folder / "images"), repeats)


def sarcoma(count: int, folder: Path, repeats: int) -> list[Measure]:
    """Prepare sarcoma patients."""
    study = load_study(STUDIES / "sts.yaml", {"sts": str(DATA / "sts")})
    tasks = tasks_of(study, study.patients()[:count], folder / "sarcoma")
    return measured("sarcoma", tasks, repeats)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=12, help="of each cohort")
    parser.add_argument("--repeats", type=int, default=2, help="of which the fastest counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        measures = simulated(options.patients, Path(place), options.repeats)
        if (DATA / "sts").is_dir():
            measures += sarcoma(options.patients, Path(place), options.repeats)
        else:
            say(f"skipped: {DATA / 'sts'} is not here")
    sys.exit(report(measures, options.json))
