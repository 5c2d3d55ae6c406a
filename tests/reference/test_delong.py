"""Areas, variances and tests agree with R's pROC on every case of the shared reference folder."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.evaluation.delong import (
    AucResult,
    Difference,
    auc,
    equivalence_test,
    paired_test,
    unpaired_test,
)

from tests.reference.cases import assert_agrees, names, read_case


def areas(table: pd.DataFrame, *scores: str) -> AucResult:
    complete = table.dropna(subset=list(scores))
    return auc(complete["y"], complete[list(scores)].to_numpy().T)


def of_pair(table: pd.DataFrame, first: str, second: str, margins: list[float]) -> dict[str, Any]:
    result = areas(table, first, second)
    test = paired_test(result)
    equal = [equivalence_test(test.difference, test.se, margin) for margin in margins]
    return {
        "auc1": result.auc[0],
        "auc2": result.auc[1],
        "diff": test.difference,
        "cov": result.covariance[0, 1],
        "Z": test.statistic,
        "p": test.p,
        "diff_ci_lo": test.ci_low,
        "diff_ci_hi": test.ci_high,
        "n_used": result.n_cases + result.n_controls,
        "se_diff": test.se,
        "equivalence": [
            {"margin": one.margin, "p_noninf": one.p_noninferiority, "p_tost": one.p_equivalence}
            for one in equal
        ],
    }


def of_unpaired(test: Difference) -> dict[str, float]:
    return {"D": test.statistic, "df": test.df, "p": test.p}


@pytest.mark.parametrize("name", names("delong"))
def test_areas(name: str) -> None:
    table, params, expected = read_case("delong", name)
    for score in params["scores"]:
        result = areas(table, score)
        low, high = result.interval()[0]
        ours = {
            "auc": result.auc[0],
            "var": result.variance[0],
            "ci_lo": low,
            "ci_hi": high,
            "n_cases": result.n_cases,
            "n_controls": result.n_controls,
        }
        assert_agrees("delong", expected["auc"][score]["lt"], ours, f"/auc/{score}/lt")


@pytest.mark.parametrize("name", names("delong"))
def test_pairs(name: str) -> None:
    table, params, expected = read_case("delong", name)
    for first, second in params["pairs"]:
        key = f"{first}|{second}"
        wanted = expected["paired"][key]["lt"]
        ours = of_pair(table, first, second, params["margins"])
        if "error" in wanted:
            assert np.isnan(ours["Z"])
            assert np.isnan(ours["p"])
        else:
            assert_agrees("delong", wanted, ours, f"/paired/{key}/lt")
        ignoring = unpaired_test(areas(table, first), areas(table, second))
        wanted = expected["unpaired_ignoring_pairing"][key]
        assert_agrees("delong", wanted, of_unpaired(ignoring), f"/unpaired/{key}")


@pytest.mark.parametrize("name", names("delong"))
def test_groups(name: str) -> None:
    table, params, expected = read_case("delong", name)
    if "group" not in table:
        assert "unpaired_groups" not in expected
        return
    for score in params["scores"]:
        first, second = (areas(table[table["group"] == group], score) for group in (0, 1))
        wanted = expected["unpaired_groups"][score]["lt"]
        ours = of_unpaired(unpaired_test(first, second))
        assert_agrees("delong", wanted, ours, f"/unpaired_groups/{score}/lt")
