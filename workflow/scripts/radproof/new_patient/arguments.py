"""What is given of a new patient, held against the plan and against what the model needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radproof.cohort.files import check_files
from radproof.cohort.participants import broken_rule
from radproof.cohort.twins import RawFile
from radproof.errors import BadInput, Problem
from radproof.new_patient.needs import Needs, nearest
from radproof.plan import Plan
from radproof.tables import MISSING

OUTSIDE_PLAN = "correct the value, or leave it out if it is not known"


@dataclass(frozen=True)
class Patient:
    """A new patient as given: a label, files by sequence, an outline, values by variable.

    Values are text as given; a variable that is not known is not there, or ``n/a``.
    """

    label: str
    images: dict[str, Path]
    mask: Path | None
    clinical: dict[str, str]
    center: str | None


def check_given(
    patient: Patient, needs: Needs, plan: Plan, models: Mapping[str, Mapping[str, Any]]
) -> None:
    """Check the names, values and files of a patient, as those of the study were checked.

    Raises
    ------
    BadInput
        With every problem of names and values; where there is none, with every problem of files:
        headers, voxels, personal data, a mask on another grid, with fractional values, several
        labels or another than the plan's.
    """
    problems = _label_problems(patient.label)
    problems += _sequence_problems(patient, needs, plan)
    problems += _mask_problems(patient, needs, plan)
    problems += _clinical_problems(patient, needs, plan, models)
    problems += _center_problems(patient, needs)
    if problems:
        raise BadInput(problems)
    if needs.sequences:
        _, problems = check_files(_raw_files(patient, needs, plan), plan["cohort"], content=True)
    if problems:
        raise BadInput(problems)


def values_of(patient: Patient, needs: Needs, plan: Plan) -> dict[str, Any]:
    """Return the clinical variables that are needed: numbers, levels, None where not known."""
    kinds = {entry["name"]: entry["kind"] for entry in plan["clinical"]}
    given = {name: patient.clinical.get(name, MISSING) for name in needs.clinical}
    return {
        name: None if text == MISSING else float(text) if kinds[name] == "number" else text
        for name, text in given.items()
    }


def unused_notes(patient: Patient, needs: Needs) -> list[str]:
    """Say what was given and is not read."""
    given = [
        *(f"sequence {name}" for name in patient.images if name not in needs.sequences),
        *(f"clinical variable {name}" for name in patient.clinical if name not in needs.clinical),
        *(["center"] if patient.center and not needs.center else []),
    ]
    return [f"Given, but not read by {needs.chain[-1]}: {', '.join(given)}."] if given else []


def _label_problems(label: str) -> list[Problem]:
    if label.isascii() and label.isalnum():
        return []
    return [Problem("patient is not a plain label", found=label, expected="letters and digits")]


def _sequence_problems(patient: Patient, needs: Needs, plan: Plan) -> list[Problem]:
    known = [entry["name"] for entry in plan["sequences"]]
    problems = [
        Problem("study has no such sequence", "", str(path), name, nearest(name, known))
        for name, path in patient.images.items()
        if name not in known
    ]
    filled = plan["cohort"]["missing_sequence"] == "zero_channel"
    for name, reasons in needs.sequences.items():
        if name not in patient.images and not (filled and name != known[0]):
            what = f"sequence {name} is not given, and is needed for {', '.join(reasons)}"
            problems.append(Problem(what, patient.label, remedy=f"give --images {name}=FILE"))
    return problems


def _mask_problems(patient: Patient, needs: Needs, plan: Plan) -> list[Problem]:
    if len(needs.raters) > 1:
        what, found = "model needs the masks of several raters", ", ".join(needs.raters)
        return [Problem(what, found=found, remedy="name a model that needs one")]
    if needs.raters and not patient.mask:
        what = f"model {needs.chain[-1]} measures the mask of a rater, and none is given"
        expected, remedy = f"an outline as {needs.raters[0]} drew", "give --mask FILE"
        return [Problem(what, patient.label, expected=expected, remedy=remedy)]
    if patient.mask and not needs.raters:
        return [_unwanted_mask(patient, needs, plan)]
    return []


def _unwanted_mask(patient: Patient, needs: Needs, plan: Plan) -> Problem:
    """Refuse an outline that would stand for one of another making than those fitted on."""
    model, file = needs.chain[-1], str(patient.mask)
    if not needs.segmenters:
        what = f"model {model} measures no mask"
        return Problem(what, patient.label, file, remedy="leave --mask out")
    what = f"model {model} was fitted on masks of {needs.segmenters[0]}, not on drawn ones"
    drawn = [
        name
        for name, entry in plan["models"].items()
        if entry.get("radiomics", {}).get("mask") in {rater["name"] for rater in plan["raters"]}
    ]
    others = f", or name a model of drawn masks: {', '.join(drawn)}" if drawn else ""
    return Problem(what, patient.label, file, remedy=f"leave --mask out{others}")


def _clinical_problems(
    patient: Patient, needs: Needs, plan: Plan, models: Mapping[str, Mapping[str, Any]]
) -> list[Problem]:
    entries = {entry["name"]: entry for entry in plan["clinical"]}
    problems = []
    for name, text in patient.clinical.items():
        if name not in entries:
            what, expected = "study has no such clinical variable", nearest(name, list(entries))
            problems.append(Problem(what, patient.label, found=name, expected=expected))
        elif text != MISSING and (rule := _rule_broken(text, entries[name])):
            what = f"clinical variable {name} is wrong"
            problems.append(Problem(what, patient.label, "", text, rule, OUTSIDE_PLAN))
    known = [name for name, text in patient.clinical.items() if text != MISSING]
    refused = {
        one["variable"]: name
        for name, model in models.items()
        for one in model.get("variables", [])
        if one["refuse"] and one["variable"] in entries
    }
    problems += [
        Problem(
            f"{name} is not given, and {model} refuses patients without it",
            patient.label,
            remedy=f"give --clinical {name}=VALUE",
        )
        for name, model in refused.items()
        if name not in known
    ]
    return problems


def _rule_broken(text: str, entry: dict[str, Any]) -> str:
    """Return what was expected where a value breaks the plan's rule, else nothing."""
    rule = broken_rule(text, entry)
    unbounded = entry["kind"] == "number" and "minimum" not in entry and "maximum" not in entry
    return "a finite number" if rule and unbounded and rule != "a number" else rule


def _center_problems(patient: Patient, needs: Needs) -> list[Problem]:
    if not needs.center or patient.center:
        return []
    what = f"features of {needs.chain[-1]} are harmonised by center, and none is given"
    return [Problem(what, patient.label, remedy="give --center NAME")]


def _raw_files(patient: Patient, needs: Needs, plan: Plan) -> list[RawFile]:
    """Return the files that are needed, the reference sequence first, then the mask."""
    labels = {rater["name"]: int(rater["label"]) for rater in plan["raters"]}
    named = [("image", name, patient.images.get(name), 0) for name in needs.sequences]
    named += [("mask", name, patient.mask, labels[name]) for name in needs.raters]
    return [
        RawFile(
            patient=patient.label,
            dataset="",
            role=role,
            name=name,
            folder=path.parent,
            file=path.name,
            label=label,
            optional=False,
        )
        for role, name, path, label in named
        if path is not None
    ]
