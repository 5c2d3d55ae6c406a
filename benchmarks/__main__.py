"""Run the benchmarks one after another and say which targets are met: `make bench`.

Example: .venv/bin/python benchmarks            # all
    .venv/bin/python benchmarks segmentation    # those of one name
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import DATA, say
from radproof.provenance import PROJECT

HERE = Path(__file__).resolve().parent
RESULTS = PROJECT / "results"
MADE = RESULTS / "bench"
SIMULATED, SARCOMAS = RESULTS / "otscc-simulated", RESULTS / "sts"
REPORT = SIMULATED / "dossier" / "report.html"


@dataclass(frozen=True)
class Benchmark:
    """A script with its arguments, and what it needs: folders, files, a program."""

    name: str
    command: tuple[str, ...]
    needs: tuple[Path | str, ...] = ()

    @property
    def absent(self) -> list[str]:
        """What it needs and is not here."""
        found = {need: shutil.which(str(need)) or Path(need).exists() for need in self.needs}
        return [str(need) for need, here in found.items() if not here]


# The short ones first; interval_coverage.py prints a table and has no targets.
BENCHMARKS = [
    Benchmark("stability", ("stability.py",)),
    Benchmark("against_r", ("against_r.py",), ("Rscript",)),
    Benchmark("cohort", ("cohort.py",)),
    Benchmark("overhead", ("overhead.py",)),
    Benchmark("growth", ("growth.py",), (REPORT,)),
    # With the numbers of the two before it.
    Benchmark("cluster", ("cluster.py",), (REPORT, MADE / "cohort.json", MADE / "growth.json")),
    Benchmark("preparation", ("preparation.py",)),
    Benchmark("registration", ("registration.py",)),
    Benchmark("extraction-peer", ("extraction.py", "peer"), (DATA / "sts", "pyradiomics")),
    Benchmark("extraction-profile", ("extraction.py", "profile"), (DATA / "sts",)),
    Benchmark("extraction-growth", ("extraction.py", "growth"), (DATA / "sts",)),
    Benchmark("segmentation-throughput", ("segmentation.py", "throughput")),
    Benchmark("segmentation-repeat", ("segmentation.py", "repeat"), (SIMULATED / "images",)),
    Benchmark(
        "segmentation-inference", ("segmentation.py", "inference"), (SIMULATED / "segmentation",)
    ),
    Benchmark("segmentation-simulated", ("segmentation.py", "simulated"), (SIMULATED / "images",)),
    Benchmark("segmentation-accuracy", ("segmentation.py", "accuracy"), (SARCOMAS / "images",)),
]


@dataclass(frozen=True)
class Outcome:
    """How a benchmark ended: ``measures`` are those it printed, ``said`` why there are none."""

    name: str
    seconds: float = 0.0
    measures: tuple[dict[str, Any], ...] = ()
    said: str = ""
    failed: bool = False

    @property
    def missed(self) -> list[dict[str, Any]]:
        """The measures that miss their target."""
        return [measure for measure in self.measures if not measure["met"]]

    @property
    def row(self) -> str:
        """A line of the summary."""
        targets = sum(m["at_most"] is not None or m["at_least"] is not None for m in self.measures)
        verdict = self.said or f"{targets - len(self.missed)} of {targets} targets met"
        return f"{self.name:<24} {len(self.measures):>4} measures {self.seconds:>7.0f} s  {verdict}"


def run(benchmark: Benchmark, folder: Path) -> Outcome:
    """Run a benchmark and keep what it printed; a missed target is no failure of the run."""
    if benchmark.absent:
        return Outcome(benchmark.name, said=f"skipped: not here: {', '.join(benchmark.absent)}")
    say(f"== {benchmark.name}")
    started = time.perf_counter()
    script, *arguments = benchmark.command
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments, "--json"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    try:
        measures = tuple(json.loads(done.stdout)["measures"])
    except (json.JSONDecodeError, KeyError):
        said = f"failed with exit code {done.returncode}"
        return Outcome(benchmark.name, seconds, said=said, failed=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{benchmark.name}.json").write_text(done.stdout, encoding="utf-8")
    return Outcome(benchmark.name, seconds, measures)


def run_all(benchmarks: Sequence[Benchmark], folder: Path) -> int:
    """Run benchmarks, print a line for each and for each missed target; return 1 where any is."""
    outcomes = [run(benchmark, folder) for benchmark in benchmarks]
    for outcome in outcomes:
        print(outcome.row)
        for measure in outcome.missed:
            limit = (
                f"at most {measure['at_most']:g}"
                if measure["at_most"] is not None
                else f"at least {measure['at_least']:g}"
            )
            value = f"{measure['value']:.4g} {measure['unit']}".strip()
            print(f"    missed: {measure['what']}: {value}, target {limit}")
    return int(any(outcome.failed or outcome.missed for outcome in outcomes))


def chosen(name: str | None) -> list[Benchmark]:
    """Return the benchmarks of a name, or of the names that begin with it and a dash; or all."""
    if name is None:
        return BENCHMARKS
    return [each for each in BENCHMARKS if each.name == name or each.name.startswith(f"{name}-")]


def main(arguments: Sequence[str]) -> int:
    """Run what the command line names."""
    asked = chosen(arguments[0] if arguments else None)
    if not asked:
        names = ", ".join(each.name for each in BENCHMARKS)
        say(f"there is no benchmark {arguments[0]}; there are: {names}")
        return 2
    return run_all(asked, MADE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
