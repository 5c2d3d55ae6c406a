"""What the model is held against, and what would bound a study before its cores do."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cluster_graph import Record, jobs_of
from cluster_groups import LOCAL, asked_for
from measure import Measure

if TYPE_CHECKING:
    from cluster import Assumptions, Measured

# Source: Thiriveedhi et al. 2024, doi:10.21203/rs.3.rs-4351526/v1, abstract: TotalSegmentator and
# PyRadiomics for more than 126,000 CT volumes, more than 21,000 virtual machines in the course of
# the computation, under 9 hours, 1,011.05 USD, against an estimated 522 days of one workstation.
CT_VOLUMES, MACHINES, WORKSTATION_DAYS, PAID_USD = 126_000, 21_000, 522, 1011.05
# What we do for an image that they did as well.
IMAGE_STEPS = ("prepare_images", "segment_patients", "draw_masks", "extract_features")


def growth_of_planning(
    measures: list[dict[str, Any]], names: tuple[str, ...]
) -> dict[str, tuple[float, float]]:
    """Return (at no patient, a patient) of seconds and memory, by the two largest cohorts.

    Raises
    ------
    ValueError
        If fewer than two sizes were measured.
    """
    lines = {}
    for name in names:
        for what in ("processor", "peak memory"):
            found = [
                (int(match[1]), measure["value"])
                for measure in measures
                if (match := re.fullmatch(rf"{name} of (\d+): {what}", measure["what"]))
            ]
            if len(found) < 2:
                raise ValueError(f"{what} of {name} was not measured for two sizes of a cohort")
            (few, less), (many, more) = sorted(found)[-2:]
            each = (more - less) / (many - few)
            lines[f"{name}: {what}"] = (more - each * many, each)
    return lines


def fixed_shares(measures: list[dict[str, Any]]) -> dict[str, float]:
    """Return the share of a rule's seconds that does not grow, as growth.py measured it."""
    text = ": share that does not grow"
    return {
        measure["what"].removesuffix(text): measure["value"]
        for measure in measures
        if measure["what"].endswith(text)
    }


def comparison(measured: "Measured", assumptions: "Assumptions", patients: int) -> list[Measure]:
    """Return what an image takes here, and took in the published run in the cloud."""
    jobs = [job for job in jobs_of(measured.shape, patients) if job.rule in IMAGE_STEPS]
    each_s = sum(job.seconds * job.threads for job in jobs) / assumptions.speed / patients
    voxels = voxels_of(measured.records)
    theirs_h = WORKSTATION_DAYS * 24
    ct_s = each_s * assumptions.ct_voxels / voxels
    return [
        Measure("published: workstation minutes a CT", 60 * theirs_h / CT_VOLUMES, "min"),
        Measure("published: workstation hours", theirs_h, "h"),
        Measure("published: volumes a machine", CT_VOLUMES / MACHINES),
        Measure("published: cost a CT", 100 * PAID_USD / CT_VOLUMES, "cents"),
        Measure("here: core seconds a patient, same steps", each_s, "s"),
        Measure("here: million voxels a patient", voxels / 1e6),
        Measure("here: core seconds a million voxels", each_s / voxels * 1e6, "s"),
        Measure(f"here: core hours of {CT_VOLUMES:,} patients", each_s * CT_VOLUMES / 3600, "h"),
        Measure(
            f"here: seconds on {MACHINES:,} cores, no start of jobs",
            each_s * CT_VOLUMES / MACHINES,
            "s",
        ),
        Measure("here, by voxels: core minutes a CT", ct_s / 60, "min"),
        Measure(f"here, by voxels: core hours of {CT_VOLUMES:,}", ct_s * CT_VOLUMES / 3600, "h"),
    ]


def voxels_of(records: list[Record]) -> float:
    """Return the voxels of a patient's prepared images, all sequences together."""
    settings = next(r["settings"] for r in records if r["rule"] == "prepare_images")
    x, y, z = settings["images"]["size"]
    return x * y * z * len(settings["sequences"])


def bounds(measured: "Measured", patients: int) -> list[Measure]:
    """Return what grows with the number of patients and meets a limit, as straight lines."""
    times = patients / measured.shape.patients
    read_mb = {rule: size * times / 1e6 for rule, size in largest_inputs(measured).items()}
    name = f"{patients:,} patients"
    return [
        Measure(f"{name}: jobs of the workflow", len(jobs_of(measured.shape, patients))),
        Measure(f"{name}: planning", measured.at("planning: processor", patients) / 60, "min"),
        Measure(f"{name}: planning, memory", measured.at("planning: peak memory", patients), "MB"),
        Measure(
            f"{name}: each job reads the plan", 2 * measured.at("start: processor", patients), "s"
        ),
        Measure(f"{name}: each such process", measured.at("start: peak memory", patients), "MB"),
        *(
            Measure(f"{name}: {rule} reads in one job", size / 1000, "GB")
            for rule, size in _most(read_mb, 3).items()
        ),
        *(
            measure
            for rule, seconds in longest(measured, patients, 4).items()
            for measure in (
                Measure(f"{name}: {rule}, one job", seconds / 3600, "h"),
                *_of_asked(measured, name, rule, seconds, read_mb[rule]),
            )
        ),
        Measure(f"{name}: slices of a training in memory", slices_gb(measured, patients), "GB"),
    ]


def _of_asked(
    measured: "Measured", name: str, rule: str, seconds: float, read_mb: float
) -> list[Measure]:
    """Return the share of the time that a job asks Slurm for; nothing of one run elsewhere."""
    if rule in LOCAL:
        return []
    asked_min = asked_for(measured.profile, rule, "runtime", read_mb)
    return [Measure(f"{name}: {rule}, of the minutes it asks for", seconds / 0.6 / asked_min, "%")]


def largest_inputs(measured: "Measured") -> dict[str, float]:
    """Return the most bytes that one job of each rule reads."""
    sizes: dict[str, float] = {}
    for record in measured.records:
        total = sum(entry["bytes"] for entry in record["inputs"])
        sizes[record["rule"]] = max(total, sizes.get(record["rule"], 0))
    return sizes


def longest(measured: "Measured", patients: int, count: int) -> dict[str, float]:
    """Return the seconds of the longest job of a rule, of the rules that have the longest."""
    seconds: dict[str, float] = {}
    for job in jobs_of(measured.shape, patients, fixed=measured.fixed):
        seconds[job.rule] = max(job.seconds, seconds.get(job.rule, 0.0))
    return _most(seconds, count)


def slices_gb(measured: "Measured", patients: int) -> float:
    """Return what the slices of a fold's training take: float32, all sequences and the mask."""
    settings = next(r["settings"] for r in measured.records if r["rule"] == "prepare_images")
    channels = len(settings["sequences"])
    shown = max(
        len(r["settings"]["patients"]) for r in measured.records if r["rule"] == "train_segmenter"
    )
    each = voxels_of(measured.records) / channels * (channels + 1) * 4
    return each * shown * patients / measured.shape.patients / 1e9


def _most(values: Mapping[str, float], count: int) -> dict[str, float]:
    return dict(sorted(values.items(), key=lambda item: -item[1])[:count])
