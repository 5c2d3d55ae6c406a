"""A changed digit in any table of statistics is found, by the results folder alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.cohort.describe import describe
from radproof.cohort.table1 import table_1
from radproof.dossier.verification import verify_results
from radproof.errors import BadInput
from radproof.evaluation.compare import compare
from radproof.evaluation.evaluate import evaluate
from radproof.models.odds_ratios import odds_ratios
from radproof.negative_control.summary import distribution, summarise
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
    outcome = np.repeat([0, 1], 15)
    return pd.DataFrame(
        {
            "patient": [f"p{number}" for number in range(30)],
            "set": "test",
            "outcome": outcome,
            "model": "clinical",
            "kind": "held_out",
            "fold": None,
            "score": rng.normal(outcome, 1),
        }
    ).assign(probability=lambda table: 1 / (1 + np.exp(-table["score"])))


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


CLINICAL = [
    {"name": "age", "kind": "number", "unit": "years"},
    {"name": "stage", "kind": "category", "levels": ["1", "2"]},
]


def made_up_patients(folder: Path) -> None:
    """Patients of two sets, one stage unknown, and the tables that describe them."""
    rng = np.random.default_rng(8)
    patients = pd.DataFrame({"patient": [f"p{number:02d}" for number in range(40)]})
    patients["set"] = ["train", "train", "train", "test"] * 10
    patients["outcome"] = rng.integers(0, 2, 40)
    patients["age"] = rng.normal(60, 8, 40)
    patients["stage"] = ["1", "2"] * 20
    patients.loc[7, "stage"] = None
    write_table(patients, folder / "cohort" / "patients.tsv")
    write_table(describe(patients, CLINICAL), folder / "cohort" / "description.tsv")
    write_table(table_1(patients, CLINICAL), folder / "cohort" / "table1.tsv")
    train = patients[patients["set"] == "train"]
    write_table(odds_ratios(train, CLINICAL), folder / "models" / "odds_ratios.tsv")
    for rule in ("describe_cohort", "estimate_odds_ratios"):
        record = {"rule": rule, "label": "all", "settings": {"clinical": CLINICAL}}
        write_json(record, folder / f"records/{rule}/all.json")


def made_up_permutations(folder: Path) -> None:
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


@pytest.fixture
def results(tmp_path: Path) -> Path:
    predictions = made_up_predictions()
    write_table(predictions, tmp_path / "models" / "clinical" / "predictions.tsv")
    tables = evaluate(predictions) | {"comparisons": compare(predictions, [])}
    for name, table in tables.items():
        write_table(table, tmp_path / "evaluation" / f"{name}.tsv")
    folder, scores = tmp_path / "segmentation" / "unet", made_up_scores()
    write_table(scores, folder / "scores.tsv")
    seed = derive_seed(7, "score_segmentation", "unet")
    for name, table in score_statistics(scores, "unet", SCORES, seed).items():
        write_table(table, folder / f"{name}.tsv")
    for rule, label, settings in (
        ("compare_models", "all", {"models": ["clinical"], "comparisons": []}),
        ("score_segmentation", "unet", {"segmenter": "unet", "scores": SCORES}),
    ):
        record = {"rule": rule, "label": label, "settings": settings | {"seed": 7}}
        write_json(record, tmp_path / "records" / rule / f"{label}.json")
    made_up_stability(tmp_path)
    made_up_patients(tmp_path)
    made_up_permutations(tmp_path)
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


@pytest.mark.parametrize("column", ["p", "n_first", "missing_second"])
def test_table_1_is_recomputed_from_the_patients(results: Path, column: str) -> None:
    path = results / "cohort" / "table1.tsv"
    change(path, 2, column, nudged(path, 2, column))
    differences = verify_results(results)[1]
    assert len(differences) == 1
    assert differences[0].startswith(f"cohort/table1.tsv row 2 {column}: ")


@pytest.mark.parametrize(
    ("place", "column"),
    [
        ("models/odds_ratios.tsv", "odds_ratio"),
        ("null/distribution.tsv", "auc"),
        ("null/summary.tsv", "null_high"),
    ],
)
def test_odds_ratios_and_the_negative_control_are_recomputed(results, place, column) -> None:
    change(results / place, 1, column, nudged(results / place, 1, column))
    assert verify_results(results)[1][0].startswith(f"{place} row 1 {column}: ")


def test_evaluation_is_still_verified(results: Path) -> None:
    path = results / "evaluation" / "discrimination.tsv"
    change(path, 1, "auc", nudged(path, 1, "auc"))
    assert verify_results(results)[1][0].startswith("evaluation/discrimination.tsv row 1 auc: ")


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
