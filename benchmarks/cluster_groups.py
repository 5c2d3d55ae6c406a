"""From the jobs of the workflow to those that Slurm is given, as the profile groups them."""

import re
from collections import Counter, defaultdict
from typing import Any

from cluster_graph import Job
from cluster_run import SlurmJob

BY_SIZE = re.compile(r"max\((\d+), (?:(\d+) \+ )?([\d.]+) \* input\.size_mb\) \* attempt")
# Those that run where Snakemake does, on the login node.
LOCAL = ("simulate_cohort", "check_cohort", "describe_cohort", "check_grey_levels", "track_runs")


def slurm_jobs(
    jobs: list[Job], profile: dict[str, Any], apart: list[str], reading_s: float, start_s: float
) -> list[SlurmJob]:
    """Return the jobs that Slurm is given.

    Jobs of a group that are connected run one after another in one of Slurm's, and as many such
    components go into one as ``group-components`` says. ``apart`` names groups that are taken
    apart, and rules that are taken out of theirs. A job of Slurm costs ``reading_s`` before its
    first script, and ``start_s`` each script. The memory is the most that a member asks for.
    Without a profile there is no Slurm, and no rule runs elsewhere than the others.
    """
    places = _places(jobs, profile, apart)
    inside: dict[int, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        inside[place].append(number)
    made = []
    for place, numbers in sorted(inside.items()):
        members = [jobs[number] for number in numbers]
        queued = not (profile and members[0].rule in LOCAL)
        threads = max(job.threads for job in members)
        memory_mb = max(int(asked_for(profile, job.rule, "mem_mb")) for job in members)
        made.append(
            SlurmJob(
                name=members[0].rule,
                work=_work(jobs, numbers),
                start_s=reading_s * queued + start_s * len(numbers),
                threads=threads if queued else 0,
                memory_mb=memory_mb if queued else 0,
                after=tuple(sorted({places[b] for job in members for b in job.after} - {place})),
                queued=queued,
            )
        )
    return made


def _work(jobs: list[Job], numbers: list[int]) -> dict[str, float]:
    work: dict[str, float] = {}
    for number in numbers:
        rule = jobs[number].rule
        work[rule] = work.get(rule, 0.0) + jobs[number].seconds
    return work


def _places(jobs: list[Job], profile: dict[str, Any], apart: list[str]) -> list[int]:
    """Return which of Slurm's jobs each job is in, numbered from 0."""
    groups = {
        rule: of
        for rule, of in profile.get("groups", {}).items()
        if of not in apart and rule not in apart
    }
    together = dict(entry.split("=") for entry in profile.get("group-components", []))
    of_job = [_entry(groups, job.rule) for job in jobs]
    components = _components(jobs, of_job)
    place_of: dict[int, int] = {}
    latest: dict[str, int] = {}
    packed: Counter[str] = Counter()
    count = 0
    for component, group in zip(components, of_job, strict=True):
        if component in place_of:
            continue
        if group is None or packed[group] % int(together.get(group, 1)) == 0:
            place_of[component], count = count, count + 1
        else:
            place_of[component] = latest[group]
        if group is not None:
            latest[group] = place_of[component]
            packed[group] += 1
    return [place_of[component] for component in components]


def _components(jobs: list[Job], of_job: list[str | None]) -> list[int]:
    """Return one number for all jobs that are connected within their group."""
    root = list(range(len(jobs)))

    def top(number: int) -> int:
        while root[number] != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for number, job in enumerate(jobs):
        for before in job.after:
            if of_job[number] and of_job[number] == of_job[before]:
                root[top(number)] = top(before)
    return [top(number) for number in range(len(jobs))]


def asked_for(profile: dict[str, Any], rule: str, what: str, size_mb: float = 0.0) -> float:
    """Return what the first attempt of a rule asks for that reads ``size_mb``; 0 by no profile.

    The profile has it as ``1500 * attempt`` or ``max(3000, 1500 + 4 * input.size_mb) * attempt``.
    """
    entry = _entry(profile.get("set-resources", {}), rule) or {}
    text = str((profile.get("default-resources", {}) | entry).get(what, 0))
    by_size = BY_SIZE.match(text)
    if not by_size:
        return float(text.partition(" ")[0])
    least, fixed, each = (float(number or 0) for number in by_size.groups())
    return max(least, fixed + each * size_mb)


def _entry(entries: dict[str, Any], rule: str) -> Any:
    """Return the entry of the longest name that a rule's is, or goes on from after ``_``."""
    names = [name for name in entries if rule == name or rule.startswith(f"{name}_")]
    return entries[max(names, key=len)] if names else None
