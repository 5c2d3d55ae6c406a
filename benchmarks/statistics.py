"""Times of statistics, beside those that R took on another machine (not run here)."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from radproof.evaluation.delong import auc, paired_test
from radproof.evaluation.optimism import draw_resamples, resample_table
from radproof.evaluation.refitting import Chain, refit


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest time of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def paired(patients: int, comparisons: int) -> Callable[[], object]:
    """Return the work of comparing two scores of the same patients, some times."""
    rng = np.random.default_rng(1)
    outcome = rng.integers(0, 2, patients)
    scores = rng.normal(size=(2, patients)) + outcome
    return lambda: [paired_test(auc(outcome, scores)) for _ in range(comparisons)]


def optimism(patients: int, predictors: int, resamples: int) -> Callable[[], object]:
    """Return the work of correcting a logistic regression for optimism."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(patients, predictors))
    names = [f"x{number}" for number in range(predictors)]
    table = pd.DataFrame(values, columns=names)
    table["outcome"] = (values[:, 0] + rng.logistic(size=patients) > 0).astype(int)
    table["patient"] = [f"P{number}" for number in range(patients)]
    table["set"], table["fold"] = "train", np.where(np.arange(patients) % 2, "1", "2")
    entry = {"kind": "logistic", "clinical": names, "scores": []}
    chain = Chain(
        {"m": entry | {"missing": "refuse", "separation": "firth"}},
        table,
        [{"name": name, "kind": "number"} for name in names],
        {"m": None},
        {"m": None},
        {"m": None},
        1,
    )
    draws = draw_resamples(patients, resamples, 3)
    outcome = table["outcome"].to_numpy(int)
    return lambda: resample_table(outcome, draws, refit(chain, draws))


def main() -> None:
    """Print seconds, and those in R where they are known."""
    print("| measured | seconds |\n|---|---|")
    print(f"| paired DeLong, n = 100,000 | {seconds(paired(100_000, 1), 5):.3f} |")
    print(f"| 1,000 paired DeLong, n = 1,000 | {seconds(paired(1_000, 1_000), 3):.3f} |")
    share = seconds(optimism(150, 5, 50), 1) / 50
    print(f"| optimism, 1,000 resamples, 5 predictors, from 50 of them | {1000 * share:.1f} |")


if __name__ == "__main__":
    main()
