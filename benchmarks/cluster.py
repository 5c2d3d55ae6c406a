"""What a study would take on a cluster: a model, fed with the records of one that is finished.

Example: .venv/bin/python benchmarks/cluster.py --results results/otscc-simulated
    --cohort results/bench/cohort.json --growth results/bench/growth.json
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cluster_bounds import bounds, comparison, fixed_shares, growth_of_planning
from cluster_graph import FIXED, Record, Shape, jobs_of, pause_s, read_records, shape_of, wall_s
from cluster_groups import slurm_jobs
from cluster_run import Cluster, Run, SlurmJob, critical_path, simulate
from measure import PROJECT, Measure, report, say
from radproof.schema import read_yaml

SIZES = [136, 10_000, 126_000]
# Above it, groups that run one after another are taken apart, as docs/how-to/cluster.md says.
GROUPED_UP_TO = 1000
# Of the features, only extraction stays together: batches, twenty to a job.
APART = [
    *("training", "models", "segment_patients", "choose_threshold", "draw_masks"),
    *("score_segmentation", "describe_features", "summarise_outcomes", "assess_stability"),
]
ERROR = 10.0
PLANNING = ("planning", "start")


def assumed(value: float, text: str) -> Any:
    """Return a field of ``Assumptions`` with its unit and meaning."""
    return field(default=value, metadata={"help": text})


@dataclass(frozen=True)
class Assumptions:
    """What is not measured: choices, and guesses to be replaced by what a site knows."""

    nodes: int = assumed(20, "nodes")
    cores: int = assumed(32, "cores of a node")
    memory_gb: int = assumed(128, "memory of a node, GB")
    jobs: int = assumed(50, "jobs queued or running at a time (jobs of the profile)")
    batch_size: int = assumed(24, "patients of a batch (batch_size of the plan)")
    latency_s: float = assumed(30.0, "median wait in the queue, seconds (log-normal)")
    latency_log_sd: float = assumed(1.0, "standard deviation of its logarithm")
    failures: float = assumed(1e-4, "failures of a node, an hour")
    price: float = assumed(0.04, "price of a core hour, USD")
    speed: float = assumed(1.0, "speed of a core over that of the machine of the records")
    ct_voxels: float = assumed(512 * 512 * 200, "voxels of a CT")
    seed: int = assumed(1, "seed of chance")

    @property
    def cluster(self) -> Cluster:
        """The cluster, with the times of Slurm's plugin between looks for ended jobs."""
        return Cluster(
            nodes=self.nodes,
            cores=self.cores,
            memory_mb=self.memory_gb * 1000,
            jobs=self.jobs,
            latency_median_s=self.latency_s,
            latency_log_sd=self.latency_log_sd,
            poll_s=(10.0, 180.0),
            failures_a_node_hour=self.failures,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Measured:
    """What is measured: a finished study, the start of its scripts, and Snakemake's own times.

    ``planning`` has, of planning a study and of reading it for one job, processor seconds and MB as
    straight lines of the number of patients (at none, a patient); ``fixed`` is that of `jobs_of`.
    """

    shape: Shape
    records: list[Record]
    pause_s: float
    profile: dict[str, Any]
    planning: dict[str, tuple[float, float]]
    fixed: dict[str, float]

    def at(self, what: str, patients: int) -> float:
        """Return seconds or MB of Snakemake at a number of patients."""
        fixed, each = self.planning[what]
        return fixed + each * patients


def least_seconds(folders: list[Path]) -> list[Record]:
    """Return the records of the first folder, with the least seconds that any folder has for a job.

    Other work on a machine only makes a job longer. A job of another folder counts where it had the
    same settings.
    """
    first, *others = [read_records(folder) for folder in folders]
    least = {(r["rule"], r["label"]): dict(r) for r in first}
    for record in (record for other in others for record in other):
        mine = least.get((record["rule"], record["label"]))
        if mine and mine["settings"] == record["settings"]:
            mine["seconds"] = min(mine["seconds"], record["seconds"])
    return list(least.values())


def local_check(folder: Path, cores: int) -> list[Measure]:
    """Predict a run on one machine from its own records, and compare it with what it took."""
    records = read_records(folder)
    shape, start_s = shape_of(records), pause_s(records, cores)
    jobs = slurm_jobs(jobs_of(shape, shape.patients), {}, [], 0.0, start_s)
    predicted, real = simulate(jobs, Cluster(1, cores)).wall_s, wall_s(records)
    return [
        Measure("this run: jobs", len(jobs)),
        Measure("this run: mean start of a script", start_s, "s"),
        Measure("this run: wall time", real / 60, "min"),
        Measure("this run: wall time by the model", predicted / 60, "min"),
        Measure("this run: error", 100 * abs(predicted / real - 1), "%", at_most=ERROR),
    ]


def study_on(
    measured: Measured, assumptions: Assumptions, patients: int, apart: list[str] | None = None
) -> tuple[list[SlurmJob], Run]:
    """Return the jobs that Slurm is given for a study of a size, and how they would run."""
    if apart is None:
        apart = [] if patients <= GROUPED_UP_TO else APART
    jobs = [
        replace(job, seconds=job.seconds / assumptions.speed)
        for job in jobs_of(measured.shape, patients, assumptions.batch_size, measured.fixed)
    ]
    # Two processes of Snakemake start a job, one after the other.
    reading_s = 2 * measured.at("start: processor", patients) / assumptions.speed
    start_s = measured.pause_s / assumptions.speed
    grouped = slurm_jobs(jobs, measured.profile, apart, reading_s, start_s)
    return grouped, simulate(grouped, assumptions.cluster)


def of_size(measured: Measured, assumptions: Assumptions, patients: int) -> list[Measure]:
    """Return what a study of a size would take, and what decides it."""
    jobs, run = study_on(measured, assumptions, patients)
    planning_s = measured.at("planning: processor", patients) / assumptions.speed
    wall, core_h = run.wall_s + planning_s, run.used_core_s / 3600
    chain = critical_path(jobs, run)
    decides = [(share / wall, name) for name, share in list(chain.items())[:3]]
    start_h = sum(job.start_s * job.threads for job in jobs) / 3600
    name = f"{patients:,} patients"
    return [
        Measure(f"{name}: jobs of Slurm", sum(job.queued for job in jobs)),
        Measure(f"{name}: wall time", wall / 3600, "h"),
        Measure(f"{name}: of it planning", planning_s / 3600, "h"),
        Measure(f"{name}: core hours", core_h, "h"),
        Measure(f"{name}: of them the start of jobs", start_h, "h"),
        Measure(f"{name}: utilisation", 100 * run.utilisation, "%"),
        Measure(f"{name}: jobs lost with a node", run.failures),
        Measure(f"{name}: cost", core_h * assumptions.price, "USD"),
        *(
            Measure(f"{name}: of the wall time, {what}", 100 * share, "%")
            for share, what in decides
        ),
    ]


def variants(assumptions: Assumptions) -> Iterator[tuple[str, Assumptions, list[str] | None]]:
    """Yield what is changed one at a time: the limit of jobs, then nodes, then batches."""
    yield "as above", assumptions, None
    yield "grouped as in the profile", assumptions, []
    for jobs in (200, 1000):
        yield f"{jobs} jobs at a time", replace(assumptions, jobs=jobs), None
    free = replace(assumptions, jobs=1000)
    for nodes in (1, 5, 80):
        yield f"1000 jobs, {nodes} nodes", replace(free, nodes=nodes), None
    for size in (96, 384, 1536):
        yield f"1000 jobs, batches of {size}", replace(free, batch_size=size), None


def sensitivity(measured: Measured, assumptions: Assumptions, patients: int) -> list[Measure]:
    """Return wall time and core hours of a study where one thing is changed."""
    measures = []
    for name, changed, apart in variants(assumptions):
        jobs, run = study_on(measured, changed, patients, apart)
        wall_h = (run.wall_s + measured.at("planning: processor", patients)) / 3600
        what = f"{patients:,}, {name}"
        measures += [
            Measure(f"{what}: jobs of Slurm", sum(job.queued for job in jobs)),
            Measure(f"{what}: wall time", wall_h, "h"),
            Measure(f"{what}: core hours", run.used_core_s / 3600, "h"),
        ]
    return measures


def arguments() -> argparse.Namespace:
    """Read the command line; each assumption has an option of its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--results",
        type=Path,
        nargs="+",
        default=[PROJECT / "results" / "otscc-simulated"],
        help="a finished study; further runs of the same only lend shorter seconds",
    )
    parser.add_argument("--results-cores", type=int, default=2, help="cores of the first's run")
    parser.add_argument(
        "--cohort",
        type=Path,
        default=PROJECT / "results" / "bench" / "cohort.json",
        help="what benchmarks/cohort.py --json printed",
    )
    parser.add_argument(
        "--growth",
        type=Path,
        default=PROJECT / "results" / "bench" / "growth.json",
        help="what benchmarks/growth.py --json printed",
    )
    parser.add_argument("--patients", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for entry in fields(Assumptions):
        kind, text = type(entry.default), f"{entry.metadata['help']} (default {entry.default:g})"
        parser.add_argument(
            f"--{entry.name.replace('_', '-')}", type=kind, default=entry.default, help=text
        )
    return parser.parse_args()


def main() -> int:
    """Check the model against the run that it is fed with, then let it foretell others."""
    options = arguments()
    absent = [
        path for path in [*options.results, options.cohort, options.growth] if not path.exists()
    ]
    if absent:
        say(f"skipped: {absent[0]} is not here")
        return 0
    names = [entry.name for entry in fields(Assumptions)]
    assumptions = Assumptions(**{name: getattr(options, name) for name in names})
    for entry in fields(Assumptions):
        say(f"assumed: {entry.metadata['help']}: {asdict(assumptions)[entry.name]:g}")
    records = least_seconds(options.results)
    measured = Measured(
        shape_of(records),
        records,
        min(pause_s(read_records(folder), options.results_cores) for folder in options.results),
        read_yaml(PROJECT / "profiles" / "slurm" / "config.yaml"),
        growth_of_planning(json.loads(options.cohort.read_bytes())["measures"], PLANNING),
        FIXED | fixed_shares(json.loads(options.growth.read_bytes())["measures"]),
    )
    measures = local_check(options.results[0], options.results_cores)
    for patients in options.patients:
        measures += of_size(measured, assumptions, patients)
    for patients in (size for size in options.patients if size > GROUPED_UP_TO):
        measures += sensitivity(measured, assumptions, patients) + bounds(measured, patients)
    measures += comparison(measured, assumptions, max(options.patients))
    return report(measures, options.json)


if __name__ == "__main__":
    sys.exit(main())
