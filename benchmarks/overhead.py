"""What a study costs beyond the work of its jobs: wall time on two cores over useful CPU time.

Useful is the processor time of the jobs once their libraries are there, as their records have it.
Example: .venv/bin/python benchmarks/overhead.py
"""

import argparse
import os
import resource
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from cohort import make_project
from measure import Cost, Measure, cost_of, report, say
from radproof.schema import read_yaml
from radproof.tables import read_json

CORES = 2
AT_MOST = 1.15
DEFAULT_PLAN = "config/studies/otscc-simulated.yaml"


def run_study(project: Path, plan: str) -> Cost:
    """Run a whole study in a copy of the project."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), "--nocolor"]
    return cost_of([*command, "--config", f"plan={plan}"], project, project / "study.log")


def records_of(results: Path) -> list[dict[str, Any]]:
    """Return the records of all jobs of a study."""
    return [read_json(path) for path in sorted(results.glob("records/*/*.json"))]


def total(records: list[dict[str, Any]], name: str) -> float:
    """Return the sum over jobs of one of their times, in seconds."""
    return float(sum(record[name] for record in records))


def overhead(wall: float, records: list[dict[str, Any]], around: float) -> list[Measure]:
    """Return what a study cost; ``around`` is the processor time of Snakemake itself (s)."""
    useful, start_up = total(records, "cpu_seconds"), total(records, "start_up_cpu_seconds")
    idle = CORES * wall - useful - start_up - around
    ideal = useful / CORES
    return [
        Measure("jobs", len(records)),
        Measure("wall time", wall, "s"),
        Measure("processor: useful work of jobs", useful, "s"),
        Measure("processor: start of jobs and their libraries", start_up, "s"),
        Measure("processor: Snakemake", around, "s"),
        Measure("cores without work", idle, "s"),
        Measure("wall over useful work / 2", wall / ideal, at_most=AT_MOST),
        Measure("wall over useful work and start / 2", wall / (ideal + start_up / CORES)),
    ]


def by_rule(records: list[dict[str, Any]]) -> list[str]:
    """Return lines of rules, those whose start costs most first."""
    jobs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        jobs[record["rule"]].append(record)
    costs = sorted(
        ((total(group, "start_up_cpu_seconds"), rule) for rule, group in jobs.items()), reverse=True
    )
    return [
        f"{rule}: {len(jobs[rule])} jobs, start {start_up:.1f} s,"
        f" work {total(jobs[rule], 'cpu_seconds'):.1f} s"
        for start_up, rule in costs
    ]


def measured(plan: str) -> list[Measure]:
    """Run a study and return what it cost beside its work."""
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "project")
        os.environ["PYTHONPATH"] = str(project / "workflow" / "scripts")
        cost = run_study(project, plan)
        records = records_of(project / "results" / read_yaml(project / plan)["study"])
    for line in by_rule(records):
        say(line)
    jobs = total(records, "cpu_seconds") + total(records, "start_up_cpu_seconds")
    everything = resource.getrusage(resource.RUSAGE_CHILDREN)
    around = everything.ru_utime + everything.ru_stime - jobs
    return overhead(cost.seconds, records, around)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", default=DEFAULT_PLAN)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    sys.exit(report(measured(options.plan), options.json))
