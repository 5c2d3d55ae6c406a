"""A small simulated study, run through the whole line in a folder of its own."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from radproof.cohort.sheet import make_sheet
from radproof.provenance import PROJECT
from radproof.schema import read_yaml
from radproof.simulation.cohort import draw_cohort
from radproof.tables import write_table

PARTS = ["Snakefile", "workflow", "config", "envs", "profiles", "pyproject.toml", "LICENSE"]
PATIENTS = [f"SML{number:02d}" for number in range(1, 19)]
STUDY = "small"


def small_plan() -> dict[str, Any]:
    """The default plan at a size of minutes: 18 patients, 3 folds, 2 epochs, few features."""
    plan = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
    plan.update(study=STUDY, sheet=f"config/cohorts/{STUDY}.tsv", batch_size=5)
    plan["simulation"].update(men=11, women=7)
    plan["segmenters"]["unet"]["training"].update(epochs=2)
    extractor = plan["extractors"]["pyradiomics"]
    extractor["imageType"] = {"Original": {}}
    extractor["featureClass"] = {
        "shape": [],
        "firstorder": [],
        "glcm": ["Contrast", "JointEntropy"],
    }
    stability = plan["stability"]
    stability["between"]["contours"] = {"masks": ["rater1", "perturbed"], "decides": False}
    stability["perturbations"] = {
        **{"rater": "rater1", "count": 1, "rotation_deg": 5, "translation_mm": 1, "growth": 0.1},
        "contour": {"size_mm": 5, "compactness": 1, "inside": 0.9, "outside": 0.2},
    }
    plan["evaluation"]["optimism"] = {"resamples": 2}
    for model in plan["models"].values():
        if "inner_folds" in model:
            model["inner_folds"] = 2
    return plan


class Project:
    """A copy of the project in which a test may run and change things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results" / STUDY
        self.plan_path = folder / "config" / "studies" / f"{STUDY}.yaml"
        folder.mkdir(parents=True)
        for part in PARTS:
            source, target = PROJECT / part, folder / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def write_plan(self, plan: dict[str, Any]) -> None:
        self.plan_path.write_text(yaml.safe_dump(plan, sort_keys=False))

    def snakemake(
        self, *arguments: str, config: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "snakemake", "--nocolor", *arguments, "--config"]
        return subprocess.run(
            [*command, f"plan={self.plan_path}", *config],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, cores: int, *arguments: str, config: tuple[str, ...] = ()) -> None:
        done = self.snakemake("--cores", str(cores), *arguments, config=config)
        if done.returncode:
            pytest.fail(f"the small study failed:\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}")

    def planned(self, *arguments: str) -> dict[str, int]:
        """Rules that would run, and how many jobs each (batches of a rule counted together)."""
        done = self.snakemake("--dry-run", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        stats = re.search(r"Job stats:\n(.*?)\ntotal", done.stdout + done.stderr, re.S)
        jobs: dict[str, int] = {}
        for line in stats.group(1).splitlines()[2:] if stats else []:
            name, count = line.split()
            known = next((rule for rule in LOOPED if name.startswith(rule)), name)
            jobs[known] = jobs.get(known, 0) + int(count)
        jobs.pop("study", None)
        return jobs


LOOPED = [
    *("simulate_patients", "prepare_images", "train_segmenter", "segment_patients", "draw_masks"),
    "extract_features",
]


def make_project(folder: Path) -> Project:
    project = Project(folder)
    plan = small_plan()
    table = draw_cohort(plan["simulation"], PATIENTS, plan["seed"])
    sheet = make_sheet(table, plan["outcome"]["name"], 0.3, 3, 7, [], {}, "phantom")
    write_table(sheet, folder / plan["sheet"])
    project.write_plan(plan)
    return project


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The small study, run to its end on two cores; tests must leave it as they found it."""
    project = make_project(tmp_path_factory.mktemp("small") / "project")
    project.run(2)
    yield project


@pytest.fixture
def study_copy(small_study: Project, tmp_path: Path) -> Project:
    """The finished study in a folder that the test may change, time stamps and all."""
    copy = Project.__new__(Project)
    copy.folder = tmp_path / "project"
    shutil.copytree(small_study.folder, copy.folder)
    copy.results = copy.folder / "results" / STUDY
    copy.plan_path = copy.folder / "config" / "studies" / f"{STUDY}.yaml"
    return copy
