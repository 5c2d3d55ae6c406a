"""A results folder made up for verification: predictions, scores, features and their tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from radproof.cohort.describe import describe
from radproof.cohort.table1 import table_1
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.evaluate import evaluate
from radproof.evaluation.optimism import RESAMPLES, optimism_table
from radproof.evaluation.subgroups import analyse_subgroups
from radproof.models.odds_ratios import odds_ratios
from radproof.negative_control.summary import distribution, summarise
from radproof.provenance import file_entries
from radproof.radiomics import grey_levels, outcomes
from radproof.radiomics.stability import assess_stability, summarise_dice
from radproof.seeds import derive_seed
from radproof.segmentation.score_statistics import score_statistics
from radproof.tables import read_table, write_features, write_json, write_table

from tests.unit.segmentation.score_rows import rows

SCORES = {"strata_ml": [4.0, 10.0], "failure_dice": 0.5}
STABILITY = {
    "stability": {"form": "ICC2", "threshold": 0.75, "bound": "estimate"},
    "between": {
        "automated": {"masks": ["rater1", "unet"], "decides": False},
        "raters": {"masks": ["rater1", "rater2"], "decides": True},
    },
    "masks": ["rater1", "rater2", "unet"],
    "seed": 7,
}
COMPARED = {
    "models": ["clinical", "nomogram"],
    "comparisons": [{"first": "nomogram", "second": "clinical", "margin": 0.05}],
    "risk_categories": [0.3, 0.6],
    "predictors": {"clinical": {"clinical": ["age"]}, "nomogram": {"clinical": ["age", "sex"]}},
}
GROUPED = {
    "subgroups": [{"name": "sex", "variable": "sex", "cuts": None, "levels": None}],
    "clinical": [{"name": "sex", "kind": "category", "levels": ["F", "M"]}],
    "least": 5,
}
CLINICAL = [
    {"name": "age", "kind": "number", "unit": "years"},
    {"name": "stage", "kind": "category", "levels": ["1", "2"]},
]
RADIOMICS = "radiomics/pyradiomics"


def made_up_scores() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    parts = []
    for name in ("train", "test"):
        for reference, candidate in (("rater1", "unet"), ("rater1", "rater2")):
            volume = rng.lognormal(1.7, 0.6, 12)
            drawn = rows(rng.uniform(0.4, 1, 12).tolist(), volume, volume * rng.uniform(0.8, 1, 12))
            drawn["hd95_mm"] = rng.gamma(3, 1.0, 12)
            parts.append(drawn.assign(set=name, reference=reference, candidate=candidate))
    scores = pd.concat(parts, ignore_index=True)
    missed = {"dice": 0.0, "hd95_mm": np.nan, "volume_candidate_ml": 0.0, "empty": "candidate"}
    scores.loc[3, list(missed)] = list(missed.values())
    return scores


def made_up_predictions() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    outcome = np.tile([0, 1], 20)
    parts = [
        pd.DataFrame(
            {
                "patient": [f"{name}{number}" for number in range(40)],
                "set": name,
                "outcome": outcome,
                "model": model,
                "kind": kind,
                "fold": None,
                "score": rng.normal(outcome, 1),
            }
        )
        for model in COMPARED["models"]
        for name, kind in (("train", "out_of_fold"), ("train", "apparent"), ("test", "held_out"))
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(probability=1 / (1 + np.exp(-table["score"])))


def made_up_patients(predictions: pd.DataFrame) -> pd.DataFrame:
    """Patients of the predictions; one stage is unknown."""
    patients = predictions[["patient", "set", "outcome"]].drop_duplicates(ignore_index=True)
    count = len(patients)
    patients["center"] = "a"
    patients["sex"] = np.tile(["F", "F", "M", "M"], count // 4)
    patients["age"] = np.random.default_rng(8).normal(60, 8, count)
    patients["stage"] = np.tile(["1", "2", "2", "1"], count // 4)
    patients.loc[7, "stage"] = None
    return patients


def made_up_descriptions(patients: pd.DataFrame, folder: Path) -> None:
    """Write the tables that describe the patients."""
    write_table(describe(patients, CLINICAL), folder / "cohort" / "description.tsv")
    write_table(table_1(patients, CLINICAL), folder / "cohort" / "table1.tsv")
    train = patients[patients["set"] == "train"]
    write_table(odds_ratios(train, CLINICAL), folder / "models" / "odds_ratios.tsv")
    for rule in ("describe_cohort", "estimate_odds_ratios"):
        record = {"rule": rule, "label": "all", "settings": {"clinical": CLINICAL}}
        write_json(record, folder / f"records/{rule}/all.json")


def made_up_optimism(predictions: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Write what fits on resamples reached, and return what follows from it."""
    rng = np.random.default_rng(8)
    resamples = {}
    for model in COMPARED["models"]:
        table = pd.DataFrame(rng.uniform(0.5, 1, (6, len(RESAMPLES) - 2)), columns=RESAMPLES[1:-1])
        table = table.assign(resample=range(1, 7), note=None)[RESAMPLES]
        write_table(table, folder / "evaluation" / "optimism" / f"{model}.tsv")
        resamples[model] = table
    own = {name: predictions[predictions["model"] == name] for name in resamples}
    return optimism_table(own, resamples)


def made_up_stability(folder: Path) -> None:
    """Features of three masks of 20 patients in two batches, and what the rule makes of them."""
    rng = np.random.default_rng(6)
    patients = pd.DataFrame({"patient": [f"p{number:02d}" for number in range(20)]})
    patients["fold"] = [str(1 + number % 3) for number in range(20)]
    truth = rng.normal(size=(20, 6))
    truth[:, 5] = 1.0
    names = [f"T1w__original_{kind}_F{number}" for kind in ("glcm", "shape") for number in range(3)]
    features, inputs = {}, [{"name": "patients", "path": "cohort/train/patients.tsv"}]
    for mask in STABILITY["masks"]:
        noise = rng.normal(scale=[0.1, 0.5, 1.0, 2.0, 0.0, 0.0], size=(20, 6))
        table = pd.DataFrame(truth + noise, columns=names, index=patients["patient"])
        features[mask] = table
        for batch, part in (("train001", table.iloc[:12]), ("train002", table.iloc[12:])):
            inputs.append({"name": mask, "path": f"{RADIOMICS}/{batch}/{mask}.whole.parquet"})
            write_features(part, folder / inputs[-1]["path"])
    perturbed = pd.DataFrame({"mask": "perturbed1", "dice": rng.uniform(0.8, 1, 20)})
    inputs.append({"name": "perturbed", "path": f"{RADIOMICS}/train001/perturbations.whole.tsv"})
    write_table(perturbed, folder / inputs[-1]["path"])
    write_table(patients, folder / "cohort" / "train" / "patients.tsv")
    folds = patients.set_index("patient")["fold"]
    tables = assess_stability(features, folds, STABILITY["between"], STABILITY["stability"])
    tables["perturbations"] = summarise_dice(perturbed)
    places = {"summary": "stability-summary"}
    outputs = [
        {"name": name, "path": f"{RADIOMICS}/{places.get(name, name)}-whole.tsv"} for name in tables
    ]
    for table, entry in zip(tables.values(), outputs, strict=True):
        write_table(table, folder / entry["path"])
    record = {"rule": "assess_stability", "label": "pyradiomics.whole", "settings": STABILITY}
    write_record(folder, record, inputs, outputs)


def write_record(
    folder: Path,
    record: dict[str, Any],
    inputs: list[dict[str, str]],
    outputs: list[dict[str, str]],
) -> None:
    """Write a job's record with the SHA-256 of its outputs."""
    made = [(entry["name"], str(folder / entry["path"])) for entry in outputs]
    record |= {"inputs": inputs, "outputs": file_entries(made, folder, {})}
    write_json(record, folder / "records" / record["rule"] / f"{record['label']}.json")


def made_up_outcomes(folder: Path) -> None:
    """Outcomes of two batches, one of which measured everything, and what the rule counts."""
    columns = ["patient", "mask", "sequence", "filter", "outcome", "reason", "n_missing"]
    found = [
        ("p01", "unet", "T1w", None, "empty", "no voxel", 6),
        ("p02", "unet", "T1w", "original", "one slice", "", 2),
        ("p02", "perturbed1", "T1w", "original", "one slice", "", 3),
    ]
    parts = {"train": pd.DataFrame(found, columns=columns), "test": pd.DataFrame(columns=columns)}
    inputs = []
    for name, table in parts.items():
        place = f"{RADIOMICS}/{name}001/outcomes.whole.tsv"
        inputs.append({"name": "outcomes", "path": place})
        write_table(table, folder / place)
    inputs.append({"name": "dictionary", "path": f"{RADIOMICS}/dictionary.tsv"})
    write_table(pd.DataFrame({"feature": range(6)}), folder / inputs[-1]["path"])
    outputs = [
        {"name": name, "path": f"{RADIOMICS}/{name}-whole.tsv"}
        for name in ("outcomes", "unmeasured")
    ]
    rows = pd.concat([read_table(folder / inputs[place]["path"]) for place in (0, 1)])
    rows = rows.assign(set="train")
    write_table(outcomes.summarise(rows), folder / outputs[0]["path"])
    write_table(outcomes.unmeasured(rows, 6), folder / outputs[1]["path"])
    record = {"rule": "summarise_outcomes", "label": "pyradiomics.whole"}
    record["settings"] = {"sets": ["train", "test"]}
    write_record(folder, record, inputs, outputs)


def made_up_grey_levels(folder: Path) -> None:
    """Grey levels of the masks of two batches, and the table that the rule makes of them."""
    limits = {"minimum": 16, "maximum": 130, "share": 0.5}
    parts, inputs = [], []
    for batch, levels in (("train001", [12, 40, 60]), ("train002", [33, 140])):
        part = pd.DataFrame({"filter": "original", "levels": levels, "bin_width_for_64": 0.3})
        parts.append(part.assign(sequence="T1w"))
        inputs.append({"name": "levels", "path": f"{RADIOMICS}/{batch}/rater-levels.whole.tsv"})
        write_table(parts[-1], folder / inputs[-1]["path"])
    outputs = [{"name": "levels", "path": f"{RADIOMICS}/grey-levels-whole.tsv"}]
    table = grey_levels.summarise(pd.concat(parts), limits)
    write_table(table, folder / outputs[0]["path"])
    record = {"rule": "check_grey_levels", "label": "pyradiomics.whole"}
    write_record(folder, record | {"settings": {"limits": limits}}, inputs, outputs)


def made_up_permutations(folder: Path) -> None:
    """Predictions of three permutations, and what the negative control makes of them."""
    predictions = {}
    for number in range(4):
        arms = [made_up_predictions().assign(arm=arm) for arm in ("honest", "leaky")]
        table = pd.concat(arms, ignore_index=True)
        table["probability"] = np.random.default_rng(number).uniform(size=len(table))
        write_table(table, folder / f"null/{number:03d}/predictions.tsv")
        predictions[number] = table
    table = distribution(predictions)
    write_table(table, folder / "null/distribution.tsv")
    write_table(summarise(table), folder / "null/summary.tsv")
    record = {"rule": "summarise_null", "label": "all", "settings": {"permutations": 3}}
    write_json(record, folder / "records/summarise_null/all.json")


def results_folder(folder: Path) -> Path:
    """A study's results, as far as verification reads them."""
    predictions = made_up_predictions()
    for model, own in predictions.groupby("model"):
        write_table(own, folder / "models" / str(model) / "predictions.tsv")
    patients = made_up_patients(predictions)
    write_table(patients, folder / "cohort" / "patients.tsv")
    made_up_descriptions(patients, folder)
    made_up_permutations(folder)
    tables = evaluate(predictions) | comparison_tables(predictions, COMPARED)
    tables |= analyse_subgroups(predictions, patients, *GROUPED.values())
    tables["optimism"] = made_up_optimism(predictions, folder)
    for name, table in tables.items():
        write_table(table, folder / "evaluation" / f"{name}.tsv")
    masks, scores = folder / "segmentation" / "unet", made_up_scores()
    write_table(scores, masks / "scores.tsv")
    seed = derive_seed(7, "score_segmentation", "unet")
    for name, table in score_statistics(scores, "unet", SCORES, seed).items():
        write_table(table, masks / f"{name}.tsv")
    for rule, label, settings in (
        ("compare_models", "all", COMPARED),
        ("compare_subgroups", "all", GROUPED),
        ("summarise_optimism", "all", {}),
        ("score_segmentation", "unet", {"segmenter": "unet", "scores": SCORES}),
    ):
        record = {"rule": rule, "label": label, "settings": settings | {"seed": 7}}
        write_json(record, folder / "records" / rule / f"{label}.json")
    made_up_stability(folder)
    made_up_outcomes(folder)
    made_up_grey_levels(folder)
    return folder


def change(path: Path, row: int, column: str, value: str) -> None:
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    place = lines[0].index(column)
    assert lines[row][place] != value
    lines[row][place] = value
    path.write_text("\n".join(map("\t".join, lines)) + "\n")


def nudged(path: Path, row: int, column: str) -> str:
    """Return a cell whose sixth decimal is another."""
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return str(float(lines[row][lines[0].index(column)]) + 1e-6)
