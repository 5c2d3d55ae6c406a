"""What the benchmarks share: measured numbers beside their targets, and the cost of a command."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from radproof.provenance import PROJECT

DATA = PROJECT.parent / "shared" / "data"


@dataclass(frozen=True)
class Measure:
    """A measured number; a target is the most or the least that it may be."""

    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool:
        """Whether the number meets its target; without one it does."""
        above = self.at_most is not None and not self.value <= self.at_most
        below = self.at_least is not None and not self.value >= self.at_least
        return not (above or below)

    @property
    def target(self) -> str:
        """The target in words, empty where there is none."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""


def report(measures: Sequence[Measure], as_json: bool) -> int:
    """Print the numbers as a table or as one JSON object; return 1 where a target is missed."""
    missed = [measure.what for measure in measures if not measure.met]
    if as_json:
        rows = [asdict(measure) | {"met": measure.met} for measure in measures]
        print(json.dumps({"measures": rows, "missed": missed}, indent=1))
        return int(bool(missed))
    width = max(len(measure.what) for measure in measures)
    for measure in measures:
        mark = "" if measure.met else "  MISSED"
        number = f"{measure.value:>10.4g} {measure.unit:<5}"
        print(f"{measure.what:<{width}}  {number} {measure.target}{mark}".rstrip())
    return int(bool(missed))


def say(text: str) -> None:
    """Tell progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def own_peak_mb() -> float:
    """Return the largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True)
class Cost:
    """What a command took on the clock and of the processor, and what it printed."""

    seconds: float
    processor_seconds: float
    peak_mb: float
    output: str


def cost_of(command: Sequence[str], folder: Path, log: Path) -> Cost:
    """Run a command in a folder; peak memory is that of its largest process.

    Raises
    ------
    RuntimeError
        With the end of what it printed, if the command fails.
    """
    with log.open("w", encoding="utf-8") as stream:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    output = log.read_text(encoding="utf-8")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output[-3000:]}")
    processor_seconds = usage.ru_utime + usage.ru_stime
    return Cost(seconds, processor_seconds, usage.ru_maxrss / 1024, output)
