"""How fitting grows with the number of patients: a finished study's own, several times over.

Each patient comes again with features and clinical numbers that are moved by a hundredth of their
standard deviation, so that no two patients are the same.
Example: .venv/bin/python benchmarks/growth.py --results results/otscc-simulated
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import PROJECT, Measure, own_peak_mb, report, say
from radproof.evaluation.optimism import draw_resamples
from radproof.evaluation.refitting import Chain, refit
from radproof.models.fitting import fit_model
from radproof.tables import read_features, read_table
from threadpoolctl import threadpool_limits

TIMES = [1, 8, 64]
RESAMPLES = 4
MOVED = 0.01
# Linear, with some room for chance.
EXPONENT = 1.2


def study_of(results: Path) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return settings, patients, features and stability of the first model with features."""
    for path in sorted(results.glob("records/fit_model/*.json")):
        record = json.loads(path.read_bytes())
        files: dict[str, list[Path]] = {}
        for entry in record["inputs"]:
            files.setdefault(entry["name"], []).append(results / entry["path"])
        if "features" in files:
            features = pd.concat(map(read_features, files["features"]))
            patients = read_table(files["patients"][0], text=("center",))
            return record["settings"], patients, features, read_table(files["stability"][0])
    raise ValueError(f"no model with features in {results}")


def repeated(table: pd.DataFrame, times: int, patient: str | None) -> pd.DataFrame:
    """Return a table several times over, its numbers moved and its patients named anew.

    ``patient`` is the column of patients, the index where it is None.
    """
    rng = np.random.default_rng(times)
    copies = []
    for number in range(times):
        copy = table.copy()
        for name in table.select_dtypes("float").columns:
            noise = rng.normal(size=len(table)) * MOVED * table[name].std()
            copy[name] = table[name] + (noise if number else 0.0)
        if patient is None:
            copy.index = copy.index + f"x{number}"
        else:
            copy[patient] = copy[patient] + f"x{number}"
        copies.append(copy)
    return pd.concat(copies, ignore_index=patient is not None)


def measured(results: Path, times: list[int]) -> list[Measure]:
    """Fit a model, and refit it on resamples, with more and more patients."""
    settings, patients, features, stability = study_of(results)
    name, entry, clinical = settings["name"], settings["model"], settings["clinical"]
    harmonisation, seed = settings["harmonisation"], settings["seed"]
    seconds: dict[str, list[float]] = {"fit_model": [], "correct_optimism": []}
    measures = [Measure("features", features.shape[1])]
    for count in times:
        many, values = repeated(patients, count, "patient"), repeated(features, count, None)
        started = time.process_time()
        fit_model(name, entry, many, clinical, values, stability, {}, seed, harmonisation)
        seconds["fit_model"].append(time.process_time() - started)
        chain = Chain(
            {name: entry},
            many,
            clinical,
            {name: values},
            {name: stability},
            {name: harmonisation},
            seed,
        )
        started = time.process_time()
        refit(chain, draw_resamples(len(many), RESAMPLES, seed))
        seconds["correct_optimism"].append(time.process_time() - started)
        for what, found in seconds.items():
            measures.append(Measure(f"{what} of {len(many)} patients", found[-1], "s"))
            say(f"{what} of {len(many)} patients: {found[-1]:.1f} s")
    for what, found in seconds.items():
        exponent = np.log(found[-1] / found[-2]) / np.log(times[-1] / times[-2])
        slope = (found[-1] - found[-2]) / (times[-1] - times[-2])
        fixed = max(0.0, 1 - slope * times[0] / found[0])
        measures += [
            Measure(f"{what}: exponent of growth", float(exponent), at_most=EXPONENT),
            Measure(f"{what}: share that does not grow", fixed),
        ]
    return [*measures, Measure("peak memory", own_peak_mb(), "MB")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=PROJECT / "results" / "otscc-simulated")
    parser.add_argument("--times", type=int, nargs="+", default=TIMES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if len(options.times) < 2:
        parser.error("--times wants two sizes or more, to see growth between them")
    with threadpool_limits(1):
        sys.exit(report(measured(options.results, sorted(options.times)), options.json))
