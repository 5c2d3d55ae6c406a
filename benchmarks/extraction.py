"""Radiomics of masks that share their images, held against PyRadiomics' own command line.

Examples: .venv/bin/python benchmarks/extraction.py peer --masks 3
          .venv/bin/python benchmarks/extraction.py profile
          .venv/bin/python benchmarks/extraction.py growth
"""

import argparse
import cProfile
import csv
import pstats
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from extract import PARAMETERS, image_of, measure_patient
from measure import DATA, Cost, Measure, cost_of, report, say
from radproof.provenance import PROJECT
from radproof.radiomics.perturbation import perturb
from radproof.seeds import derive_seed
from radproof.volumes import read_mask, read_volume, write_volume

STS = DATA / "sts"
BIN = PROJECT / ".venv" / "bin"
EXTRACT = PROJECT / "benchmarks" / "extract.py"
GENTLE = {"rotation_deg": 5.0, "translation_mm": 2.0, "growth": 0.15, "contour": None}
LEAST_RATIO = {3: 2.0, 10: 3.0}
TOLERANCE = 1e-9


def patients(count: int) -> list[str]:
    """Return the first sarcoma patients."""
    return [path.name.removeprefix("sub-") for path in sorted(STS.glob("sub-*"))][:count]


def write_cases(names: list[str], n_masks: int, folder: Path) -> Path:
    """Write the rater's mask of each patient and perturbed ones; return the list of cases."""
    cases = folder / "cases.csv"
    with cases.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["ID", "Image", "Mask"])
        for patient in names:
            place = STS / "derivatives" / "manual" / f"sub-{patient}" / "anat"
            file = place / f"sub-{patient}_space-T1w_desc-GTVmass_dseg.nii.gz"
            original = read_mask(file, patient=patient)
            image = read_volume(image_of(patient), patient)
            for number in range(n_masks):
                seed = derive_seed(1, patient, str(number))
                mask = perturb(original, image, GENTLE, seed)[0] if number else original
                path = folder / f"{patient}-{number}.nii.gz"
                write_volume(mask, path)
                rows.writerow([f"{patient}-{number}", image_of(patient), path])
    (folder / "parameters.yaml").write_text(yaml.safe_dump(PARAMETERS), encoding="utf-8")
    return cases


def theirs(cases: Path, folder: Path, jobs: int, *, one_thread: bool) -> tuple[Cost, pd.DataFrame]:
    """Run PyRadiomics' command line; return its cost and its table."""
    output = folder / f"theirs-{jobs}-{cases.stem}.csv"
    options = ["--param", "parameters.yaml", "--jobs", str(jobs), "--format", "csv", "-v", "1"]
    command = [str(BIN / "pyradiomics"), str(cases), *options, "-o", str(output)]
    if one_thread:
        command = ["env", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", *command]
    cost = cost_of(command, folder, folder / "theirs.log")
    return cost, pd.read_csv(output).set_index("ID")


def ours(names: list[str], n_masks: int, folder: Path, name: str) -> Cost:
    """Measure patients in one process, as a job does."""
    command = [sys.executable, str(EXTRACT), str(folder), str(n_masks), name, *names]
    return cost_of(command, folder, folder / f"ours-{name}.log")


def together(tasks: Sequence[Callable[[], Cost]]) -> tuple[float, float, float]:
    """Run commands at the same time: clock and processor seconds, peak of the largest in MB."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(tasks)) as pool:
        costs = list(pool.map(lambda task: task(), tasks))
    seconds = time.perf_counter() - started
    return seconds, sum(c.processor_seconds for c in costs), max(c.peak_mb for c in costs)


def against_peer(count: int, n_masks: int) -> list[Measure]:
    """Hold two of our processes against ``pyradiomics --jobs 2`` on the same files."""
    names = patients(count)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        cases = write_cases(names, n_masks, folder)
        say("ours")
        parts = [partial(ours, names[part::2], n_masks, folder, str(part)) for part in (0, 1)]
        own_clock, own, own_peak = together(parts)
        say("pyradiomics --jobs 2")
        peer, table = theirs(cases, folder, 2, one_thread=False)
        say("pyradiomics twice, one thread each")
        halves = split_cases(cases, names)
        kinder = [lambda half=half: theirs(half, folder, 1, one_thread=True)[0] for half in halves]
        _, kind, _ = together(kinder)
        own_table = pd.concat([pd.read_parquet(folder / f"{part}.parquet") for part in (0, 1)])
    least = LEAST_RATIO.get(n_masks)
    return [
        Measure("patients", len(names)),
        Measure("masks of each", n_masks),
        Measure("values compared", own_table.size),
        Measure("largest relative difference", largest_difference(own_table, table), "", TOLERANCE),
        Measure("ours, processor seconds", own, "s"),
        Measure("pyradiomics --jobs 2, processor seconds", peer.processor_seconds, "s"),
        Measure("pyradiomics in two processes of one thread, processor seconds", kind, "s"),
        Measure("ratio to pyradiomics --jobs 2", peer.processor_seconds / own, "", None, least),
        Measure("ratio to two processes of one thread", kind / own, "", None, least),
        Measure("ratio on the clock, to --jobs 2", peer.seconds / own_clock),
        Measure("our peak memory", own_peak, "MB", at_most=peer.peak_mb),
        Measure("pyradiomics' peak memory", peer.peak_mb, "MB"),
    ]


def split_cases(cases: Path, names: list[str]) -> list[Path]:
    """Return two lists of cases, of every other patient."""
    table = pd.read_csv(cases)
    patient = table["ID"].str.rsplit("-", n=1).str[0]
    halves = []
    for part in (0, 1):
        half = cases.with_name(f"cases{part}.csv")
        table[patient.isin(names[part::2])].to_csv(half, index=False)
        halves.append(half)
    return halves


def largest_difference(own: pd.DataFrame, peer: pd.DataFrame) -> float:
    """Return the largest relative difference of any value; infinite where one alone is missing."""
    columns = [name.removeprefix("t1__") for name in own.columns]
    a, b = own.to_numpy(float), peer.loc[own.index, columns].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        differences = np.where(a == b, 0.0, np.abs(a - b) / np.abs(b))
    differences[np.isnan(a) & np.isnan(b)] = 0.0
    return float(np.nan_to_num(differences, nan=np.inf).max())


def profile(count: int, n_masks: int) -> list[Measure]:
    """Say where our time goes, compiled functions being compiled before."""
    names = patients(count)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_cases(names, n_masks, folder)
        measure_patient(folder, n_masks, names[0])
        profiler = cProfile.Profile()
        profiler.enable()
        for patient in names:
            measure_patient(folder, n_masks, patient)
        profiler.disable()
    spent: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, _, cumulative, _) in pstats.Stats(profiler).stats.items():
        spent[f"{Path(file).name}:{name}"] += cumulative
    padding = spent["cut.py:_padded"] + spent["cut.py:voxels"]
    matrices = spent["feature_classes.py:_calculateMatrix"] - padding
    parts = {
        "reading files": spent["volumes.py:read_volume"],
        "placing masks": spent["pyradiomics.py:_groups"],
        "filtering": spent["filtering.py:filtered"],
        "binning": spent["cut.py:bins"] + padding,
        "matrices": matrices,
        "meshes": spent["mesh.py:measure_mesh"],
        "formulas": spent["base.py:execute"] - matrices - padding,
    }
    whole = spent["extract.py:measure_patient"]
    parts["rest"] = whole - sum(parts.values())
    each = len(names)
    rows = [Measure(f"{part}, a patient", parts[part] / each, "s") for part in parts]
    # What would be left if a mask cost nothing once its image is filtered, and its levels counted.
    floor = sum(parts[part] for part in ("reading files", "filtering", "binning", "matrices"))
    return [
        *rows,
        Measure("all, a patient", whole / each, "s"),
        Measure("floor", floor / each, "s"),
    ]


def growth(count: int) -> list[Measure]:
    """Measure few and many patients in one process; the sarcomas come again and again."""
    names = patients(24)
    measures = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_cases(names, 1, folder)
        costs = {}
        for many in (10, count):
            say(f"{many} patients")
            chosen = [names[number % len(names)] for number in range(many)]
            costs[many] = ours(chosen, 1, folder, str(many))
            seconds = costs[many].processor_seconds / many
            measures.append(Measure(f"{many} patients, processor seconds each", seconds, "s"))
            measures.append(Measure(f"{many} patients, peak memory", costs[many].peak_mb, "MB"))
    ratio = costs[count].peak_mb / costs[10].peak_mb
    return [*measures, Measure("peak memory, many over few", ratio, at_most=1.1)]


def main() -> int:
    """Run the benchmark that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["peer", "profile", "growth"])
    parser.add_argument("--patients", type=int)
    parser.add_argument("--masks", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if not STS.is_dir():
        say("left out: the sarcomas are not here")
        return 0
    if chosen.what == "peer":
        measures = against_peer(chosen.patients or 24, chosen.masks)
    elif chosen.what == "profile":
        measures = profile(chosen.patients or 6, chosen.masks)
    else:
        measures = growth(chosen.patients or 200)
    return report(measures, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
