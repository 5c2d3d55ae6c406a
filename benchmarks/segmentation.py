"""Training and inference of the segmenter, held against a plain U-Net and the customary layout.

Run one of
  .venv/bin/python benchmarks/segmentation.py accuracy     (needs the prepared sarcoma study)
  .venv/bin/python benchmarks/segmentation.py simulated    (needs the prepared default study)
  .venv/bin/python benchmarks/segmentation.py throughput
  .venv/bin/python benchmarks/segmentation.py inference    (needs the default study, run)
  .venv/bin/python benchmarks/segmentation.py repeat       (needs the prepared default study)

With a GPU that TensorFlow sees, everything runs there, unchanged; give --jobs 1 then.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import Measure, cost_of, report, say
from radproof.provenance import PROJECT
from radproof.segmentation.model_files import load_model, save_model
from radproof.study import read_study

HERE = Path(__file__).resolve().parent
SARCOMAS = "config/studies/sts.yaml"
SIMULATED = "config/studies/otscc-simulated.yaml"
RESAMPLES = 2000
Fold = dict[str, Any]


def train_fold(
    plan: str, network: str, training: dict[str, Any], seed: int, folder: Path, fold: str
) -> Fold:
    """Train and score one fold in a process of its own."""
    place = folder / f"{network}-{seed}-{fold}.json"
    command = [sys.executable, str(HERE / "fold.py"), plan, fold, str(place)]
    command += ["--network", network, "--training", json.dumps(training), "--seed", str(seed)]
    cost = cost_of(command, PROJECT, place.with_suffix(".log"))
    result: Fold = json.loads(place.read_text()) | {"peak_mb": cost.peak_mb}
    dice = np.mean([scores["dice"] for scores in result["scores"].values()])
    say(f"{network} seed {seed} fold {fold}: {result['seconds']:.0f} s, Dice {dice:.3f}")
    return result


def train_folds(
    plan: str,
    network: str,
    training: dict[str, Any],
    seed: int,
    jobs: int,
    count: int | None = None,
) -> list[Fold]:
    """Train and score every fold, or the first few, ``jobs`` at once."""
    folds = read_study(plan, None).folds[:count]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        run = partial(train_fold, plan, network, training, seed, Path(folder))
        return list(pool.map(run, folds))


def dice_of(folds: Sequence[Fold]) -> np.ndarray:
    """Return the Dice coefficient of every patient, in the order of folds and patients."""
    return np.array([scores["dice"] for fold in folds for scores in fold["scores"].values()])


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of a mean over patients."""
    chosen = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[chosen].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def mean_measures(name: str, values: np.ndarray, **target: float) -> list[Measure]:
    """Return a mean with the ends of its interval."""
    low, high = interval(values)
    return [
        Measure(name, float(values.mean()), **target),
        Measure(f"{name}, lower", low),
        Measure(f"{name}, upper", high),
    ]


def seconds_of(folds: Sequence[Fold]) -> float:
    """Return the mean time of a fold's job, from the start of its process to trained weights."""
    return float(np.mean([fold["seconds"] for fold in folds]))


def start_and_epoch(fold: Fold) -> tuple[float, float]:
    """Return what a job takes before its first epoch, and for an epoch."""
    ends = fold["epoch_ends"]
    epoch = float(np.mean(np.diff(ends)))
    return ends[0] - epoch, epoch


def accuracy(arguments: argparse.Namespace) -> list[Measure]:
    """Hold the plan's network against a plain U-Net that has several times its time."""
    jobs, seeds = arguments.jobs, range(arguments.seeds)
    ours = [train_folds(SARCOMAS, "ours", {}, seed, jobs) for seed in seeds]
    seconds = seconds_of(ours[0])
    budget = arguments.times * seconds
    trial = {"epochs": 2, "warm_up_epochs": 0}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        # As many at once as later, since they slow each other down.
        run = partial(train_fold, SARCOMAS, "plain_unet", trial, 0, Path(folder))
        start, epoch = start_and_epoch(max(pool.map(run, ["1", "2"][:jobs]), key=_seconds))
    epochs = max(2, round((budget - start) / epoch))
    peer = train_folds(SARCOMAS, "plain_unet", {"epochs": epochs}, 0, jobs)
    first, second = dice_of(ours[0]), dice_of(peer)
    measures = mean_measures("Dice of the plan's network", first)
    measures += mean_measures(f"Dice of a plain U-Net, {epochs} epochs", second)
    measures += mean_measures("difference of Dice, paired", first - second, at_least=0.0)
    measures += [
        Measure("seconds a fold, the plan's network", seconds, "s"),
        Measure("seconds a fold, plain U-Net", seconds_of(peer), "s"),
        Measure("time, ours over the U-Net's", seconds / seconds_of(peer), at_most=0.5),
        Measure("parameters, ours", ours[0][0]["parameters"]),
        Measure("parameters, plain U-Net", peer[0]["parameters"]),
    ]
    means = [float(dice_of(folds).mean()) for folds in ours]
    spread = [
        Measure(f"Dice with seed {seed}", mean) for seed, mean in zip(seeds, means, strict=True)
    ]
    return measures + spread + start_measures(ours[0])


def _seconds(fold: Fold) -> float:
    return float(fold["seconds"])


def start_measures(folds: Sequence[Fold]) -> list[Measure]:
    """Return the fixed cost of a training job and the share of its time spent on waiting."""
    starts = [start_and_epoch(fold)[0] for fold in folds]
    waits = [
        float(line.split(" s left, ")[1].split("%")[0])
        for fold in folds
        for line in fold["log"]
        if line.startswith("epoch")
    ]
    return [
        Measure(
            "import of libraries", float(np.mean([fold["import_seconds"] for fold in folds])), "s"
        ),
        Measure("from start to first batch", float(np.mean(starts)), "s"),
        Measure("waiting for input, of an epoch", max(waits), "%", at_most=5.0),
        Measure("peak memory of training", max(fold["peak_mb"] for fold in folds), "MB"),
    ]


def simulated(arguments: argparse.Namespace) -> list[Measure]:
    """Hold the default plan's network against the customary layout, out of fold, equal epochs."""
    ours, peer = (
        train_folds(SIMULATED, name, {}, 0, arguments.jobs, arguments.folds)
        for name in ("ours", "customary")
    )
    first, second = dice_of(ours), dice_of(peer)
    measures = mean_measures("Dice of the plan's network (simulated)", first)
    measures += mean_measures("Dice of the customary layout (simulated)", second)
    measures += mean_measures("difference of Dice, paired", first - second, at_least=-0.01)
    epochs = [
        float(np.mean([start_and_epoch(fold)[1] for fold in folds])) for folds in (ours, peer)
    ]
    measures += [
        Measure("seconds an epoch, the plan's network", epochs[0], "s"),
        Measure("seconds an epoch, customary layout", epochs[1], "s"),
        Measure(
            "throughput, ours over the customary layout's", epochs[1] / epochs[0], at_least=3.0
        ),
    ]
    return measures + start_measures(ours)


def throughput(arguments: argparse.Namespace) -> list[Measure]:
    """Time steps of training on slices of noise, at each plan's size and batch."""
    from stepping import slices_a_second

    measures = []
    for plan in (SIMULATED, SARCOMAS):
        name, rates = Path(plan).stem, {}
        for network in ("ours", "customary", "plain_unet"):
            rates[network] = slices_a_second(plan, network, arguments.threads)
            measures.append(Measure(f"{name}: {network}", rates[network], "/s"))
        ratio = rates["ours"] / rates["customary"]
        measures.append(Measure(f"{name}: ours over customary", ratio, at_least=3.0))
    return measures


def inference(arguments: argparse.Namespace) -> list[Measure]:
    """Time masks of all patients in one job against a job for each of a few."""
    study = read_study(SIMULATED, None)
    patients, trained = study.patients(), Path("results") / study.name / "segmentation"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        for number, file in enumerate(sorted(trained.glob("*/fold-*/model.keras"))):
            # Without their origin, which would refuse the patients whom they were trained on.
            save_model(load_model(file), Path(folder) / f"{number}.keras", {})

        def seconds(names: Sequence[str]) -> float:
            command = [sys.executable, str(HERE / "infer.py"), SIMULATED, folder, *names]
            return cost_of(command, PROJECT, log).seconds

        together = seconds(patients)
        each = float(np.mean([seconds([name]) for name in patients[:: len(patients) // 3][:3]]))
    return [
        Measure("patients", len(patients)),
        Measure("all in one job", together, "s"),
        Measure("a job of one patient", each, "s"),
        Measure("jobs of one over one job", len(patients) * each / together, at_least=20.0),
    ]


def repeat(arguments: argparse.Namespace) -> list[Measure]:
    """Train one fold in two processes and compare the weights, bit for bit."""
    training = {"epochs": 3}
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        runs = [
            train_fold(SIMULATED, "ours", training, 0, Path(folder), "1")
            for folder in (first, second)
        ]
    return [
        Measure(
            "same weights of two processes",
            float(runs[0]["weights"] == runs[1]["weights"]),
            at_least=1.0,
        )
    ]


COMMANDS = {
    "accuracy": accuracy,
    "simulated": simulated,
    "throughput": throughput,
    "inference": inference,
    "repeat": repeat,
}


def main() -> int:
    """Run one benchmark and print its numbers; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--jobs", type=int, default=2, help="folds at once")
    parser.add_argument("--threads", type=int, default=2, help="of throughput")
    parser.add_argument("--folds", type=int, help="the first few only, of simulated")
    parser.add_argument("--seeds", type=int, default=3, help="of accuracy")
    parser.add_argument("--times", type=float, default=3.0, help="the U-Net's time over ours")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    return report(COMMANDS[arguments.command](arguments), arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
