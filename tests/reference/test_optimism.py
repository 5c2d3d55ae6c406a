"""The optimism bootstrap agrees with R on given resamples."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.evaluation.optimism import resample_table
from radproof.evaluation.refitting import Chain, refit

from tests.reference.cases import FOLDER, assert_agrees, names, read_case

CASES = [name for name in names("validate") if str(name).startswith("model_")]


def chain_of(table: pd.DataFrame, params: dict[str, Any]) -> Chain:
    predictors = [name for name in table.columns if name != "y"]
    clinical = [
        {"name": name, "kind": "category", "levels": params["factors"][name]}
        if name in params["factors"]
        else {"name": name, "kind": "number"}
        for name in predictors
    ]
    patients = table.rename(columns={"y": "outcome"}).assign(
        patient=[f"P{number:04d}" for number in range(len(table))],
        set="train",
        fold=np.where(np.arange(len(table)) % 2, "1", "2"),
    )
    entry = {"kind": "logistic", "clinical": predictors, "scores": []}
    model = {"m": entry | {"missing": "refuse", "separation": "firth"}}
    return Chain(model, patients, clinical, {"m": None}, {"m": None}, {"m": None}, 1)


@pytest.mark.parametrize("name", CASES)
def test_on_given_resamples_every_fit_is_judged_as_in_r(name: str) -> None:
    table, params, expected = read_case("validate", name)
    draws = pd.read_csv(FOLDER / "validate" / name / "resamples.csv.gz").to_numpy() - 1
    chain = chain_of(table, params)
    outcome = chain.patients["outcome"].to_numpy(int)
    found = resample_table(outcome, draws, refit(chain, draws))
    wanted = expected["fixed_resamples"]["per_resample"]
    result = {
        "C_train": found["c_index_train"].tolist(),
        "C_test": found["c_index_test"].tolist(),
        "brier_train": found["brier_train"].tolist(),
        "brier_test": found["brier_test"].tolist(),
        "slope_test": found["slope_test"].tolist(),
        "intercept_test": found["intercept_test"].tolist(),
        "citl_test": found["citl_test"].tolist(),
    }
    assert_agrees("validate", wanted, result, "/fixed_resamples/per_resample")
    np.testing.assert_allclose(found["slope_train"], 1, atol=1e-9)
