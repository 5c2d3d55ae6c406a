"""Points, totals and risks of the nomogram agree with R's rms::nomogram."""

import json

import numpy as np
import pytest
from radproof.models.learners.logistic import fit, predict
from radproof.models.nomogram import nomogram, probability_of_points

from tests.reference.test_logistic import FITTED, REFERENCE, SETTINGS, read_case


@pytest.mark.parametrize("name", FITTED)
def test_axes_and_points(name: str) -> None:
    table, outcome, expected = read_case(name)
    axes = nomogram(fit(table, outcome, SETTINGS, seed=1))
    wanted = expected["nomogram"]
    assert axes["points_per_lp"] == pytest.approx(wanted["points_per_lp"], abs=1e-6)
    assert axes["lp_at_zero_points"] == pytest.approx(wanted["lp_at_zero_points"], rel=1e-7)
    assert [axis["variable"] for axis in axes["variables"]] == list(wanted["variables"])
    for axis in axes["variables"]:
        reference = wanted["variables"][axis["variable"]]
        levels = [tick["level"] for tick in axis["axis"]]
        if axis["kind"] == "number":
            np.testing.assert_allclose(levels, reference["level"], rtol=1e-12, atol=1e-12)
        else:
            assert levels == reference["level"]
        lp = [tick["lp"] for tick in axis["axis"]]
        np.testing.assert_allclose(lp, reference["Xbeta"], rtol=1e-7, atol=1e-10)
        points = [tick["points"] for tick in axis["axis"]]
        np.testing.assert_allclose(points, reference["points"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", FITTED)
def test_totals_and_risks(name: str) -> None:
    table, outcome, expected = read_case(name)
    model = fit(table, outcome, SETTINGS, seed=1)
    axes = nomogram(model)
    wanted = expected["nomogram"]
    totals = {row["probability"]: row["total_points"] for row in axes["risk"]}
    for risk, points in zip(
        wanted["risk_axis"]["risk"], wanted["risk_axis"]["total_points_exact"], strict=True
    ):
        assert totals[risk] == pytest.approx(points, abs=1e-6)
    score = predict(model, table)["score"]
    total = (score - axes["lp_at_zero_points"]) * axes["points_per_lp"]
    np.testing.assert_allclose(total, wanted["per_row"]["total_points"], rtol=0, atol=1e-6)
    risks = [probability_of_points(axes, one) for one in total]
    np.testing.assert_allclose(risks, wanted["per_row"]["risk"], rtol=0, atol=1e-9)


def test_reference_holds_the_cases_named_here() -> None:
    if not REFERENCE.is_dir():
        pytest.skip("shared reference folder not present")
    with_nomogram = [
        folder.name
        for folder in sorted(REFERENCE.iterdir())
        if "nomogram" in json.loads((folder / "expected.json").read_text())
    ]
    assert with_nomogram == FITTED
