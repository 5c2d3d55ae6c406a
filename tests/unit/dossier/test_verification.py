"""A changed digit in any table of statistics is found, by the results folder alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.dossier.verification import verify_results
from radproof.errors import BadInput
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.evaluate import evaluate
from radproof.evaluation.optimism import RESAMPLES, optimism_table
from radproof.evaluation.subgroups import analyse_subgroups
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
RADIOMICS = "radiomics/pyradiomics"
TABLES = ["summary", "agreement", "strata", "failures"]


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
    names = predictions["patient"].unique()
    sex = np.tile(["F", "F", "M", "M"], len(names) // 4)
    return pd.DataFrame({"patient": names, "center": "a", "sex": sex})


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
    record |= {"inputs": inputs, "outputs": outputs}
    write_json(record, folder / "records/assess_stability/pyradiomics.whole.json")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    predictions = made_up_predictions()
    for model, own in predictions.groupby("model"):
        write_table(own, tmp_path / "models" / model / "predictions.tsv")
    patients = made_up_patients(predictions)
    write_table(patients, tmp_path / "cohort" / "patients.tsv")
    tables = evaluate(predictions) | comparison_tables(predictions, COMPARED)
    tables |= analyse_subgroups(predictions, patients, *GROUPED.values())
    tables["optimism"] = made_up_optimism(predictions, tmp_path)
    for name, table in tables.items():
        write_table(table, tmp_path / "evaluation" / f"{name}.tsv")
    folder, scores = tmp_path / "segmentation" / "unet", made_up_scores()
    write_table(scores, folder / "scores.tsv")
    seed = derive_seed(7, "score_segmentation", "unet")
    for name, table in score_statistics(scores, "unet", SCORES, seed).items():
        write_table(table, folder / f"{name}.tsv")
    for rule, label, settings in (
        ("compare_models", "all", COMPARED),
        ("compare_subgroups", "all", GROUPED),
        ("summarise_optimism", "all", {}),
        ("score_segmentation", "unet", {"segmenter": "unet", "scores": SCORES}),
    ):
        record = {"rule": rule, "label": label, "settings": settings | {"seed": 7}}
        write_json(record, tmp_path / "records" / rule / f"{label}.json")
    made_up_stability(tmp_path)
    return tmp_path


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


def without_features(results: Path) -> None:
    for path in results.rglob("*.parquet"):
        path.unlink()


def test_an_honest_folder_passes_and_its_masks_are_counted(results: Path) -> None:
    checked, differences = verify_results(results)
    assert differences == []
    (results / "records" / "score_segmentation" / "unet.json").unlink()
    assert checked > verify_results(results)[0] + 1000


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("summary", column) for column in ("mean", "sd", "ci_low", "ci_high", "median")),
        *(("agreement", column) for column in ("bias_ml", "lower_limit_ml", "slope_p")),
        ("agreement", "upper_limit_ci_high"),
        *(("strata", column) for column in ("mean", "ci_low")),
        *(("failures", column) for column in ("dice", "volume_reference_ml")),
    ],
)
def test_a_changed_digit_is_found(results: Path, table: str, column: str) -> None:
    path = results / "segmentation" / "unet" / f"{table}.tsv"
    change(path, 1, column, nudged(path, 1, column))
    differences = verify_results(results)[1]
    assert len(differences) == 1
    assert differences[0].startswith(f"segmentation/unet/{table}.tsv row 1 {column}: ")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("summary", "n_missing", "3"),
        ("strata", "stratum", "< 5 ml"),
        ("strata", "n", "1"),
        ("failures", "reason", "none"),
    ],
)
def test_a_changed_count_or_word_is_found(results, table, column, value) -> None:
    change(results / "segmentation" / "unet" / f"{table}.tsv", 1, column, value)
    assert len(verify_results(results)[1]) == 1


def test_a_failure_that_was_taken_out_is_found(results: Path) -> None:
    path = results / "segmentation" / "unet" / "failures.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:1] + lines[2:]) + "\n")
    expected = "segmentation/unet/failures.tsv: rows or columns are not those that are computed"
    assert verify_results(results)[1] == [expected]


def test_a_score_of_one_patient_that_was_changed_is_found(results: Path) -> None:
    path = results / "segmentation" / "unet" / "scores.tsv"
    change(path, 1, "volume_candidate_ml", nudged(path, 1, "volume_candidate_ml"))
    found = {line.split(" ")[0] for line in verify_results(results)[1]}
    assert {f"segmentation/unet/{name}.tsv" for name in ("summary", "agreement")} <= found


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("discrimination", "auc"),
        ("net_benefit", "ci_low"),
        ("thresholds", "sensitivity"),
        ("comparisons", "p"),
        ("reclassification", "estimate"),
        ("mcnemar", "mid_p"),
        ("ablations", "auc_full"),
        ("subgroups", "ci_high"),
        ("interactions", "interaction_p"),
        ("optimism", "corrected"),
    ],
)
def test_a_changed_digit_of_the_evaluation_is_found(results, table: str, column: str) -> None:
    path = results / "evaluation" / f"{table}.tsv"
    change(path, 1, column, nudged(path, 1, column))
    assert verify_results(results)[1][0].startswith(f"evaluation/{table}.tsv row ")


@pytest.mark.parametrize("table", ["scores", *TABLES])
def test_a_table_that_is_gone_is_bad_input(results: Path, table: str) -> None:
    (results / "segmentation" / "unet" / f"{table}.tsv").unlink()
    with pytest.raises(BadInput, match=f"{table}.tsv"):
        verify_results(results)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("icc", column) for column in ("icc", "ci_low", "ci_high", "f", "df1", "n", "p")),
        *(("stability", column) for column in ("icc", "ci_low")),
        *(("stability-summary", column) for column in ("icc_median", "icc_low", "icc_high")),
        *(("perturbations", column) for column in ("dice_median", "dice_least")),
    ],
)
def test_a_changed_digit_of_stability_is_found(results: Path, table: str, column: str) -> None:
    path = results / RADIOMICS / f"{table}-whole.tsv"
    change(path, 1, column, nudged(path, 1, column))
    differences = verify_results(results)[1]
    assert len(differences) == 1
    assert differences[0].startswith(f"{RADIOMICS}/{table}-whole.tsv row 1 {column}: ")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("icc", "passed", "False"),
        ("icc", "between", "machines"),
        ("stability", "kept", "False"),
        ("stability", "reason", "it was not liked"),
        ("stability-summary", "n_passed", "9"),
    ],
)
@pytest.mark.parametrize("with_features", [True, False])
def test_a_changed_verdict_is_found(results, table, column, value, with_features) -> None:
    if not with_features:
        without_features(results)
    change(results / RADIOMICS / f"{table}-whole.tsv", 1, column, value)
    assert verify_results(results)[1] != []


def test_without_features_what_follows_from_correlations_is_checked(results: Path) -> None:
    without_features(results)
    assert verify_results(results)[1] == []
    path = results / RADIOMICS / "icc-whole.tsv"
    rows = read_table(path)["between"].tolist()
    change(path, 1 + rows.index("raters"), "icc", "0.1")
    assert any("stability-whole.tsv row 1 icc: " in line for line in verify_results(results)[1])


@pytest.mark.parametrize("with_features", [True, False])
def test_a_correlation_that_was_taken_out_is_found(results: Path, with_features: bool) -> None:
    if not with_features:
        without_features(results)
    path = results / RADIOMICS / "icc-whole.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:1] + lines[2:]) + "\n")
    expected = f"{RADIOMICS}/icc-whole.tsv: rows or columns are not those that are computed"
    assert expected in verify_results(results)[1]


def test_a_feature_of_one_patient_that_was_changed_is_found(results: Path) -> None:
    path = results / RADIOMICS / "train001" / "rater2.whole.parquet"
    table = pd.read_parquet(path).set_index("patient")
    table.iloc[3, 0] += 0.01
    write_features(table, path)
    found = {line.split(" ")[0] for line in verify_results(results)[1]}
    assert {f"{RADIOMICS}/{name}-whole.tsv" for name in ("icc", "stability")} <= found
