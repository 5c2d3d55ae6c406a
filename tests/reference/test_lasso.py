"""The LASSO's path, cross-validation and choice of penalty agree with R's glmnet."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.models.lasso_path import (
    choose_lambdas,
    cross_validate,
    lambda_path,
    polish,
    solve_path,
)
from radproof.z_scores import standardise

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "r" / "glmnet"
CASES = sorted(folder.name for folder in REFERENCE.glob("*")) or ["absent"]


def read_case(name: str) -> tuple[pd.DataFrame, dict, dict]:
    if name == "absent":
        pytest.skip("shared reference folder not present")
    folder = REFERENCE / name
    texts = [(folder / file).read_text() for file in ("params.json", "expected.json")]
    return pd.read_csv(folder / "input.csv.gz"), json.loads(texts[0]), json.loads(texts[1])


@pytest.mark.parametrize("name", CASES)
def test_coefficients_and_linear_predictor(name: str) -> None:
    table, _, expected = read_case(name)
    outcome = table["y"].to_numpy(float)
    features = table.drop(columns=["y", "fold"])
    z, _, _ = standardise(features.to_numpy(float))
    lambdas = np.array(expected["lambda"])
    assert lambda_path(z, outcome, 2, 0.5)[0] == pytest.approx(expected["lambda_max"], rel=1e-9)
    intercepts, coefficients = solve_path(z, outcome, lambdas)
    for place, fit in enumerate(expected["fits"]):
        intercept, beta = polish(z, outcome, lambdas[place], intercepts[place], coefficients[place])
        wanted = [fit["coef"].get(feature, 0.0) for feature in features]
        np.testing.assert_allclose(beta, wanted, rtol=1e-6, atol=1e-6)
        assert intercept == pytest.approx(fit["intercept"], rel=1e-6, abs=1e-6)
        np.testing.assert_allclose(intercept + z @ beta, fit["lp"], rtol=1e-6, atol=1e-6)
        assert np.count_nonzero(beta) == fit["nnz"]
        eta = intercept + z @ beta
        objective = np.mean(np.logaddexp(0, eta) - outcome * eta)
        objective += lambdas[place] * np.abs(beta).sum()
        assert objective == pytest.approx(fit["objective"], abs=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_cross_validated_penalty(name: str) -> None:
    table, settings, expected = read_case(name)
    outcome = table["y"].to_numpy(float)
    values = table.drop(columns=["y", "fold"]).to_numpy(float)
    z, _, _ = standardise(values)
    lambdas = lambda_path(z, outcome, settings["path_length"], settings["path_ratio"])
    wanted = expected["cv"]["deviance_fixed_path"]
    np.testing.assert_allclose(lambdas, wanted["lambda"], rtol=1e-9)
    path = cross_validate(values, outcome, table["fold"].to_numpy(), lambdas)
    kept = len(wanted["cvm"])
    np.testing.assert_allclose(path["deviance"][:kept], wanted["cvm"], rtol=1e-4)
    np.testing.assert_allclose(path["se"][:kept], wanted["cvsd"], rtol=1e-3)
    at_min, at_1se = choose_lambdas(path)
    assert lambdas[at_min] == pytest.approx(wanted["lambda_min"], rel=1e-9)
    assert lambdas[at_1se] == pytest.approx(wanted["lambda_1se"], rel=1e-9)
