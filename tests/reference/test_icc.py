"""Intraclass correlations agree with psych::ICC(lmer = FALSE) on every reference case."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pytest
from radproof.cli import app
from radproof.radiomics.icc import FORMS, icc
from radproof.tables import read_table
from typer.testing import CliRunner

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


QIN = CASES.parents[2] / "data/tables/qin_prostate_testretest_T2AX_biascorr_3Dbin15.csv.gz"


def judged(path: Path, output: Path, *arguments: str) -> pd.DataFrame:
    """The table that ``radproof stability`` writes, by feature."""
    done = CliRunner().invoke(app, ["stability", str(path), *arguments, "-o", str(output)])
    assert done.exit_code == 0, done.stderr
    return read_table(output).set_index("feature")


@pytest.mark.parametrize("form", FORMS)
def test_the_command_agrees_with_psych_on_test_and_retest(form: str, tmp_path: Path) -> None:
    case = CASES / "qin_testretest_wholegland"
    expected = json.loads((case / "expected.json").read_text())["features"]
    named = ("--subject", "subject", "--rater", "rater", "--form", form)
    ours = judged(case / "input.csv", tmp_path / "out.tsv", *named)
    assert set(ours.index) == set(expected)
    for feature, truth in expected.items():
        for their_name, name in (("icc", "icc"), ("lo", "ci_low"), ("hi", "ci_high")):
            theirs = truth["aov"][form][their_name]
            assert ours.loc[feature, name] == pytest.approx(theirs, abs=1e-9), feature
        assert ours.loc[feature, "kept"] == (truth["aov"][form]["icc"] >= 0.75)


@pytest.mark.skipif(not QIN.is_file(), reason="shared data folder not present")
def test_all_features_of_the_prostate_table_are_judged_at_once(tmp_path: Path) -> None:
    named = ("--subject", "patient", "--rater", "visit", "--only", "structure=WholeGland")
    ours = judged(QIN, tmp_path / "out.tsv", *named)
    table = pd.read_csv(QIN).query("structure == 'WholeGland'")
    assert set(ours.index) == set(table.columns) - {"patient", "visit", "study", "structure"}
    assert len(ours) == 1236
    assert (ours["n"] == 15).all()
    for feature in ours.index[::103]:
        theirs = pingouin.intraclass_corr(table, "patient", "visit", feature).set_index("Type")
        assert ours.loc[feature, "icc"] == pytest.approx(theirs.loc["ICC(A,1)", "ICC"], abs=1e-8)
