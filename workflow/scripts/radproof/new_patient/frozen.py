"""The frozen parts of a finished study, from its results folder alone, held against its records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from radproof.dossier.lineage import Record
from radproof.dossier.recorded_files import sealed_record
from radproof.errors import BadInput, CheckFailed, Problem
from radproof.plan import Plan
from radproof.provenance import SCRIPTS, package_versions, project_path, sha256_of
from radproof.tables import read_features, read_json, read_table

ABSENT = "results lack what a prediction needs"
WHOLE = "run the study to its end, or copy its results folder whole"
IN_PROJECT = "workflow/scripts/"


@dataclass(frozen=True)
class Frozen:
    """A finished study: its results folder and its plan.

    ``used`` collects the SHA-256 of every file that a prediction follows from, by its place in the
    results folder (``project:PATH`` of one outside).
    """

    results: Path
    plan: Plan
    used: dict[str, str] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether the patients of the study are simulated."""
        return "simulation" in self.plan

    def records(self, rule: str, label: str = "*") -> list[Record]:
        """Return the records of a rule's jobs, the newest last.

        Raises
        ------
        BadInput
            If there is none.
        CheckFailed
            If one is not what its job wrote.
        """
        found = sorted((self.results / "records" / rule).glob(f"{label}.json"))
        if not found:
            raise BadInput(_absent(self.results / "records" / rule / f"{label}.json"))
        return sorted(map(sealed_record, found), key=lambda record: str(record["ended"]))

    def outputs(self, rule: str, label: str, name: str) -> list[Path]:
        """Return the files of one name that jobs made, each the very bytes that were recorded.

        Raises
        ------
        BadInput
            If a record or a file is missing; names each.
        CheckFailed
            If a file is not what its job wrote.
        """
        outputs = [entry for one in self.records(rule, label) for entry in one["outputs"]]
        # An older record of the same file may be left from another way of dealing out jobs.
        return self._use({e["path"]: e for e in outputs if e["name"] == name}.values())

    def model(self, name: str) -> dict[str, Any]:
        """Return a fitted model.

        Raises
        ------
        BadInput, CheckFailed
            As `outputs` does; also where the model was fitted under another plan than the report's.
        """
        (record,) = self.records("fit_model", name)
        if record["settings"]["model"] != self.plan["models"][name]:
            what, remedy = f"model {name} was fitted under another plan", "run the study to its end"
            raise BadInput(Problem(what, file=str(self.results), remedy=remedy))
        (path,) = self.outputs("fit_model", name, "model")
        return dict(read_json(path))

    def networks(self, segmenter: str) -> list[Path]:
        """Return the network of each fold of the training set, in the order of the folds."""
        place = self.results / "cohort" / "train" / "patients.tsv"
        if not place.is_file():
            raise BadInput(_absent(place))
        folder = self.results / "segmentation" / segmenter
        wanted = [
            folder / f"fold-{fold}" / "model.keras"
            for fold in sorted(read_table(place)["fold"].unique())
        ]
        there = self.outputs("train_segmenter", f"{segmenter}.*", "models")
        if lacking := [path for path in wanted if path not in there]:
            raise BadInput([_absent(path) for path in lacking])
        return wanted

    def training_features(self, model: str) -> pd.DataFrame | None:
        """Return the features that a model was fitted on; None where a table of them is gone."""
        (record,) = self.records("fit_model", model)
        entries = [entry for entry in record["inputs"] if entry["name"] == "features"]
        if not all((self.results / entry["path"]).is_file() for entry in entries):
            return None
        return pd.concat([read_features(path) for path in self._held(entries)])

    def check_landmarks(self, sequences: Sequence[dict[str, Any]]) -> None:
        """Check that the standard scales that intensities are brought to are those of the study.

        Raises
        ------
        BadInput
            If one is not in this copy of the project.
        CheckFailed
            If one has changed.
        """
        wanted = {f"project:{one['intensity'].get('file', '')}" for one in sequences}
        inputs = self.records("prepare_images")[-1]["inputs"]
        self._use([e for e in inputs if e["name"] == "landmarks" and e["path"] in wanted])
        known = {entry["path"] for entry in inputs}
        if lacking := wanted - known - {"project:"}:
            raise BadInput([_absent(Path(path)) for path in sorted(lacking)])

    def _use(self, entries: Collection[dict[str, Any]]) -> list[Path]:
        """Return the files of entries as `_held` does; the prediction follows from them."""
        paths = self._held(entries)
        self.used.update({entry["path"]: entry["sha256"] for entry in entries})
        return paths

    def _held(self, entries: Collection[dict[str, Any]]) -> list[Path]:
        """Return the files of entries of records, each with the recorded bytes."""
        places = {entry["path"]: self._place(entry["path"]) for entry in entries}
        if gone := [path for path in places.values() if not path.is_file()]:
            raise BadInput([_absent(path) for path in gone])
        found = {name: sha256_of(path) for name, path in places.items()}
        changed = [
            f"{places[entry['path']]}: file is not what the study recorded (sha256"
            f" {found[entry['path']][:12]}, recorded {entry['sha256'][:12]}); restore it"
            for entry in entries
            if found[entry["path"]] != entry["sha256"]
        ]
        if changed:
            raise CheckFailed("\n".join(changed))
        return list(places.values())

    def _place(self, recorded: str) -> Path:
        if recorded.startswith("project:"):
            return project_path(recorded.removeprefix("project:"))
        return self.results / recorded


def read_frozen(results: Path) -> Frozen:
    """Read a finished study; its plan stands in the record of the report.

    Raises
    ------
    BadInput
        If the folder is no results folder of a study that was run to its end.
    """
    path = results / "records" / "write_report" / "all.json"
    if not path.is_file():
        raise BadInput(_absent(path))
    return Frozen(results, read_json(path)["settings"]["plan"])


def _absent(path: Path) -> Problem:
    return Problem(ABSENT, file=str(path), found="no such file", remedy=WHOLE)


def code_notes(records: Sequence[Record]) -> list[str]:
    """Say how code and libraries here differ from those that jobs of the study ran."""
    notes = []
    code = {path: sha for record in records for path, sha in record["code"]["files"].items()}
    other = sorted(path for path, sha in code.items() if _sha256_here(path) != sha)
    if other:
        notes.append(f"Code differs from what the study ran: {', '.join(other)}.")
    here = package_versions()
    ran = {name: value for record in records for name, value in record["packages"].items()}
    differ = [
        f"{name} {here.get(name)} (study {v})" for name, v in ran.items() if here.get(name) != v
    ]
    if differ:
        notes.append(f"Libraries differ from those of the study: {', '.join(sorted(differ))}.")
    return notes


def _sha256_here(path: str) -> str | None:
    """Return the SHA-256 of a file of the library; of what lies outside it, None where missing."""
    place = SCRIPTS / path.removeprefix(IN_PROJECT)
    return sha256_of(place) if place.is_file() else None
