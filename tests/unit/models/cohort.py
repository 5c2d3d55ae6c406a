"""A small made-up cohort of features, clinical variables and outcomes for the tests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from radproof.folds import left_out_subsets

LASSO: dict[str, Any] = {
    "kind": "lasso",
    "radiomics": {
        "extractor": "pyradiomics",
        "mask": "unet",
        "region": "whole",
        "sequences": ["ceT1w", "T2w"],
    },
    "selection": [
        {"kind": "stability"},
        {"kind": "variance", "same": 1.0},
        {"kind": "correlation", "threshold": 0.9, "prefer": "stability"},
    ],
    "rule": "min",
    "inner_folds": 4,
    "lambdas": 30,
    "lambda_ratio": 0.05,
}
LOGISTIC: dict[str, Any] = {
    "kind": "logistic",
    "clinical": ["age", "stage"],
    "scores": [],
    "missing": "indicator",
    "separation": "firth",
}
NOMOGRAM = LOGISTIC | {"clinical": ["stage"], "scores": ["radiomics"]}
MIXED = {name: LASSO[name] for name in ("radiomics", "selection")}
MIXED |= {"clinical": ["age", "stage"], "missing": "impute"}
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "random_forest": {"trees": 20, "leaf": 2, "class_weight": "none"},
    "gradient_boosting": {
        **{"trees": 15, "depth": 2, "learning_rate": 0.1, "subsample": 0.7, "leaf": 2},
    },
    "svm": {
        **{"kernel": "rbf", "cost": 1.0, "gamma": None, "class_weight": "none", "inner_folds": 4},
    },
}
CLINICAL: list[dict[str, Any]] = [
    {"name": "age", "kind": "number", "unit": "years", "available": "imaging"},
    {"name": "stage", "kind": "category", "levels": ["1", "2", "3"], "available": "imaging"},
]


@dataclass
class Cohort:
    patients: pd.DataFrame
    features: pd.DataFrame
    stability: pd.DataFrame

    @property
    def training(self) -> pd.DataFrame:
        return self.patients[self.patients["set"] == "train"].copy()


def make_cohort(n: int = 72, n_test: int = 12, folds: int = 4, seed: int = 5) -> Cohort:
    """Patients with a latent risk that shows in two features, age and stage."""
    rng = np.random.default_rng(seed)
    total = n + n_test
    risk = rng.normal(size=total)
    outcome = (rng.random(total) < 1 / (1 + np.exp(-1.5 * risk))).astype(int)
    names = [f"P{number:03d}" for number in range(total)]
    order = np.argsort(outcome[:n], kind="stable")
    fold = np.empty(n, dtype=object)
    fold[order] = [str(1 + place % folds) for place in range(n)]
    patients = pd.DataFrame(
        {
            "patient": names,
            "set": ["train"] * n + ["test"] * n_test,
            "fold": [*fold, *[np.nan] * n_test],
            "center": "A",
            "outcome": outcome,
            "age": 50 + 10 * rng.normal(size=total) + 3 * risk,
            "stage": np.array(["1", "2", "3"])[np.clip(np.round(risk + 1), 0, 2).astype(int)],
        }
    )
    columns = {
        f"{sequence}__original_glcm_F{number}": rng.normal(size=total)
        for sequence in ("ceT1w", "T2w", "T1w")
        for number in range(8)
    }
    features = pd.DataFrame(columns, index=pd.Index(names, name="patient"))
    features["ceT1w__original_glcm_F0"] += 1.5 * risk
    features["T2w__original_glcm_F1"] -= risk
    return Cohort(patients, features, make_stability(features, patients))


def make_stability(features: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    """Every feature kept but one, whichever folds are left out."""
    training = patients[patients["set"] == "train"].set_index("patient")
    rows = [
        {
            "feature": name,
            "left_out": label,
            "icc": 0.8 + 0.005 * place,
            "kept": not name.endswith("F7"),
        }
        for label in left_out_subsets(training["fold"])
        for place, name in enumerate(features.columns)
    ]
    return pd.DataFrame(rows)
