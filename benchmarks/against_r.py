"""Times of statistics and of R's for the same numbers, in one run.

Needs `Rscript` with pROC, rms, glmnet and psych (Debian: r-base-core, r-cran-proc, r-cran-rms,
r-cran-glmnet, r-cran-psych). Example: .venv/bin/python benchmarks/against_r.py
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measure import Measure, report, say
from radproof.evaluation.delong import auc, paired_test
from radproof.evaluation.optimism import draw_resamples, judge, resample_table
from radproof.evaluation.refitting import Chain, refit
from radproof.models.lasso_path import choose_lambdas, cross_validate, lambda_path, solve_path
from radproof.radiomics.icc import icc
from radproof.z_scores import standardise
from threadpoolctl import threadpool_limits

RESAMPLES = 1000


@dataclass(frozen=True)
class Task:
    """What is timed here and in R: its numbers by file, and the least ratio of R's time to ours.

    ``work`` returns one number, which R's may miss by ``apart`` at most.
    """

    what: str
    numbers: dict[str, np.ndarray]
    work: Callable[[], float]
    at_least: float
    apart: float


def compare(outcome: np.ndarray, scores: np.ndarray) -> float:
    """Return p of the paired test of two scores (2, n)."""
    return paired_test(auc(outcome, scores)).p


def comparisons(patients: int, pairs: int, at_least: float, name: str) -> Task:
    """Compare pairs of scores of the same patients by DeLong's test."""
    rng = np.random.default_rng(1)
    outcome = rng.integers(0, 2, patients)
    scores = rng.normal(size=(pairs, 2, patients)) + 0.5 * outcome
    columns = np.column_stack([outcome.astype(float), scores.reshape(2 * pairs, patients).T])
    return Task(
        f"{pairs:,} paired DeLong, n = {patients:,}",
        {name: columns},
        lambda: float(np.mean([compare(outcome, pair) for pair in scores])),
        at_least,
        1e-9,
    )


def optimism(patients: int, predictors: int) -> Task:
    """Correct the area of a logistic regression for optimism."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(patients, predictors))
    names = [f"x{number}" for number in range(predictors)]
    table = pd.DataFrame(values, columns=names)
    table["outcome"] = (values[:, 0] + rng.logistic(size=patients) > 0).astype(int)
    table["patient"] = [f"P{number:03d}" for number in range(patients)]
    table["set"], table["fold"] = "train", np.where(np.arange(patients) % 2, "1", "2")
    entry = {"kind": "logistic", "clinical": names, "scores": []}
    chain = Chain(
        {"m": entry | {"missing": "refuse", "separation": "firth"}},
        table,
        [{"name": name, "kind": "number"} for name in names],
        *({"m": None} for _ in range(3)),
        1,
    )
    outcome = table["outcome"].to_numpy(int)

    def corrected() -> float:
        draws = draw_resamples(patients, RESAMPLES, 3)
        resamples = resample_table(outcome, draws, refit(chain, draws))
        everybody = refit(chain, np.arange(patients)[None]).probability[0]
        pairs = resamples["c_index_train"] - resamples["c_index_test"]
        return judge(outcome, everybody)[0]["c_index"] - float(pairs.mean())

    return Task(
        f"optimism, {RESAMPLES:,} resamples, {predictors} predictors",
        {"optimism": np.column_stack([outcome, values])},
        corrected,
        5,
        # Resamples are others: a few standard errors by Monte Carlo.
        0.01,
    )


def lasso(patients: int, features: int) -> Task:
    """Tune a LASSO by cross-validation in ten folds."""
    rng = np.random.default_rng(4)
    values = rng.normal(size=(patients, features))
    outcome = (values[:, 0] + rng.logistic(size=patients) > 0).astype(float)
    folds = rng.permutation(np.arange(patients) % 10)
    z, _, _ = standardise(values)
    lambdas = lambda_path(z, outcome, 100, 0.01)

    def tuned() -> float:
        path = cross_validate(z, outcome, folds, lambdas)
        solve_path(z, outcome, lambdas)
        return float(lambdas[choose_lambdas(path)[0]])

    columns = np.column_stack([outcome, folds, z])
    return Task(
        f"LASSO path with ten folds, {patients} x {features:,}",
        {"lasso": columns, "lambdas": lambdas[:, None]},
        tuned,
        1 / 3,
        1e-9,
    )


def ratings(patients: int, features: int) -> Task:
    """Correlate two ratings of every feature, in all six forms."""
    rng = np.random.default_rng(5)
    truth = rng.normal(size=(patients, 1, features))
    values = truth + rng.normal(size=(patients, 2, features))

    def mean() -> float:
        table = icc(values)
        return float(table.loc[table["form"] == "ICC2", "icc"].mean())

    columns = values.transpose(0, 2, 1).reshape(patients, -1)
    return Task(
        f"intraclass correlation of {features:,} features", {"rated": columns}, mean, 100, 1e-9
    )


def shortest(work: Callable[[], float], repeats: int) -> float:
    """Return the least seconds of some runs, after one that is not counted."""
    seconds = []
    for _ in range(1 + repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def of_r(tasks: dict[str, Task]) -> dict[str, tuple[float, float]]:
    """Return the seconds that R takes for each task and what it finds; nothing without R."""
    if shutil.which("Rscript") is None:
        say("no Rscript: times of R are left out")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks.values():
            for name, numbers in task.numbers.items():
                numbers.T.astype(float).tofile(Path(folder) / name)
        script = Path(__file__).with_suffix(".R")
        done = subprocess.run(
            ["Rscript", str(script), folder], capture_output=True, text=True, check=False
        )
    if done.returncode:
        say(f"R did not run, its times are left out: {done.stderr.strip()}")
        return {}
    rows = (line.split() for line in done.stdout.splitlines())
    return {name: (float(seconds), float(value)) for name, seconds, value in rows}


def main() -> int:
    """Print seconds, ratios and differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    tasks = {
        "one": comparisons(100_000, 1, 1, "one"),
        "many": comparisons(1_000, 1_000, 5, "many"),
        "optimism": optimism(150, 5),
        "lasso": lasso(136, 3_000),
        "rated": ratings(136, 3_000),
    }
    theirs = of_r(tasks)
    measures = []
    for name, task in tasks.items():
        with threadpool_limits(1):
            seconds, value = shortest(task.work, 3), task.work()
        measures.append(Measure(f"{task.what}, here", seconds, "s"))
        if name in theirs:
            measures += [
                Measure(f"{task.what}, R", theirs[name][0], "s"),
                Measure(f"{task.what}, ratio", theirs[name][0] / seconds, at_least=task.at_least),
                Measure(f"{task.what}, apart", abs(theirs[name][1] - value), at_most=task.apart),
            ]
    if "lasso-exact" in theirs:
        exact = theirs["lasso-exact"][0]
        measures.append(Measure("LASSO, R to its last digits (thresh 1e-12)", exact, "s"))
    return report(measures, options.json)


if __name__ == "__main__":
    sys.exit(main())
