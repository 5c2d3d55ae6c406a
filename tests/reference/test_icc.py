"""Intraclass correlations agree with psych::ICC(lmer = FALSE) on every reference case."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.radiomics.icc import FORMS, icc

CASES = Path(__file__).resolve().parents[3] / "shared" / "reference" / "r" / "icc"
if not CASES.is_dir():
    pytest.skip("shared reference folder not present", allow_module_level=True)

# From the folder's tolerances.json: a large offset or a tiny spread costs digits in R itself.
LOOSE = {"large_offset": 1e-7, "near_constant": 1e-7}


def complete_values(table: pd.DataFrame, feature: str) -> np.ndarray:
    wide = table.pivot(index="subject", columns="rater", values=feature).dropna()
    return wide.to_numpy()[:, :, None]


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_every_feature_agrees_with_psych(case: Path) -> None:
    table = pd.read_csv(case / "input.csv")
    expected = json.loads((case / "expected.json").read_text())["features"]
    for feature, truth in expected.items():
        if truth.get("degenerate") or not truth.get("aov"):
            continue
        ours = icc(complete_values(table, feature)).set_index("form")
        loose = LOOSE.get(feature, 0.0)
        for form in FORMS:
            for their_name, name, absolute, relative in (
                ("icc", "icc", 1e-9, 0.0),
                ("lo", "ci_low", 1e-9, 0.0),
                ("hi", "ci_high", 1e-9, 0.0),
                ("F", "f", 0.0, 1e-8),
                ("p", "p", 1e-12, 1e-6),
            ):
                assert ours.loc[form, name] == pytest.approx(
                    truth["aov"][form][their_name],
                    rel=max(relative, loose),
                    abs=max(absolute, loose),
                ), (feature, form, name)


def test_degenerate_features_follow_the_policy() -> None:
    table = pd.read_csv(CASES / "sim_2raters" / "input.csv")
    constant = icc(complete_values(table, "constant"))
    assert constant["icc"].isna().all()
    assert (constant["reason"] == "no variance between subjects").all()
    perfect = icc(complete_values(table, "perfect")).set_index("form")
    assert perfect.loc["ICC3", "icc"] == pytest.approx(1)
    shifted = icc(complete_values(table, "shifted")).set_index("form")
    assert shifted.loc["ICC3", "icc"] == pytest.approx(1)
    assert shifted.loc["ICC2", "icc"] < 1
