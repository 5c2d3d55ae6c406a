"""Logistic regression agrees with R's glm, and separation is found where R stays silent."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.models.learners.logistic import coefficients, fit, predict

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "r" / "logistic"
FITTED = ["asah", "birthwt", "real_hn1"]
SETTINGS = {"missing": "refuse", "separation": "firth"}


def read_case(name: str) -> tuple[pd.DataFrame, pd.Series, dict]:
    """Predictors (categories with R's order of levels), outcome and what R found."""
    folder = REFERENCE / name
    if not folder.is_dir():
        pytest.skip("shared reference folder not present")
    params = json.loads((folder / "params.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    factors = params["factors"]
    table = pd.read_csv(folder / "input.csv", dtype=dict.fromkeys(factors, str))
    predictors = table[re.findall(r"\w+", params["formula"].split("~")[1])].copy()
    for name, levels in factors.items():
        predictors[name] = pd.Categorical(predictors[name], categories=levels)
    return predictors, table["y"], expected


def as_in_r(term: str) -> str:
    return term.replace("=", "")


@pytest.mark.parametrize("name", FITTED)
def test_estimates_errors_and_intervals(name: str) -> None:
    table, outcome, expected = read_case(name)
    model = fit(table, outcome, SETTINGS, seed=1)
    assert model["method"] == "maximum likelihood"
    assert model["warnings"] == []
    rows = coefficients(model, table, outcome)
    for column, key in (
        ("estimate", "coef"),
        ("se", "se"),
        ("z", "z"),
        ("odds_ratio", "odds_ratio"),
        ("ci_low", "or_lo"),
        ("ci_high", "or_hi"),
    ):
        wanted = [expected["glm"][key][as_in_r(term)] for term in rows["term"]]
        np.testing.assert_allclose(rows[column], wanted, rtol=1e-7, atol=1e-10)
    wanted = [expected["glm"]["p"][as_in_r(term)] for term in rows["term"]]
    np.testing.assert_allclose(rows["p"], wanted, rtol=1e-6, atol=1e-12)
    assert model["log_likelihood"] == pytest.approx(expected["glm"]["loglik"], rel=1e-10)
    probability = predict(model, table)["probability"]
    np.testing.assert_allclose(probability, expected["fitted"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "kind", "terms"),
    [
        ("separation_complete", "complete", ["x1", "x2"]),
        ("separation_quasi", "quasi-complete", ["x1"]),
    ],
)
def test_separation(name: str, kind: str, terms: list[str]) -> None:
    table, outcome, _ = read_case(name)
    model = fit(table, outcome, SETTINGS, seed=1)
    assert model["separation"] == {"kind": kind, "terms": terms}
    assert "Firth" in model["method"]
    assert any(f"{kind} separation" in warning for warning in model["warnings"])
    rows = coefficients(model, table, outcome)
    assert np.isfinite(rows[["estimate", "se", "p", "odds_ratio", "ci_low"]].to_numpy()).all()
    assert rows["estimate"].abs().max() < 100


# Not among the cases: R 4.2, glmnet 4.1-6, alpha = 0, thresh = 1e-20, on their birthwt.
RIDGE_IN_R = {
    0.1: [0.66866464177887, -0.02791080263069, -0.00785300270524, 0.46262582175801],
    0.01: [1.2621875424541, -0.0374715348692, -0.0114621444876, 0.6413317408037],
}


@pytest.mark.parametrize("penalty", RIDGE_IN_R)
def test_ridge(penalty: float) -> None:
    table, outcome, _ = read_case("birthwt")
    numbers = table[["age", "lwt", "smoke"]].astype(float)
    model = fit(numbers, outcome, SETTINGS | {"ridge": penalty}, seed=1)
    found = [model["intercept"], *(term["coefficient"] for term in model["terms"])]
    np.testing.assert_allclose(found, RIDGE_IN_R[penalty], rtol=1e-8)
