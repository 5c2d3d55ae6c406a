"""``radproof stats``: each command's JSON as documented, with values that are known."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.provenance import PROJECT

from tests.contracts.stats_calls import PREDICTED, call, refusal, stats
from tests.reference.cases import FOLDER as REFERENCE
from tests.reference.cases import assert_agrees, names, read_case

ASAH = PROJECT / "tests" / "unit" / "evaluation" / "asah.tsv"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(PREDICTED)
    return path


def test_auc_of_a_tsv_table() -> None:
    found = stats(
        *("auc", ASAH, "--outcome", "outcome", "--score", "wfns", "--score", "s100b"),
        *("--margin", "0.05", "--margin", "0.2"),
    )
    assert (found["n"], found["n_dropped"]) == (113, 0)
    score = found["scores"]["s100b"]
    assert score["auc"] == pytest.approx(0.7313686)
    assert (score["ci_low"], score["ci_high"]) == pytest.approx((0.6301182, 0.8326189))
    assert (score["n_cases"], score["n_controls"]) == (41, 72)
    pair = found["pairs"]["wfns|s100b"]
    assert pair["p"] == pytest.approx(0.02717578)
    assert not pair["equivalence"]["0.05"]["equivalent"]
    assert pair["equivalence"]["0.2"]["equivalent"]
    assert pair["equivalence"]["0.05"]["p_noninferiority"] == pytest.approx(0.000330236, rel=1e-5)
    assert pair["smallest_margin"] == pytest.approx(0.16104640)


@pytest.mark.parametrize("name", names("delong"))
def test_auc_agrees_with_the_reference(name: str) -> None:
    path = next((REFERENCE / "delong" / name).glob("input.csv*"))
    _, params, expected = read_case("delong", name)
    scores = [part for score in params["scores"] for part in ("--score", score)]
    found = stats("auc", path, "--outcome", "y", *scores, "--drop-missing")
    renamed = {"ci_low": "ci_lo", "ci_high": "ci_hi", "variance": "var"}
    for score in params["scores"]:
        ours = found["scores"][score]
        ours = {renamed.get(key, key): ours[key] for key in ours if not key.startswith("exact")}
        assert_agrees("delong", expected["auc"][score]["lt"], ours, f"/auc/{score}/lt")
    for first, second in params["pairs"]:
        wanted = expected["paired"][f"{first}|{second}"]["lt"]
        key = f"{first}|{second}"
        if key in found["pairs"] and "error" not in wanted:
            ours = {"Z": found["pairs"][key]["z"], "p": found["pairs"][key]["p"]}
            assert_agrees("delong", wanted, ours, f"/paired/{key}/lt")


def test_auc_of_two_groups(tmp_path: Path) -> None:
    rows = [f"{y},{s},{g}" for g in "mf" for y, s in [(0, 1), (0, 3), (1, 2), (1, 4)]]
    path = tmp_path / "groups.csv"
    path.write_text("y,s,sex\n" + "\n".join([*rows, "1,9,f"]))
    found = stats("auc", path, "--outcome", "y", "--score", "s", "--group", "sex")["scores"]["s"]
    assert list(found["groups"]) == ["f", "m"]
    assert found["difference"] == found["groups"]["f"]["auc"] - found["groups"]["m"]["auc"]
    assert 0 < found["p"] < 1
    arguments = ("auc", path, "--outcome", "y", "--score", "s", "--group", "sex")
    assert "not for groups" in refusal(*arguments, "--margin", "0.1")
    path.write_text(path.read_text() + "\n1,2,x\n")
    assert "groups of patients (found f, m, x, expected two)" in refusal(*arguments)


def test_perfect_scores_say_more_than_an_interval_without_width(tmp_path: Path) -> None:
    path = tmp_path / "perfect.csv"
    path.write_text("y,s,r\n0,1,9\n0,2,8\n1,3,7\n1,4,6\n")
    found = stats("auc", path, "--outcome", "y", "--score", "s", "--score", "r")
    assert (found["scores"]["s"]["ci_low"], found["scores"]["s"]["ci_high"]) == (1, 1)
    assert found["scores"]["s"]["exact_ci_low"] == pytest.approx(0.025**0.5)
    assert found["scores"]["r"]["exact_ci_high"] == pytest.approx(1 - 0.025**0.5)
    assert found["pairs"]["s|r"]["z"] == "Inf"


def test_icc_of_shrout_and_fleiss(tmp_path: Path) -> None:
    # Shrout & Fleiss 1979 (Psychol Bull 86:420), table 2.
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    lines = [
        f"s{subject},r{rater},{value},7"
        for subject, row in enumerate(ratings)
        for rater, value in enumerate(row)
    ]
    path = tmp_path / "ratings.csv"
    path.write_text("subject,rater,score,same\n" + "\n".join(lines))
    arguments = ("icc", path, "--subject", "subject", "--rater", "rater")
    found = stats(*arguments)["values"]
    published = {"ICC1": 0.17, "ICC2": 0.29, "ICC3": 0.71, "ICC1k": 0.44, "ICC2k": 0.62}
    for form, value in (published | {"ICC3k": 0.91}).items():
        assert found["score"][form]["icc"] == pytest.approx(value, abs=0.005)
    assert found["score"]["degenerate"] is None
    assert found["same"]["degenerate"] == "no variance between subjects"
    assert found["same"]["ICC2"]["icc"] == "NaN"
    path.write_text("subject,rater,score,same\n" + "\n".join([*lines, "s0,r0,1,1", "s9,r0,1,1"]))
    assert "rater r0 rated subject s0 twice" in refusal(*arguments)
    path.write_text("subject,rater,score,same\n" + "\n".join([*lines, "s9,r0,1,1"]))
    assert "rater r1 did not rate subject s9" in refusal(*arguments)
    dropped = stats(*arguments, "--value", "score", "--drop-missing")["values"]["score"]
    assert dropped["n_subjects"] == 6
    assert dropped["ICC2"] == found["score"]["ICC2"]
    assert "is no value" in refusal(*arguments, "--value", "rater")


def test_icc_of_one_complete_subject(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("subject,rater,v,w\n1,a,1,1\n1,b,2,2\n2,a,3,2\n2,b,,3\n")
    arguments = ("icc", path, "--subject", "subject", "--rater", "rater", "--drop-missing")
    found = stats(*arguments)["values"]
    assert found["v"] == {
        "n_subjects": 1,
        "n_raters": 2,
        "degenerate": "fewer than 2 subjects rated by every rater",
    }
    assert found["w"]["n_subjects"] == 2


CATEGORIES = {
    "asah": ["gender=Male,Female", "wfns=1,2,3,4,5"],
    "birthwt": ["race=white,black,other"],
    "real_hn1": ["stage=low,mid,high"],
}


@pytest.mark.parametrize("name", [name for name in names("logistic") if "separ" not in str(name)])
def test_logistic_agrees_with_the_reference(name: str) -> None:
    rows, params, expected = read_case("logistic", name)
    numbers = [one for one in rows if one != "y" and one not in params["factors"]]
    arguments = [part for one in numbers for part in ("--predictor", one)]
    arguments += [part for one in CATEGORIES[name] for part in ("--categorical", one)]
    path = REFERENCE / "logistic" / name / "input.csv"
    found = stats("logistic", path, "--outcome", "y", *arguments)
    glm = expected["glm"]
    for term, ours in found["coefficients"].items():
        assert ours["estimate"] == pytest.approx(glm["coef"][term], rel=1e-7, abs=1e-10)
        assert ours["ci_high"] == pytest.approx(glm["or_hi"][term], rel=1e-7)
    for key in ("deviance", "null_deviance", "aic", "loglik"):
        assert found[key] == pytest.approx(glm[key], rel=1e-9)
    apparent, lrm = expected["apparent"], expected["lrm_tight"]["stats"]
    assert found["c_index"] == pytest.approx(apparent["C_exact"], abs=1e-9)
    assert found["dxy"] == pytest.approx(2 * apparent["C_exact"] - 1, abs=1e-9)
    assert found["brier"] == pytest.approx(apparent["brier"], rel=1e-7)
    assert found["r2"] == pytest.approx(apparent["R2_nagelkerke"], rel=1e-7)
    assert found["g"] == pytest.approx(lrm["g"], rel=1e-7)


def test_logistic_levels_and_firth(tmp_path: Path) -> None:
    path = tmp_path / "stages.csv"
    rng = np.random.default_rng(4)
    stage = rng.choice(["2", "10", "IV"], 60)
    y = (rng.random(60) < 0.3 + 0.4 * (stage == "IV")).astype(int)
    path.write_text("y\tstage\n" + "".join(f"{a}\t{b}\n" for a, b in zip(y, stage, strict=True)))
    arguments = ("logistic", path, "--outcome", "y", "--predictor", "stage")
    assert "column stage (found" in refusal(*arguments)
    plain = stats(*arguments, "--categorical", "stage")
    assert list(plain["coefficients"]) == ["(Intercept)", "stage10", "stageIV"]
    assert plain["method"] == "maximum likelihood"
    firth = stats(*arguments, "--categorical", "stage", "--firth")
    assert "Firth" in firth["method"]
    shrunken = firth["coefficients"]["stageIV"]["estimate"]
    assert 0 < shrunken < plain["coefficients"]["stageIV"]["estimate"]
    said = refusal(*arguments, "--categorical", "stage=2,10")
    assert "unknown level of stage (found IV, expected one of 2, 10)" in said


def test_separation_is_said_aloud(tmp_path: Path) -> None:
    path = tmp_path / "separated.csv"
    path.write_text("y,x\n" + "".join(f"{int(x > 5)},{x}\n" for x in range(12)))
    result = call("logistic", path, "--outcome", "y", "--predictor", "x", "--json")
    assert result.exit_code == 0
    assert "complete separation by x" in result.stderr
    found = json.loads(result.stdout)
    assert found["separation"] == {"kind": "complete", "terms": ["x"]}
    assert np.isfinite(found["coefficients"]["x"]["estimate"])


def test_nomogram_points(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rng = np.random.default_rng(2)
    x, sex = rng.normal(50, 10, 80).round(1), rng.choice(["f", "m"], 80)
    y = (rng.random(80) < 1 / (1 + np.exp(-(x - 50) / 8 - (sex == "m")))).astype(int)
    lines = [f"{a},{b},{c}\n" for a, b, c in zip(y, x, sex, strict=True)]
    path.write_text("y,x,sex\n" + "".join(lines))
    arguments = (path, "--outcome", "y", "--predictor", "x", "--categorical", "sex")
    found = stats("nomogram", *arguments)
    points = [tick["points"] for tick in found["points"]["x"]]
    assert (min(points), max(points)) == (pytest.approx(0), pytest.approx(100))
    assert {tick["level"] for tick in found["points"]["sex"]} == {"f", "m"}
    coefficients = stats("logistic", *arguments)["coefficients"]
    sex_points = max(tick["points"] for tick in found["points"]["sex"])
    wanted = abs(coefficients["sexm"]["estimate"]) * found["points_per_lp"]
    assert sex_points == pytest.approx(wanted)
    probabilities = [row["probability"] for row in found["totals"]]
    assert probabilities == sorted(probabilities)


def test_calibration_keys(table: Path) -> None:
    found = stats("calibration", table, "--outcome", "y", "--probability", "p")
    keys = ["brier", "intercept", "slope", "eo_ratio", "ici", "e50", "e90", "emax", "c_index"]
    assert all(isinstance(found[key], float) for key in keys)
    assert set(found["hosmer_lemeshow"]) == {"chi2", "df", "p", "groups"}
    assert found["eo_ratio"] == pytest.approx(4.0 / 4)


def test_netbenefit_rows(table: Path) -> None:
    arguments = ("netbenefit", table, "--outcome", "y", "--probability", "p", "--probability", "q")
    rows = stats(*arguments, "--thresholds", "0.1:0.3:0.1")["rows"]
    assert [row["model"] for row in rows] == [
        one for one in ("p", "q", "all", "none") for _ in "123"
    ]
    assert [row["threshold"] for row in rows[:3]] == [0.1, 0.2, 0.3]
    # 0.3 counts as positive: 4 true and 3 false positives of 9 at odds 3/7.
    assert rows[2]["net_benefit"] == pytest.approx(4 / 9 - 3 / 9 * 3 / 7)
    assert len(stats(*arguments)["rows"]) == 4 * 99


def test_reclassification_parts(table: Path) -> None:
    arguments = ("reclassification", table, "--outcome", "y", "--old", "p", "--new", "q")
    found = stats(*arguments, "--cut", "0.5")
    for name in ("continuous_nri", "category_nri", "idi"):
        assert {"estimate", "se", "z", "p", "ci_low", "ci_high"} <= set(found[name])
    assert found["continuous_nri"]["events"]["estimate"] == pytest.approx(0)
    assert found["category_nri"]["events"]["estimate"] == pytest.approx(1 / 4)
    assert "category_nri" not in stats(*arguments)


def test_mcnemar_table(table: Path) -> None:
    arguments = ("mcnemar", table, "--outcome", "y", "--prediction", "a")
    found = stats(*arguments, "--prediction", "b")
    assert found["table"] == {
        "both_right": 4,
        "a_right_b_wrong": 1,
        "a_wrong_b_right": 3,
        "both_wrong": 1,
    }
    assert found["chi2"]["statistic"] == pytest.approx(1)
    assert found["chi2_corrected"]["statistic"] == pytest.approx(1 / 4)
    assert found["exact_p"] == pytest.approx(0.625)
    alike = stats(*arguments, "--prediction", "a")
    assert (alike["chi2"]["p"], alike["exact_p"]) == ("NaN", 1)
    assert "twice" in refusal(*arguments)
    assert "0 or 1" in refusal(*arguments, "--prediction", "p")


def write_mask(path: Path, inside: slice, spacing: float = 2.0) -> Path:
    array = np.zeros((4, 6, 8), dtype=np.uint8)
    array[1:3, 1:5, inside] = 1
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 1.0, spacing))
    sitk.WriteImage(image, str(path))
    return path


def test_agreement_of_masks(tmp_path: Path) -> None:
    first = write_mask(tmp_path / "a.nii.gz", slice(1, 5))
    second = write_mask(tmp_path / "b.nii.gz", slice(2, 6))
    found = stats("agreement", first, second)
    assert found["dice"] == pytest.approx(0.75)
    assert found["iou"] == pytest.approx(0.6)
    assert (found["hd"], found["hd95"]) == (1, 1)
    assert found["volume_a_ml"] == pytest.approx(2 * 4 * 4 * 2 / 1000)
    empty = write_mask(tmp_path / "empty.nii.gz", slice(0, 0))
    found = stats("agreement", first, empty)
    assert (found["dice"], found["hd95"], found["empty"]) == (0, "NaN", "b")
    assert stats("agreement", empty, empty)["dice"] == 1
    other = write_mask(tmp_path / "other.nii.gz", slice(1, 5), spacing=3.0)
    assert "another grid" in refusal("agreement", first, other)
    assert "no such file" in refusal("agreement", first, tmp_path / "absent.nii.gz")


def test_samplesize_of_patients_there_are() -> None:
    arguments = ("samplesize", "--prevalence", 0.45, "--parameters", 8, "--c-index", 0.8)
    found = stats(*arguments, "--n", 95)
    assert found["n"] == max(found["n_shrinkage"], found["n_optimism"], found["n_intercept"])
    assert found["given"]["events_per_parameter"] == pytest.approx(95 * 0.45 / 8)
    assert not found["given"]["sufficient"]
    assert "given" not in stats(*arguments)
    said = refusal("samplesize", "--prevalence", 1.2, "--parameters", 8, "--c-index", 0.4)
    assert len(said.splitlines()) == 2
