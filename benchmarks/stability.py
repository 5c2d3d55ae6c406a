"""Intraclass correlations of all features at once, against pingouin one feature after the other.

Example: .venv/bin/python benchmarks/stability.py
"""

import argparse
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pingouin
from measure import Measure, own_peak_mb, report, say
from radproof.radiomics.icc import FORMS, icc
from radproof.radiomics.stability import correlations

NAMED = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]
LEAST_RATIO = 100
MOST_DIFFERENCE = 1e-10
REPEATS = 5
# One call of pingouin warns of pandas' next version 3,000 times.
warnings.simplefilter("ignore")


def ratings(patients: int, raters: int, features: int) -> np.ndarray:
    """Return values (patients, raters, features) from poor to nearly perfect agreement."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(patients, 1, features))
    noise = rng.normal(size=(patients, raters, features)) * np.geomspace(0.02, 2, features)
    return truth + noise + 0.1 * rng.normal(size=(1, raters, features))


def looped(values: np.ndarray) -> np.ndarray:
    """Return ``icc p ci_low ci_high`` (features, forms, 4) by pingouin, unrounded."""
    pingouin.options.update({"round.column.CI95": None})
    patients, raters, features = values.shape
    table = pd.DataFrame(
        {
            "patient": np.repeat(np.arange(patients), raters),
            "rater": np.tile(np.arange(raters), patients),
        }
    )
    found = np.empty((features, len(FORMS), 4))
    for number in range(features):
        table["value"] = values[:, :, number].ravel()
        rows = pingouin.intraclass_corr(table, "patient", "rater", "value").set_index("Type")
        limits = np.stack(rows.loc[NAMED].filter(like="CI95").iloc[:, 0])
        found[number] = np.column_stack([rows.loc[NAMED, ["ICC", "pval"]], limits])
        if number % 500 == 499:
            say(f"{number + 1}/{features} features by pingouin")
    return found


def at_once(values: np.ndarray) -> np.ndarray:
    """Return the same by the library."""
    table = icc(values)
    shaped = table[["icc", "p", "ci_low", "ci_high"]].to_numpy()
    return shaped.reshape(len(FORMS), values.shape[2], 4).transpose(1, 0, 2)


def fastest(work, repeats: int) -> float:
    """Return the least seconds of several runs."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def study(values: np.ndarray) -> float:
    """Return the seconds of what a study of five folds asks: every set of folds left out."""
    patients = [f"P{number:03d}" for number in range(len(values))]
    folds = pd.Series([str(1 + number % 5) for number in range(len(values))], index=patients)
    names = [f"T1w__original_glcm_F{number}" for number in range(values.shape[2])]
    masks = {
        f"rater{number + 1}": pd.DataFrame(values[:, number], index=patients, columns=names)
        for number in range(values.shape[1])
    }
    between = {"raters": {"masks": list(masks), "decides": True}}
    settings = {"form": "ICC2", "threshold": 0.75, "bound": "estimate"}
    return fastest(lambda: correlations(masks, folds, between, settings), 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=136)
    parser.add_argument("--raters", type=int, default=2)
    parser.add_argument("--features", type=int, default=3000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    values = ratings(options.patients, options.raters, options.features)
    ours = fastest(lambda: at_once(values), REPEATS)
    started = time.perf_counter()
    theirs = looped(values)
    seconds = time.perf_counter() - started
    difference = float(np.abs(theirs - at_once(values)).max())
    measures = [
        Measure("features", options.features),
        Measure("all at once, all six forms", ours, "s"),
        Measure("pingouin, one after the other", seconds, "s"),
        Measure("ratio", seconds / ours, at_least=LEAST_RATIO),
        Measure("largest difference", difference, at_most=MOST_DIFFERENCE),
        Measure("a study of five folds, 16 subsets", study(values), "s"),
        Measure("peak memory", own_peak_mb(), "MB"),
    ]
    sys.exit(report(measures, options.json))
