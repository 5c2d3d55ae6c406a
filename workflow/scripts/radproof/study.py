"""A study: its plan with its sheet, and the groups of patients that jobs work on."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from radproof.cohort.sheet import read_sheet
from radproof.datasets import parse_datasets
from radproof.errors import BadInput, Problem
from radproof.models.centers import sheet_problems
from radproof.plan import Plan, load_plan
from radproof.provenance import project_path
from radproof.radiomics.mask_names import perturbed_names
from radproof.study_problems import landmark_problems, weight_problems

# A group of more patients than so many batches is segmented in parts.
SEGMENTED_BATCHES = 10
EXCLUDED_COLUMNS = ["patient", "set", "file", "what", "found", "expected"]


class Segmented(NamedTuple):
    """Patients whom one job segments, and the held-out folds whose networks do it."""

    patients: list[str]
    folds: list[str]


@dataclass(frozen=True)
class Study:
    """A validated plan, its sheet and where its data sets lie.

    ``datasets`` maps names of the sheet to folders; a simulated one lies inside its results.
    ``excluded`` has one row a problem of patients who were left out of the sheet (``patient set
    file what found expected``); ``listed`` is then the sheet with them.
    """

    plan: Plan
    sheet: pd.DataFrame
    datasets: dict[str, str]
    excluded: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=EXCLUDED_COLUMNS))
    listed: pd.DataFrame | None = None

    @property
    def name(self) -> str:
        """The study's short name."""
        return str(self.plan["study"])

    @property
    def simulated(self) -> bool:
        """Whether the patients are simulated."""
        return "simulation" in self.plan

    @cached_property
    def sets(self) -> list[str]:
        """The sets of the sheet, ``train`` first, the others in order of their names."""
        return ["train", *sorted(set(self.sheet["set"]) - {"train"})]

    @cached_property
    def folds(self) -> list[str]:
        """The folds of the training set, sorted."""
        return sorted(self.sheet.loc[self.sheet["set"] == "train", "fold"].unique())

    def patients(self, set_name: str | None = None, fold: str | None = None) -> list[str]:
        """Return the patients of a set (of all when None), or of one training fold."""
        rows = self.sheet
        if set_name is not None:
            rows = rows[rows["set"] == set_name]
        if fold is not None:
            rows = rows[rows["fold"] == fold]
        return list(rows["patient"])

    @cached_property
    def batches(self) -> dict[str, list[str]]:
        """The batches, each of patients of one set: no job mixes training with other patients.

        An excluded patient keeps its place in them, so that all others stay where they are.
        """
        size, here = self.plan["batch_size"], set(self.sheet["patient"])
        listed = self.sheet if self.listed is None else self.listed
        members = {name: list(listed.loc[listed["set"] == name, "patient"]) for name in self.sets}
        whole = {
            f"{name}{1 + start // size:03d}": patients[start : start + size]
            for name, patients in members.items()
            for start in range(0, len(patients), size)
        }
        kept = {
            batch: [patient for patient in patients if patient in here]
            for batch, patients in whole.items()
        }
        return {batch: patients for batch, patients in kept.items() if patients}

    def batches_of(self, set_name: str) -> list[str]:
        """Return the names of a set's batches."""
        return [batch for batch in self.batches if self.set_of(batch) == set_name]

    def set_of(self, batch: str) -> str:
        """Return the set of a batch's patients."""
        return self._set_of_patient[self.batches[batch][0]]

    @cached_property
    def _set_of_patient(self) -> dict[str, str]:
        return dict(zip(self.sheet["patient"], self.sheet["set"], strict=True))

    def fold_groups(self, segmenter: str) -> list[list[str]]:
        """Return the folds whose networks one job trains, of each such job."""
        size = self.plan["segmenters"][segmenter]["folds_per_job"]
        return [self.folds[start : start + size] for start in range(0, len(self.folds), size)]

    @cached_property
    def segmented_groups(self) -> dict[str, Segmented]:
        """What one segmentation job works on: a training fold, or another set; parts of large ones.

        A training patient is segmented by the one network that has not seen it, any other patient
        by all of them.
        """
        groups = {f"fold-{fold}": (self.patients(fold=fold), [fold]) for fold in self.folds}
        others = (name for name in self.sets if name != "train")
        groups |= {name: (self.patients(name), self.folds) for name in others}
        size = SEGMENTED_BATCHES * self.plan["batch_size"]
        return {
            # No name of a set or fold has an underscore: no part is called like another group.
            name if len(patients) <= size else f"{name}_{part:03d}": Segmented(
                patients[start : start + size], folds
            )
            for name, (patients, folds) in groups.items()
            for part, start in enumerate(range(0, len(patients), size), 1)
        }

    def masks(self, set_name: str) -> list[str]:
        """Return the names of the masks that features are extracted from, for patients of a set."""
        names = [rater["name"] for rater in self.plan["raters"]] + list(self.plan["segmenters"])
        perturbations = (self.plan["stability"] or {}).get("perturbations")
        if perturbations and set_name == "train":
            names += perturbed_names(perturbations["count"])
        return names

    @cached_property
    def _dataset_of(self) -> dict[str, str]:
        return dict(zip(self.sheet["patient"], self.sheet["dataset"], strict=True))

    @property
    def participants(self) -> dict[str, str]:
        """The table of participants of each data set of the sheet, excluded patients' as well."""
        listed = self.sheet if self.listed is None else self.listed
        return {
            name: f"{self.datasets[name]}/participants.tsv" for name in listed["dataset"].unique()
        }

    def folder(self, patient: str) -> str:
        """Return the folder of a patient's data set.

        Raises
        ------
        BadInput
            If nobody said where the data set lies.
        """
        name = self._dataset_of[patient]
        if name not in self.datasets:
            raise BadInput(
                Problem(
                    f"nobody said where data set {name} lies",
                    remedy=f"give DATASETS={name}=PATH, or name it under datasets in"
                    " config/config.yaml",
                )
            )
        return self.datasets[name]

    def encoder_weights(self, segmenter: str) -> list[str]:
        """Return the file that a segmenter's encoder starts from, where the plan names one."""
        source = self.plan["segmenters"][segmenter]["network"]["encoder_weights"]
        return [] if source in ("none", "imagenet") else [str(project_path(source))]

    @cached_property
    def cohort_settings(self) -> dict[str, Any]:
        """The part of the plan that the check of patients and files needs."""
        plan = self.plan
        sequences = [{key: entry[key] for key in ("name", "file")} for entry in plan["sequences"]]
        settings = {key: plan[key] for key in ("clinical", "raters", "cohort")}
        settings |= {"sequences": sequences, "controls": self._controls}
        settings["outcome"] = plan["outcome"]["name"]
        settings["tables"] = [entry for entry in plan["extractors"].values() if "tables" in entry]
        return settings

    @property
    def _controls(self) -> list[dict[str, Any]]:
        return [
            {"name": entry["name"], **entry["control"]}
            for entry in self.plan["sequences"]
            if "control" in entry
        ]

    @property
    def landmarks(self) -> dict[str, str]:
        """The file of landmarks of each sequence whose intensity is scaled by one."""
        return {
            entry["name"]: entry["intensity"]["file"]
            for entry in self.plan["sequences"]
            if "file" in entry["intensity"]
        }

    def raw_images(self, patient: str) -> dict[str, str]:
        """Return the path of each raw sequence of a patient, the reference first.

        A sequence that the plan fills with zeros where it is missing is left out where it is.
        """
        files = self._files(patient, self.plan["sequences"])
        if self.simulated or self.plan["cohort"]["missing_sequence"] == "problem":
            return files
        reference = next((sequence["name"] for sequence in self.plan["sequences"]), None)
        return {
            # A link that leads nowhere is a file that is missing, no sequence that was not scanned.
            name: path
            for name, path in files.items()
            if name == reference or os.path.lexists(path)
        }

    def lacking(self, patients: list[str]) -> dict[str, list[str]]:
        """Return, by patient, the sequences without a file; patients that have all are left out."""
        names = [sequence["name"] for sequence in self.plan["sequences"]]
        absent = {
            patient: [name for name in names if name not in self.raw_images(patient)]
            for patient in patients
        }
        return {patient: missing for patient, missing in absent.items() if missing}

    def raw_masks(self, patient: str) -> dict[str, str]:
        """Return the path of each rater's mask of a patient."""
        return self._files(patient, self.plan["raters"])

    def raw_controls(self, patient: str) -> dict[str, str]:
        """Return the path of the mask that checks a sequence's place, of each that has one."""
        there = self.raw_images(patient)
        return self._files(patient, [entry for entry in self._controls if entry["name"] in there])

    def _files(self, patient: str, entries: list[dict[str, Any]]) -> dict[str, str]:
        folder = self.folder(patient)
        return {
            entry["name"]: f"{folder}/{entry['file'].format(patient=patient)}" for entry in entries
        }


def load_study(plan_path: str | Path, datasets: str | dict[str, str] | None) -> Study:
    """Load a study from its plan and the machine's list of data sets.

    Raises
    ------
    BadInput
        If the plan, the sheet, its centres, or a file of landmarks or weights cannot be used.
    """
    study = read_study(plan_path, datasets)
    plan, problems = study.plan, landmark_problems(study) + weight_problems(study)
    problems += sheet_problems(plan["harmonisation"], study.sheet, plan["sheet"])
    if problems:
        raise BadInput(problems)
    return study


def read_study(plan_path: str | Path, datasets: str | dict[str, str] | None) -> Study:
    """Load a study whose files of landmarks are yet to be learned, and are not looked at.

    Raises
    ------
    BadInput
        If the plan or the sheet cannot be used.
    """
    plan = load_plan(plan_path)
    sheet = read_sheet(project_path(plan["sheet"]))
    places = parse_datasets(datasets)
    if "simulation" in plan:
        places |= dict.fromkeys(sheet["dataset"], f"results/{plan['study']}/dataset")
    return Study(plan, sheet, places)
