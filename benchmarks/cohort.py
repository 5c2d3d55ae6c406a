"""How a cohort's check, its study's planning and the start of a job grow with patients.

Example: .venv/bin/python benchmarks/cohort.py --patients 100 1000 10000
"""

import argparse
import gzip
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import yaml
from measure import Cost, Measure, cost_of, report, say
from radproof.cohort.sheet import make_sheet
from radproof.provenance import PROJECT
from radproof.schema import read_yaml
from radproof.tables import write_table

PARTS = ["Snakefile", "workflow", "config", "envs", "profiles", "pyproject.toml"]
STUDY, DATASET = "scale", "tiny"
SHAPE = (8, 8, 6)
PUBLISHED = 136
# What planning of so many patients may take: seconds of the processor and MB.
LARGE, LARGEST = 10_000, (60, 2_000)
GROWTH = 1.5
RADPROOF = ["-c", "from radproof.cli import app; app()"]


def make_project(folder: Path) -> Path:
    """Copy the project, so that results and locks of a benchmark stay out of it."""
    folder.mkdir()
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=hidden)
        else:
            shutil.copy(source, folder / part)
    return folder


def plan_of(count: int) -> dict[str, Any]:
    """Return the default plan for patients that are not simulated by it."""
    plan = read_yaml(PROJECT / "config" / "studies" / "otscc-simulated.yaml")
    del plan["simulation"]
    plan.update(study=f"{STUDY}{count}", sheet=f"config/cohorts/{STUDY}{count}.tsv")
    plan["marks"] = {
        mark: [place for place in places if not place.startswith("simulation")]
        for mark, places in plan["marks"].items()
    }
    return plan


def header(kind: type) -> bytes:
    """Return the bytes before the voxels of a tiny NIfTI image."""
    affine = np.diag([1.1, 1.1, 3.3, 1.0])
    return nib.Nifti1Image(np.zeros(SHAPE, kind), affine).to_bytes()[:352]


def small_tumour(number: int) -> np.ndarray:
    """Return a mask (x, y, z): a block, and at two of its sides voxels that spell a number."""
    bits = (number >> np.arange(32)) & 1
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:6, 2:6, 1:5] = 1
    mask[(1, 6), 2:6, 1:5] = bits.reshape(2, 4, 4)
    return mask


def write_dataset(folder: Path, plan: dict[str, Any], patients: list[str]) -> pd.DataFrame:
    """Write tiny images and masks, all with bytes of their own, and return the participants."""
    rng = np.random.default_rng(plan["seed"])
    image, mask = header(np.int16), header(np.uint8)
    numbers = itertools.count()
    for patient in patients:
        files = {
            entry["file"]: image + rng.integers(1, 1000, SHAPE, np.int16).tobytes()
            for entry in plan["sequences"]
        }
        files |= {
            entry["file"]: mask + small_tumour(next(numbers)).tobytes(order="F")
            for entry in plan["raters"]
        }
        for name, content in files.items():
            path = folder / name.format(patient=patient)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(content, 1, mtime=0))
    size = len(patients)
    table = pd.DataFrame(
        {
            "participant_id": [f"sub-{patient}" for patient in patients],
            "sex": rng.choice(["F", "M"], size),
            "age": rng.integers(30, 80, size),
            "clinical_t_stage": rng.integers(1, 5, size),
            "depth_of_invasion_mm": rng.uniform(3, 20, size).round(1),
            plan["outcome"]["name"]: np.arange(size) % 2,
        }
    )
    write_table(table, folder / "participants.tsv")
    return table


def write_study(project: Path, count: int) -> tuple[Path, Path]:
    """Write a cohort, its sheet and its plan; return the places of plan and data set."""
    plan, data = plan_of(count), project / f"data{count}"
    patients = [f"P{number:05d}" for number in range(1, count + 1)]
    table = write_dataset(data, plan, patients)
    sheet = make_sheet(table, plan["outcome"]["name"], 0.3, 5, 7, [], {}, DATASET)
    write_table(sheet, project / plan["sheet"])
    place = project / "config" / "studies" / f"{plan['study']}.yaml"
    place.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return place, data


def check(project: Path, plan: Path, data: Path, *options: str) -> Cost:
    """Run ``radproof check`` on headers alone."""
    command = [sys.executable, *options, *RADPROOF, "check", str(plan)]
    return cost_of([*command, "--dataset", f"{DATASET}={data}"], project, project / "check.log")


def planned(project: Path, plan: Path, data: Path) -> Cost:
    """Plan the study: its whole graph, without running a job."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--nocolor"]
    settings = [f"plan={plan}", f"datasets={DATASET}={data}"]
    return cost_of([*command, "--config", *settings], project, project / "plan.log")


def job_started(project: Path, plan: Path, data: Path) -> Cost:
    """Read the workflow for one job, as both Snakemake processes of a cluster's job do."""
    first = "prepare_images_train001"
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--nocolor"]
    command += ["--target-jobs", f"{first}:", "--allowed-rules", first, "--mode", "remote"]
    settings = [f"plan={plan}", f"datasets={DATASET}={data}"]
    command += ["--force", "--nolock", "--config", *settings]
    return cost_of(command, project, project / "start.log")


def growing(project: Path, counts: list[int]) -> list[Measure]:
    """Check and plan cohorts of several sizes; a patient of the last must cost no more.

    Growth is judged by the processor's time, which other work on the machine disturbs less.
    """
    measures, each = [], {}
    for count in counts:
        plan, data = write_study(project, count)
        for name, run in (("check", check), ("planning", planned), ("start", job_started)):
            cost = run(project, plan, data)
            each[name, count] = cost.processor_seconds / count
            say(f"{name} of {count} patients: {cost.seconds:.1f} s, {cost.peak_mb:.0f} MB")
            bound = LARGEST if (name, count) == ("planning", LARGE) else (None, None)
            measures += [
                Measure(f"{name} of {count}: seconds", cost.seconds, "s"),
                Measure(
                    f"{name} of {count}: processor", cost.processor_seconds, "s", at_most=bound[0]
                ),
                Measure(f"{name} of {count}: peak memory", cost.peak_mb, "MB", at_most=bound[1]),
            ]
        shutil.rmtree(data)
    if len(counts) > 1:
        last, before = counts[-1], counts[-2]
        for name in ("check", "planning"):
            ratio = each[name, last] / each[name, before]
            what = f"{name}: seconds a patient at {last} over those at {before}"
            measures.append(Measure(what, ratio, at_most=GROWTH))
    return measures


def published_size(project: Path) -> list[Measure]:
    """Check a cohort of the published study's size: fast, and without TensorFlow."""
    plan, data = write_study(project, PUBLISHED)
    cost = min((check(project, plan, data) for _ in range(3)), key=lambda cost: cost.seconds)
    imported = check(project, plan, data, "-X", "importtime").output.splitlines()
    tensorflow = sum(line.rstrip().endswith("| tensorflow") for line in imported)
    files = sum(1 for _ in data.rglob("*.nii.gz"))
    return [
        Measure(f"check of {PUBLISHED}: files", files),
        Measure(f"check of {PUBLISHED}: seconds, best of 3", cost.seconds, "s", at_most=5),
        Measure(f"check of {PUBLISHED}: peak memory", cost.peak_mb, "MB"),
        Measure(f"check of {PUBLISHED}: imports of TensorFlow", tensorflow, at_most=0),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "project")
        os.environ["PYTHONPATH"] = str(project / "workflow" / "scripts")
        measures = published_size(project) + growing(project, sorted(options.patients))
    sys.exit(report(measures, options.json))
