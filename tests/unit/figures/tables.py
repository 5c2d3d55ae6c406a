"""Small made-up tables with the columns of the line, for drawing."""

import numpy as np
import pandas as pd
from radproof.evaluation.compare import compare
from radproof.evaluation.subgroups import analyse_subgroups
from radproof.figures.study_numbers import study_numbers
from radproof.segmentation.score_statistics import score_statistics
from radproof.segmentation.scores import METRICS

PAIRS = [("rater1", "unet"), ("rater2", "unet"), ("rater1", "rater2")]
SETS = [("train", 95, 43), ("test", 41, 18)]
MODELS = ["clinical", "radiomics_auto", "radiomics_manual", "nomogram_auto", "nomogram_manual"]


def flow() -> pd.DataFrame:
    rows = []
    for name, n, events in SETS:
        rows.append((name, "in the sheet", n + 3, None, None))
        rows.append((name, "excluded: file is missing", 2, None, "sub-017, sub-018"))
        rows.append((name, "excluded: mask is empty", 1, None, "sub-019"))
        rows.append((name, "analysed", n, events, None))
    table = pd.DataFrame(rows, columns=["set", "step", "n", "n_events", "note"])
    return table.astype({"n": "Int64", "n_events": "Int64"})


def histories() -> dict[str, pd.DataFrame]:
    epochs = np.arange(1, 13)
    return {
        str(fold): pd.DataFrame(
            {
                "epoch": epochs,
                "loss": 1.1 * np.exp(-epochs / (4 + fold / 3)) + 0.1,
                "val_loss": 1.2 * np.exp(-epochs / 4) + 0.15,
                "val_dice": 0.85 * (1 - np.exp(-epochs / (2 + fold / 5))),
                "learning_rate": 0.003,
                "kept": (epochs == 12 - fold).astype(int),
            }
        )
        for fold in range(1, 6)
    }


def scores() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for name, n, _ in SETS:
        for reference, candidate in PAIRS:
            volume = rng.lognormal(1.5, 0.6, n)
            rows.append(
                pd.DataFrame(
                    {
                        "patient": [f"{name}{number:03d}" for number in range(n)],
                        "set": name,
                        "reference": reference,
                        "candidate": candidate,
                        "dice": np.clip(rng.normal(0.85, 0.06, n), 0, 1),
                        "assd_mm": rng.gamma(3, 0.3, n),
                        "hd95_mm": rng.gamma(3, 1.0, n),
                        "volume_reference_ml": volume,
                        "volume_candidate_ml": volume * rng.lognormal(0.02, 0.1, n),
                        "empty": "none",
                    }
                )
            )
    table = pd.concat(rows, ignore_index=True)
    error = table["volume_candidate_ml"] - table["volume_reference_ml"]
    percent = 100 * error / table["volume_reference_ml"]
    table = table.assign(volume_error_ml=error, volume_error_pct=percent)
    table = table.assign(iou=table["dice"] / (2 - table["dice"]))
    return table.assign(**{name: 0.5 for name in METRICS if name not in table})


def statistics(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    settings = {"strata_ml": [4.0, 10.0], "failure_dice": 0.5}
    return score_statistics(table, "unet", settings, seed=1)


STABILITY_DECIDES = {"automated": False, "raters": True}


def stability(filters: tuple[str, ...] = ("original", "log-sigma-2-0-mm-3D")) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    names = [
        f"{sequence}__{name}_{kind}_F{number}"
        for name in filters
        for sequence in ("ceT1w", "T2w", "T1w")
        for kind in ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
        for number in range(14)
    ]
    names += [f"ceT1w__original_shape_F{number}" for number in range(14)]
    tables = []
    for place, between in enumerate(STABILITY_DECIDES):
        icc = 1 - rng.gamma(2, 0.1 + 0.05 * place, len(names))
        table = pd.DataFrame({"feature": names, "between": between, "form": "ICC2", "icc": icc})
        table = table.assign(ci_low=icc - 0.05, ci_high=icc + 0.03, n=95 - place)
        tables += [table.assign(left_out="none"), table.assign(left_out="1", n=76)]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(passed=table["icc"] >= 0.75)


def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    parts = []
    for name, n, events in SETS:
        outcome = np.r_[np.ones(events, int), np.zeros(n - events, int)]
        for strength, model in enumerate(MODELS, 1):
            for kind in ["apparent", "out_of_fold"] if name == "train" else ["held_out"]:
                score = rng.normal(0, 1, n) + 0.5 * strength * (outcome - 0.45)
                parts.append(
                    pd.DataFrame(
                        {
                            "patient": [f"{name}{number:03d}" for number in range(n)],
                            "set": name,
                            "outcome": outcome,
                            "model": model,
                            "kind": kind,
                            "score": score,
                            "probability": 1 / (1 + np.exp(-score)),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def cases() -> list[dict]:
    y, x = np.mgrid[0:40, 0:44]
    rng = np.random.default_rng(2)
    result = []
    for index, rank in enumerate(["worst", "median", "best"]):
        distance = np.hypot(y - 20, x - 22)
        image = rng.normal(0, 0.2, distance.shape) + 2 * (distance < 9)
        result.append(
            {
                "rank": rank,
                "patient": f"sub-{index:03d}",
                "set": "test",
                "n": 41,
                "dice": 0.7 + index / 10,
                "slice": 9,
                "spacing_mm": (1.0, 1.0),
                "images": {"ceT1w": image, "T2w": image**2, "T1w": -image},
                "outlines": {
                    "rater1": (distance < 9).astype(np.uint8),
                    "rater2": (np.hypot(y - 21, x - 22) < 9.5).astype(np.uint8),
                    "unet": (np.hypot(y - 20, x - 24 + index) < 10).astype(np.uint8),
                },
                "empty": [],
            }
        )
    return result


KEYS = ["model", "set", "kind"]


def per_prediction(function) -> pd.DataFrame:
    """Apply a function of (outcome, probability) to each model, set and kind."""
    parts = []
    for names, rows in predictions().groupby(KEYS, sort=False):
        part = function(rows["outcome"].to_numpy(), rows["probability"].to_numpy())
        parts.append(part.assign(**dict(zip(KEYS, names, strict=True))))
    return pd.concat(parts, ignore_index=True)


def roc() -> pd.DataFrame:
    def points(outcome, probability):
        cuts = np.r_[np.inf, np.unique(probability)[::-1]]
        positive = probability[None, :] >= cuts[:, None]
        return pd.DataFrame(
            {
                "threshold": cuts,
                "sensitivity": positive[:, outcome == 1].mean(axis=1),
                "specificity": 1 - positive[:, outcome == 0].mean(axis=1),
            }
        )

    return per_prediction(points)


def discrimination() -> pd.DataFrame:
    def area(outcome, probability):
        auc = np.mean(probability[outcome == 1][:, None] > probability[outcome == 0][None, :])
        row = {"auc": auc, "ci_low": auc - 0.1, "ci_high": min(1, auc + 0.1)}
        return pd.DataFrame([row | {"n": outcome.size, "n_events": outcome.sum()}])

    return per_prediction(area)


def calibration() -> pd.DataFrame:
    def numbers(outcome, probability):
        row = {"n": outcome.size, "n_events": outcome.sum()}
        for name, value in (("slope", 0.93), ("intercept", -0.11)):
            row |= {name: value, f"{name}_ci_low": value - 0.5, f"{name}_ci_high": value + 0.5}
        return pd.DataFrame([row])

    return per_prediction(numbers)


def calibration_curve() -> pd.DataFrame:
    def points(outcome, probability):
        place = np.linspace(0.1, 0.9, 4)
        grouped = pd.DataFrame({"curve": "grouped", "predicted": place, "n": 10})
        grouped["observed"] = np.clip(place + np.array([0.1, -0.1, 0.0, 0.1]), 0, 1)
        grouped["ci_low"] = np.clip(grouped["observed"] - 0.2, 0, 1)
        grouped["ci_high"] = np.clip(grouped["observed"] + 0.2, 0, 1)
        at = np.linspace(0.05, 0.95, 21)
        smooth = pd.DataFrame({"curve": "loess", "predicted": at, "observed": at**1.2})
        return pd.concat([grouped, smooth.assign(n=outcome.size)])

    return per_prediction(points)


def net_benefit() -> pd.DataFrame:
    cuts = np.arange(1, 100) / 100

    def of(treated, outcome):
        true, false = treated[:, outcome == 1].sum(axis=1), treated[:, outcome == 0].sum(axis=1)
        benefit = (true - false * cuts / (1 - cuts)) / outcome.size
        columns = {"threshold": cuts, "true_positives": true, "false_positives": false}
        limits = {"ci_low": benefit - 0.05, "ci_high": benefit + 0.05}
        return pd.DataFrame(columns | {"net_benefit": benefit} | limits)

    table = per_prediction(lambda outcome, p: of(p[None, :] >= cuts[:, None], outcome))
    rows = predictions().drop_duplicates(["patient", "set", "kind"])
    for (name, kind), some in rows.groupby(["set", "kind"], sort=False):
        outcome = some["outcome"].to_numpy()
        for model, treat in (("all", True), ("none", False)):
            treated = np.full((cuts.size, outcome.size), treat)
            part = of(treated, outcome).assign(model=model, set=name, kind=kind)
            table = pd.concat([table, part], ignore_index=True)
    return table


def model() -> dict:
    def category(name, levels):
        return {"variable": name, "kind": "category", "levels": levels}

    number = {"kind": "number", "minimum": 1.5, "maximum": 21.0, "values": None}
    score = {"kind": "number", "minimum": -4.2, "maximum": 3.9, "values": None}
    return {
        "name": "nomogram_auto",
        "kind": "logistic",
        "n": 95,
        "n_events": 43,
        "features": ["clinical_t_stage", "depth_of_invasion_mm", "radiomics_auto"],
        "intercept": -2.1,
        "clinical": [
            {"name": "clinical_t_stage", "kind": "category"},
            {"name": "depth_of_invasion_mm", "kind": "number", "unit": "mm"},
        ],
        "variables": [
            category("clinical_t_stage", ["1", "2", "3", "4"]),
            {"variable": "depth_of_invasion_mm", **number},
            {"variable": "radiomics_auto", **score},
        ],
        "terms": [
            {"term": "clinical_t_stage=2", "coefficient": 0.3},
            {"term": "clinical_t_stage=3", "coefficient": 0.4},
            {"term": "clinical_t_stage=4", "coefficient": 1.4},
            {"term": "depth_of_invasion_mm", "coefficient": 0.12},
            {"term": "radiomics_auto", "coefficient": 1.1},
        ],
    }


def permuted(permutations: int = 20) -> pd.DataFrame:
    """Areas of permuted outcomes; the clinical model has no leaky arm."""
    rng = np.random.default_rng(6)
    rows = [
        {"permutation": number, "arm": arm, "model": model, "set": name, "kind": kind}
        | {"n": n, "n_events": events, "auc": rng.uniform(0.3, 0.7) + 0.2 * (arm == "leaky")}
        for number in range(permutations + 1)
        for arm, models in (("honest", MODELS), ("leaky", MODELS[1:]))
        for model in models
        for (name, n, events), kind in zip(SETS, ("out_of_fold", "held_out"), strict=True)
    ]
    return pd.DataFrame(rows)


LASSO_FEATURES = [
    "T2w__original_glcm_Contrast",
    "T1w__original_glcm_Contrast",
    "ceT1w__log-sigma-2-0-mm-3D_firstorder_90Percentile",
    "ceT1w__wavelet-LLH_gldm_LargeDependenceHighGrayLevelEmphasis",
    "ceT1w__original_shape_Flatness",
]


def lasso_path(steps: int = 30) -> pd.DataFrame:
    """Coefficients of which one feature more enters every five steps, with signs that alternate."""
    return pd.DataFrame(
        [
            (feature, step, lambdas(steps)[step - 1], (-1) ** place * 0.1 * (step - 5 * place))
            for place, feature in enumerate(LASSO_FEATURES)
            for step in range(5 * place + 1, steps + 1)
        ],
        columns=["feature", "step", "lambda", "coefficient"],
    )


def lambdas(steps: int = 30) -> list[float]:
    return list(0.3 * np.exp(-np.arange(steps) / 8))


def lasso_model(taken: int = 18, steps: int = 30) -> dict:
    path = lasso_path(steps)
    counts = path.groupby("step").size()
    own = path[path["step"] == taken]
    penalty = lambdas(steps)
    return {
        "name": "radiomics_auto",
        "kind": "lasso",
        "n": 95,
        "n_events": 43,
        "n_parameters": len(own),
        "n_candidate_parameters": 40,
        "events_per_parameter": 43 / 40,
        "features": own["feature"].tolist(),
        "terms": [
            {"term": name, "coefficient": weight}
            for name, weight in zip(own["feature"], own["coefficient"], strict=True)
        ],
        "lambda": penalty[taken - 1],
        "lambda_min": penalty[taken - 1],
        "lambda_1se": penalty[taken - 6],
        "inner_folds": 5,
        "warnings": [],
        "selection": [
            {"step": "candidates", "n": 40},
            {"step": "stability", "n": 31},
            {"step": "variance", "n": 31},
            {"step": "lasso", "n": len(own)},
        ],
        "path": [
            {
                "lambda": penalty[step - 1],
                "deviance": 1.0 + 0.001 * (step - taken) ** 2,
                "se": 0.03,
                "n_selected": int(counts.get(step, 0)),
            }
            for step in range(1, steps + 1)
        ],
    }


SUBGROUPS = [
    {"name": "age", "variable": "age", "cuts": [50.0], "levels": None},
    {"name": "rare", "variable": "rare", "cuts": None, "levels": None},
]
SUBGROUP_VARIABLES = [
    {"name": "age", "kind": "number", "unit": "years"},
    {"name": "rare", "kind": "category", "levels": ["no", "yes"]},
]
COMPARISONS = [
    {"first": "nomogram_auto", "second": "nomogram_manual", "margin": 0.05},
    {"first": "nomogram_auto", "second": "clinical", "margin": 0.1},
]


def subgroups() -> dict[str, pd.DataFrame]:
    """Areas by age, and by a trait too rare to be judged in."""
    shown = predictions()
    names = list(dict.fromkeys(shown["patient"]))
    patients = pd.DataFrame({"patient": names, "center": "here"})
    patients["age"] = 40.0 + 7 * (np.arange(len(names)) % 4)
    patients["rare"] = np.where(np.arange(len(names)) % 20 == 0, "yes", "no")
    return analyse_subgroups(shown, patients, SUBGROUPS, SUBGROUP_VARIABLES, 5)


def comparisons() -> pd.DataFrame:
    return compare(predictions(), COMPARISONS)


def files() -> pd.DataFrame:
    names = [("image", "ceT1w"), ("image", "T2w"), ("mask", "rater1"), ("mask", "rater2")]
    n = sum(count for _, count, _ in SETS)
    rows = [(f"P{number:03d}", *name) for number in range(n) for name in names]
    table = pd.DataFrame(rows, columns=["patient", "role", "name"])
    lacking = (table["patient"] == "P000") & (table["name"] == "T2w")
    return table[~lacking]


def study(tables_only: bool = False) -> pd.DataFrame:
    """Numbers of a study; of one from tables where that is asked for."""
    scored = scores().assign(fold="n/a")
    scored["fold"] = (scored.index % 5).astype(str)
    scored.loc[scored["set"] == "test", "fold"] = np.nan
    segmented = [("unet", "rater1", scored, statistics(scored)["summary"])]
    stable = stability().query("between == 'raters'").rename(columns={"passed": "kept"})
    dictionary = pd.DataFrame({"name": sorted(set(stable["feature"]))})
    models = [lasso_model(), model() | {"n_parameters": 5, "selection": []}]
    models[1]["n_candidate_parameters"] = 5
    models[1]["events_per_parameter"] = 8.6
    if tables_only:
        table = files().assign(role="table", name="features")
        return study_numbers(flow(), table, [], {"table": dictionary}, {}, ["whole"], models[:1])
    measured = {("pyradiomics", "whole"): stable}
    names = {"pyradiomics": dictionary}
    return study_numbers(flow(), files(), segmented, names, measured, ["whole"], models)
