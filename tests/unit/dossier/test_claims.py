from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from radproof.dossier.claims import check_claims, judge, read_claims, segmentation_summaries
from radproof.dossier.claims_text import as_text
from radproof.dossier.verdicts import Estimate, value_verdict
from radproof.errors import BadInput, CheckFailed
from radproof.tables import write_json, write_table

PROJECT = Path(__file__).resolve().parents[3]
CLAIMS = sorted((PROJECT / "config" / "claims").glob("*.yaml"))
PUBLISHED = PROJECT / "config" / "claims" / "otscc.yaml"
AREA = {"kind": "auc", "model": "m", "set": "test", "predictions": "held_out"}
ALIKE = {"kind": "equivalence", "first": "a", "second": "b", "set": "test"}
ALIKE |= {"predictions": "held_out", "margin": 0.05}


def claim(check: dict) -> dict:
    one = {"id": "x", "statement": "s", "where": "w", "mark": "stated", "check": check}
    return {"claims": [one], "arithmetic": []}


def area(value: float, low: float, high: float, n: int = 400) -> dict[str, pd.DataFrame]:
    row = {"model": "m", "set": "test", "kind": "held_out", "n": n, "auc": value}
    other = row | {"set": "train", "kind": "apparent", "auc": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    return {"discrimination": pd.DataFrame([other, row | {"ci_low": low, "ci_high": high}])}


def difference(value: float, error: float, n: int = 41) -> dict[str, pd.DataFrame]:
    row = {"first": "a", "second": "b", "set": "test", "kind": "held_out", "n": n}
    row |= {"difference": value, "ci_low": value - 1.96 * error, "ci_high": value + 1.96 * error}
    return {"comparisons": pd.DataFrame([row])}


def verdict(check: dict, tables: dict, simulated: bool = False) -> pd.Series:
    return check_claims(claim(check), tables, simulated).iloc[0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.90, 0.97, "reproduced"),
        (0.934, 0.97, "reproduced"),  # 0.93 may have been 0.934
        (0.936, 0.97, "not reproduced"),
        (0.80, 0.92, "not reproduced"),
        (0.80, 0.99, "inconclusive"),
    ],
)
def test_verdict_on_a_number(low, high, expected):
    check = AREA | {"published": 0.93, "decimals": 2, "margin": 0.05}
    assert verdict(check, area((low + high) / 2, low, high))["verdict"] == expected


def test_inconclusive_number_says_how_many_patients_would_tell():
    check = AREA | {"published": 0.93, "decimals": 2, "margin": 0.05}
    row = verdict(check, area(0.9, 0.8, 1.0, n=41))
    assert "n = 164" in row["reason"]  # twice as narrow: four times as many


def test_exact_limits_of_an_area_of_one_narrow_with_n_and_not_with_its_root():
    check = AREA | {"published": 0.98, "decimals": 2, "margin": 0.05}
    tables = area(1.0, 0.8, 1.0, n=41)
    tables["discrimination"]["ci_method"] = "Clopper-Pearson"
    row = verdict(check, tables)
    # The limit of k successes in k pairs is 0.025 ** (1 / k): four times k, a fourth of the reach.
    assert row["verdict"] == "inconclusive" and "n = 164" in row["reason"]
    reach = [1 - 0.025 ** (1 / pairs) for pairs in (164, 41)]
    assert reach[0] == pytest.approx(reach[1] / 4, rel=0.05)


def test_a_reach_of_exactly_the_margin_is_within_it():
    # 0.93 - 0.88 is a hair more than 0.05 in binary numbers.
    verdict, _ = value_verdict(Estimate(0.88, 0.83, 0.93, 300), 0.93, 2, 0.05)
    assert verdict == "reproduced"
    verdict, _ = value_verdict(Estimate(0.97, 0.955, 0.985, 300), 0.95, 2, 0.05)
    assert verdict == "reproduced"


def test_an_interval_cut_at_one_is_judged_by_its_longer_side():
    check = AREA | {"published": 0.97, "decimals": 2, "margin": 0.05}
    assert verdict(check, area(0.97, 0.90, 1.0))["verdict"] == "inconclusive"


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.01, 0.01, "reproduced"),
        (0.02, 0.03, "inconclusive"),  # p = 0.50, and not equivalent
        (0.00, 0.05, "inconclusive"),  # p = 1.00, and not equivalent
        (0.12, 0.03, "not reproduced"),
        (0.06, 0.02, "inconclusive"),  # differs at 0.05, perhaps by less than the margin
        (-0.12, 0.03, "not reproduced"),
        (0.02, 0.005, "reproduced"),  # differs at 0.05, yet by less than the margin
    ],
)
def test_verdict_on_performing_alike(value, error, expected):
    row = verdict(ALIKE, difference(value, error))
    assert row["verdict"] == expected
    assert row["ours"] == value


def test_no_difference_found_is_not_equivalence():
    row = verdict(ALIKE, difference(0.0, 0.05, n=41))
    # Julious 2004: 90 % power at no true difference needs an error of margin / 3.29.
    assert f"n = {int(np.ceil(41 * (2 * 1.6448536 * 0.05 / 0.05) ** 2))}" in row["reason"]
    assert "not equivalence" in row["reason"]


def test_simulated_patients_test_no_claim_and_the_value_is_shown():
    check = AREA | {"published": 0.93, "decimals": 2, "margin": 0.05}
    row = verdict(check, area(0.93, 0.91, 0.95), simulated=True)
    assert row["verdict"] == "not testable here"
    assert row["ours"] == 0.93
    assert "simulated" in row["reason"]


def test_missing_values_are_not_testable():
    check = AREA | {"published": 0.93, "decimals": 2, "margin": 0.05}
    assert verdict(check, {})["verdict"] == "not testable here"
    assert verdict(check | {"model": "other"}, area(0.9, 0.8, 1))["verdict"] == "not testable here"
    unknown = area(0.9, np.nan, np.nan)
    unknown["discrimination"]["note"] = "one class"
    row = verdict(check, unknown)
    assert row["verdict"] == "not testable here" and row["reason"].endswith("one class")
    row = verdict({"kind": "none", "reason": "a description"}, {})
    assert row["reason"] == "a description"


def test_segmentation_reads_the_row_of_its_metric_and_pair():
    row = {"set": "test", "reference": "rater1", "candidate": "unet", "metric": "dice"}
    row |= {"n": 41, "mean": 0.86, "ci_low": 0.84, "ci_high": 0.88, "segmenter": "unet"}
    rows = [row, row | {"metric": "iou", "mean": 0.1}, row | {"reference": "rater2", "mean": 0.2}]
    check = {"kind": "segmentation", "metric": "dice", "set": "test", "reference": "rater1"}
    check |= {"candidate": "unet", "published": 0.87, "decimals": 2, "margin": 0.05}
    found = verdict(check, {"segmentation": pd.DataFrame(rows[::-1])})
    assert found["ours"] == 0.86 and found["verdict"] == "reproduced"


@pytest.mark.parametrize("published", [0.85, 0.99])
def test_masks_out_of_fold_are_not_held_against_a_published_mean_of_unknown_kind(published):
    row = {"set": "train", "reference": "rater1", "candidate": "unet", "metric": "dice"}
    row |= {"n": 95, "mean": 0.86, "ci_low": 0.84, "ci_high": 0.88, "segmenter": "unet"}
    tables = {"segmentation": pd.DataFrame([row, row | {"candidate": "rater2"}])}
    check = {"kind": "segmentation", "metric": "dice", "set": "train", "reference": "rater1"}
    check |= {"candidate": "unet", "published": published, "decimals": 2, "margin": 0.05}
    found = verdict(check, tables)
    assert found["ours"] == 0.86 and found["verdict"] == "inconclusive"
    assert "out of fold" in found["reason"]
    expected = "reproduced" if published == 0.85 else "not reproduced"
    assert verdict(check | {"predictions": "out_of_fold"}, tables)["verdict"] == expected
    assert verdict(check | {"candidate": "rater2"}, tables)["verdict"] == expected
    found = verdict(check | {"predictions": "apparent"}, tables)
    assert found["verdict"] == "not testable here" and "out of fold" in found["reason"]


def test_summaries_say_whose_masks_they_are_of(tmp_path):
    path = tmp_path / "segmentation" / "unet" / "summary.tsv"
    write_table(pd.DataFrame({"candidate": ["unet", "rater2"]}), path)
    assert segmentation_summaries([path])["segmenter"].tolist() == ["unet", "unet"]


def test_patients_are_counted_and_described():
    ages = np.array([40.0, 50.0, 60.0, 55.0])
    tables = {"patients": pd.DataFrame({"sex": ["M", "M", "F", "M"], "age": ages})}
    base = {"kind": "patients", "decimals": 0, "margin": 100.0}
    men = base | {"statistic": "count", "column": "sex", "level": "M", "published": 3}
    assert verdict(men, tables)["verdict"] == "reproduced"
    assert verdict(men | {"published": 4}, tables)["verdict"] == "not reproduced"
    tables["patients"]["stage"] = [1.0, 2.0, np.nan, 1.0]
    first = men | {"column": "stage", "level": "1", "published": 2}
    assert verdict(first, tables)["verdict"] == "reproduced"
    mean = verdict(base | {"statistic": "mean", "column": "age", "published": 51}, tables)
    # t interval: 51.25 ± 3.182 · 8.539 / 2
    assert mean["ci_low"] == pytest.approx(51.25 - 13.587, abs=1e-3)
    sd = verdict(base | {"statistic": "sd", "column": "age", "published": 9}, tables)
    assert sd["ours"] == pytest.approx(ages.std(ddof=1))
    assert sd["ci_low"] < sd["ours"] < sd["ci_high"]
    absent = base | {"statistic": "mean", "column": "weight", "published": 1}
    assert verdict(absent, tables)["verdict"] == "not testable here"


def test_published_claims_hold_every_number_of_the_abstract():
    claims = read_claims(PUBLISHED)
    numbers = {entry["check"].get("published") for entry in claims["claims"]}
    stated = {136, 100, 36, 50.29, 12.25, 0.85, 0.76, 0.87, 0.79, 0.98, 0.93}
    assert stated <= numbers
    kinds = [entry["check"]["kind"] for entry in claims["claims"]]
    assert "equivalence" in kinds


@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.stem)
def test_every_claims_file_is_readable_and_its_arithmetic_runs(path):
    claims = read_claims(path)
    table = check_claims(claims, {}, False)
    assert len(table) == len(claims["claims"]) + len(claims.get("arithmetic", []))
    assert (table.loc[table["check"] == "data", "verdict"] == "not testable here").all()
    assert all(len(line) <= 100 for line in as_text(table).splitlines())


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        (
            "bone-tumours",
            "265 106 0.856 0.921 0.961 0.849 0.911 0.931 0.865 0.866 0.875 0.835 0.842 0.836 0.847"
            " 0.819",
        ),
        ("head-and-neck-metastasis", "1497 1562 36 0.715 0.803 0.752 0.730 0.758"),
        ("pancreatic-nodes", "320 236 84 0.88 0.91 0.93 0.90 0.86"),
    ],
)
def test_every_stated_number_of_the_other_studies_is_there(name, numbers):
    claims = read_claims(PROJECT / "config" / "claims" / f"{name}.yaml")["claims"]
    stated = {entry["check"].get("published", "").split(" ")[0] for entry in claims}
    assert set(numbers.split()) <= stated
    assert {entry["mark"] for entry in claims} == {"stated"}


def test_text_has_verdict_numbers_and_reason():
    check = AREA | {"published": 0.93, "decimals": 2, "margin": 0.05}
    shown = as_text(check_claims(claim(check), area(0.9, 0.88, 0.95, n=400), False))
    assert shown.splitlines()[0] == "REPRODUCED  s [x; stated]"
    assert "published 0.93; ours 0.900; 95 % interval 0.880 to 0.950; n 400" in shown
    assert shown.endswith("1 claims: 1 reproduced")
    assert as_text(check_claims({"claims": []}, {}, False)) == "no claims"


def test_arithmetic_alone_needs_no_results():
    table = judge(PUBLISHED, None)
    assert set(table["check"]) == {"arithmetic"}
    assert set(table["verdict"]) == {"consistent", "implied", "inconclusive"}
    assert judge(PROJECT / "config" / "claims" / "sts.yaml", None).empty


def test_results_folder_is_judged(tmp_path):
    claims = tmp_path / "claims.yaml"
    check = AREA | {"published": 0.93, "decimals": 2, "margin": 0.05}
    claims.write_text(yaml.safe_dump(claim(check)))
    results = tmp_path / "results"
    write_table(area(0.93, 0.9, 0.96)["discrimination"], results / "evaluation/discrimination.tsv")
    write_table(difference(0, 0.01)["comparisons"], results / "evaluation/comparisons.tsv")
    write_table(pd.DataFrame({"patient": ["1"]}), results / "cohort/patients.tsv")
    with pytest.raises(BadInput, match="simulated"):
        judge(claims, results)
    record = results / "records" / "check_claims" / "all.json"
    job = {"rule": "check_claims", "label": "all"}
    for simulated, expected in ((False, "reproduced"), (True, "not testable here")):
        write_json(job | {"settings": {"simulated": simulated}}, record)
        assert judge(claims, results)["verdict"].tolist() == [expected]
    empty = difference(0, 0.01)["comparisons"].iloc[:0]
    write_table(empty, results / "evaluation/comparisons.tsv")
    claims.write_text(yaml.safe_dump(claim(ALIKE)))
    write_json(job | {"settings": {"simulated": False}}, record)
    assert judge(claims, results)["verdict"].tolist() == ["not testable here"]
    forged = job | {"settings": {"simulated": False}, "sha256": "of another"}
    write_json(forged, record)
    with pytest.raises(CheckFailed, match="not what its job wrote"):
        judge(claims, results)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entry: entry.update(colour="red"), "unknown setting"),
        (lambda entry: entry.pop("mark"), "missing setting"),
        (lambda entry: entry["check"].update(kind="guess"), "claims.0.check"),
    ],
)
def test_wrong_claims_are_bad_input(tmp_path, change, message):
    value = claim(AREA | {"published": 0.93, "decimals": 2, "margin": 0.05})
    change(value["claims"][0])
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(value))
    with pytest.raises(BadInput, match=message):
        read_claims(path)


@pytest.mark.parametrize("limits", [(0.97, 0.85), (0.92, 0.97), (0.85, 0.90), (0.91, 0.91)])
def test_an_interval_rises_and_holds_its_area(tmp_path, limits):
    check = {"kind": "auc_width", "auc": 0.91, "n": 84, "decimals": 2}
    check |= dict(zip(("low", "high"), limits, strict=True))
    entry = {"id": "width", "statement": "s", "mark": "inferred", "check": check}
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [], "arithmetic": [entry]}))
    with pytest.raises(BadInput, match="width: 0"):
        read_claims(path)


def test_an_id_stands_once(tmp_path):
    value = claim({"kind": "none", "reason": "r"})
    value["claims"] *= 2
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(value))
    with pytest.raises(BadInput, match="twice"):
        read_claims(path)
