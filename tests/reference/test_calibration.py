"""Calibration agrees with R on every case of the shared reference folder."""

import pytest
from radproof.evaluation.calibration import calibration, integrated_index, recalibrate

from tests.reference.cases import assert_agrees, names, read_case

CASES = [name for name in names("validate") if not str(name).startswith("model_")]


@pytest.mark.parametrize("name", CASES)
def test_recalibration(name: str) -> None:
    table, _, expected = read_case("validate", name)
    ours = recalibrate(table["y"], table["p"])
    result = {
        "n_finite": ours.n_finite,
        "intercept": ours.intercept[0],
        "slope": ours.slope[0],
        "slope_lo": ours.slope[1],
        "slope_hi": ours.slope[2],
        "citl": ours.citl[0],
        "citl_lo": ours.citl[1],
        "citl_hi": ours.citl[2],
    }
    assert_agrees("validate", expected["recalibration"], result, "/recalibration")


@pytest.mark.parametrize("name", CASES)
def test_brier_ratio_and_concordance(name: str) -> None:
    table, _, expected = read_case("validate", name)
    ours = calibration(table["y"], table["p"])
    result = {
        "brier": ours["brier"],
        "brier_scaled": ours["brier_scaled"],
        "o_e": 1 / ours["eo_ratio"],
        "C_exact": ours["c_index"],
    }
    assert_agrees("validate", expected["brier"], result, "/brier")


@pytest.mark.parametrize("name", CASES)
def test_hosmer_lemeshow(name: str) -> None:
    table, _, expected = read_case("validate", name)
    ours = calibration(table["y"], table["p"])
    result = {key: ours[f"hl_{key}"] for key in ("groups", "chi2", "df", "p")}
    assert_agrees("validate", expected["hosmer_lemeshow"], result, "/hosmer_lemeshow")


@pytest.mark.parametrize("surface", ["interpolate", "direct"])
@pytest.mark.parametrize("name", CASES)
def test_integrated_calibration_index(name: str, surface: str) -> None:
    table, _, expected = read_case("validate", name)
    ours = integrated_index(table["y"], table["p"], surface)
    result = {"ICI": ours["ici"], "E50": ours["e50"], "E90": ours["e90"], "Emax": ours["emax"]}
    wanted = expected["loess_span0.75_degree2"][surface]
    assert_agrees("validate", wanted, result, f"/loess_span0.75_degree2/{surface}")
