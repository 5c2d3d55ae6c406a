"""The jobs of a study of any size, from the records of one that is finished.

A task is a rule with the names that do not depend on patients (an extractor, a model), for the jobs
of one set. It has a job for each batch, for each fold, or one.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from math import ceil
from pathlib import Path
from typing import Any

Record = dict[str, Any]
# The share of a job's seconds that does not grow with the patients whom it reads: all where tables
# of a size of their own are drawn, described or logged. What is not named is taken to grow with
# them, all of it: images and masks are worked on one by one; an epoch shows each patient's slices
# once; an ICC costs n × p, DeLong's test n log n. As what a job needs before its first patient then
# grows too, times are rather too long. Fits are measured: see growth.py.
FIXED = dict.fromkeys(
    ("plot_", "describe_features", "fill_checklists", "check_claims", "track_runs"), 1.0
)
BATCHED, FOLD, ONE = "batch", "fold", "one"


@dataclass(frozen=True, order=True)
class Key:
    """What the jobs of a task share; ``of`` is their set, empty where they have none."""

    rule: str
    rest: tuple[str, ...]
    axis: str
    of: str


@dataclass
class Task:
    """The jobs of a task as they were measured: the seconds and threads of each."""

    seconds: dict[str, float] = field(default_factory=dict)
    threads: int = 1


@dataclass(frozen=True)
class Job:
    """A job of the workflow: seconds of its script, and the jobs (indices) that it waits for."""

    rule: str
    member: str
    seconds: float
    threads: int
    after: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """A study as its records show it.

    ``edges`` are pairs of tasks: the second reads files of the first, of the same batch or fold
    where the value is true, of all otherwise. ``sizes`` are patients by set, ``batches`` by batch.
    """

    tasks: dict[Key, Task]
    edges: dict[tuple[Key, Key], bool]
    sizes: dict[str, int]
    batches: dict[str, int]

    @property
    def patients(self) -> int:
        """Return how many patients the study had."""
        return sum(self.sizes.values())


def read_records(folder: Path) -> list[Record]:
    """Return the records of all jobs of a study, in order of rule and label."""
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("records/*/*.json"))]


def shape_of(records: list[Record]) -> Shape:
    """Return the tasks of a finished study and what they wait for."""
    sets = [record["label"] for record in records if record["rule"] == "check_cohort"]
    keys = [_key(record, sets) for record in records]
    tasks: dict[Key, Task] = defaultdict(Task)
    for record, (key, member) in zip(records, keys, strict=True):
        tasks[key].seconds[member] = record["seconds"]
        tasks[key].threads = record["threads"]
    made_by = {
        entry["path"]: key
        for record, key in zip(records, keys, strict=True)
        for entry in record["outputs"]
    }
    same: dict[tuple[Key, Key], list[bool]] = defaultdict(list)
    for record, (key, member) in zip(records, keys, strict=True):
        for source, token in {made_by[e["path"]] for e in record["inputs"] if e["path"] in made_by}:
            same[source, key].append(source.axis == key.axis and token == member)
    batches = _batch_sizes(records, keys)
    sizes: Counter[str] = Counter()
    for batch, size in batches.items():
        sizes[batch.rstrip("0123456789")] += size
    return Shape(dict(tasks), {pair: all(found) for pair, found in same.items()}, sizes, batches)


def _key(record: Record, sets: list[str]) -> tuple[Key, str]:
    """Return the task of a record and which of the task's jobs it is."""
    axis, of, member, rest = ONE, "", "", []
    for token in record["label"].split("."):
        batch = re.fullmatch(r"(.+?)\d{3,}", token)
        if batch and batch[1] in sets:
            axis, of, member = BATCHED, batch[1], token
        elif token.startswith("fold-"):
            axis, of, member = FOLD, "train", token
        elif token in sets:
            of = token
        else:
            rest.append(token)
    return Key(record["rule"], tuple(rest), axis, of), member


def _batch_sizes(records: list[Record], keys: list[tuple[Key, str]]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for record, (key, member) in zip(records, keys, strict=True):
        if key.axis == BATCHED and "patients" in record["settings"]:
            count = len(record["settings"]["patients"])
            sizes[member] = min(count, sizes.get(member, count))
    return sizes


def jobs_of(
    shape: Shape,
    patients: int,
    batch_size: int | None = None,
    fixed: Mapping[str, float] = FIXED,
) -> list[Job]:
    """Return the jobs of the same study with another number of patients, sets in proportion.

    ``batch_size`` is that of the finished study unless given. ``fixed`` has, by the beginning of a
    rule's name, the share of its seconds that does not grow; jobs by batch are as long as these.
    """
    size = batch_size or max(shape.batches.values())
    growth = patients / shape.patients
    members = {key: _members(shape, key, growth, size, fixed) for key in sorted(shape.tasks)}
    places: dict[Key, dict[str, int]] = {key: {} for key in members}
    for number, (key, member) in enumerate((k, m) for k, found in members.items() for m in found):
        places[key][member] = number
    after: dict[int, list[int]] = defaultdict(list)
    for (source, key), same in sorted(shape.edges.items()):
        pairs: Iterable[tuple[str, str]] = product(members[source], members[key])
        if same:
            pairs = ((member, member) for member in members[key])
        for first, then in pairs:
            after[places[key][then]].append(places[source][first])
    return [
        Job(key.rule, member, seconds, shape.tasks[key].threads, tuple(after[places[key][member]]))
        for key, found in members.items()
        for member, seconds in found.items()
    ]


def _members(
    shape: Shape, key: Key, growth: float, size: int, fixed: Mapping[str, float]
) -> dict[str, float]:
    """Return the jobs of a task at another number of patients, each with its seconds."""
    seconds = shape.tasks[key].seconds
    if key.axis != BATCHED:
        share = next((fixed[name] for name in fixed if key.rule.startswith(name)), 0.0)
        times = share + (1 - share) * growth
        return {member: value * times for member, value in seconds.items()}
    each = sum(seconds.values()) / sum(shape.batches[member] for member in seconds)
    left, sizes = round(shape.sizes[key.of] * growth), {}
    for number in range(1, 1 + ceil(left / size)):
        sizes[f"{key.of}{number:03d}"] = min(size, left - (number - 1) * size)
    return {member: each * count for member, count in sizes.items()}


def pause_s(records: list[Record], cores: int) -> float:
    """Return the mean seconds from when a job could start to when its record began.

    Of a run on one machine: the later of a core being free and the last of its inputs being made.
    It is what Snakemake and the imports of a script take.
    """
    begun = {id(r): datetime.fromisoformat(r["started"]).timestamp() for r in records}
    made = {e["path"]: begun[id(r)] + r["seconds"] for r in records for e in r["outputs"]}
    free = [min(begun.values())] * cores
    pauses = []
    for record in sorted(records, key=lambda r: begun[id(r)]):
        start = begun[id(record)]
        ready = max((made[e["path"]] for e in record["inputs"] if e["path"] in made), default=0.0)
        free.sort()
        pauses.append(max(0.0, start - max(ready, free[0])))
        for core in range(min(record["threads"], cores)):
            free[core] = start + record["seconds"]
    return sum(pauses) / len(pauses)


def wall_s(records: list[Record]) -> float:
    """Return the seconds from the first start to the last end of a run."""
    begun = [datetime.fromisoformat(r["started"]).timestamp() for r in records]
    ended = [start + r["seconds"] for start, r in zip(begun, records, strict=True)]
    return max(ended) - min(begun)
