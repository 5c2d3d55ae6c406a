"""Checklists say what the run knows, with evidence that is there, and leave the rest to people."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pandas as pd
import pytest
from radproof.dossier.checklists import (
    CONDITIONS,
    EVIDENCE,
    answered,
    fill_checklists,
    read_checklists,
    score,
)
from radproof.dossier.checklists_section import checklist_tables
from radproof.dossier.evidence.run import Run

from tests.unit.dossier.checklist_runs import run_of

STUDIES = ("otscc-simulated", "sts", "hnscc-table")
# Written by rules that come after the checklists, in every study.
LATER = ("dossier/report.html#*", "dossier/ro-crate-metadata.json", "dossier/lineage.json")
COUNTS = {"TRIPOD+AI": 52, "METRICS": 30, "CLEAR": 58}


@pytest.fixture(scope="module", params=STUDIES)
def run(request: pytest.FixtureRequest) -> Run:
    return run_of(request.param)


def item_of(filled: pd.DataFrame, checklist: str, item: str) -> pd.Series:
    return filled.set_index(["checklist", "item"]).loc[(checklist, item)]


def test_lists_are_whole_and_name_evidence_that_exists() -> None:
    used = set()
    for checklist in read_checklists():
        items = checklist["items"]
        assert len(items) == COUNTS[checklist["name"]]
        assert len({item["item"] for item in items}) == len(items)
        used |= {item["evidence"] for item in items if "evidence" in item}
        assert all(item.get("condition") in {None, *CONDITIONS} for item in items)
    assert used == set(EVIDENCE)


def test_numbers_of_items_are_those_of_the_lists() -> None:
    tripod, metrics, clear = (checklist["items"] for checklist in read_checklists())
    numbers = {"".join(filter(str.isdigit, item["item"])) for item in tripod}
    assert numbers == {str(number) for number in range(1, 28)}
    assert [item["item"] for item in metrics] == [str(number) for number in range(1, 31)]
    assert [item["item"] for item in clear] == [str(number) for number in range(1, 59)]


def test_weights_are_those_of_the_tool() -> None:
    weights = [item["weight"] for item in read_checklists()[1]["items"]]
    # Each rounded to three decimals by the tool, of weights that sum to 1.
    assert sum(weights) == pytest.approx(0.998)
    assert weights[2] == max(weights) == 0.092


def test_every_answer_is_one_of_few_and_none_is_given_without_evidence(run: Run) -> None:
    filled = fill_checklists(run)
    filled = filled[filled["item"] != "score"]
    assert len(filled) == sum(COUNTS.values())
    given = filled["answer"].isin(["filled", "yes", "no"])
    allowed = ["human needed", "not applicable", "simulated cohort"]
    assert filled.loc[~given, "answer"].isin(allowed).all()
    assert filled.loc[given, ["value", "evidence"]].notna().all(axis=None)
    assert (filled.loc[given, ["value", "evidence"]] != "").all(axis=None)


def test_evidence_is_a_file_of_the_run(run: Run) -> None:
    drawn = {f"{place.removesuffix('.tsv')}.svg" for place in run.places("figures/*.tsv")}
    there = {*run.tables, *run.models, *drawn}
    for cited in fill_checklists(run)["evidence"].dropna():
        for path in cited.split(", "):
            assert path in there or any(fnmatchcase(path, kind) for kind in LATER), path


def test_simulated_patients_fulfil_nothing_about_patients() -> None:
    filled = fill_checklists(run_of("otscc-simulated", test=True))
    about = {
        (checklist["name"], item["item"])
        for checklist in read_checklists()
        for item in checklist["items"]
        if item.get("patients")
    }
    assert ("METRICS", "27") in about and ("TRIPOD+AI", "20b") in about
    rows = filled[[pair in about for pair in zip(filled["checklist"], filled["item"], strict=True)]]
    assert set(rows["answer"]) == {"simulated cohort"}
    assert rows[["value", "evidence"]].isna().all(axis=None)
    others = filled.loc[~filled.index.isin(rows.index), "value"].dropna()
    others = others[~others.str.endswith("in this study")]
    assert others.str.startswith("simulated cohort: ").all()


def test_real_patients_are_not_called_simulated() -> None:
    filled = fill_checklists(run_of("sts"))
    assert (
        not filled.astype(str).apply(lambda column: column.str.contains("simulated")).any(axis=None)
    )


def test_internal_and_external_testing_follow_from_centres() -> None:
    filled = fill_checklists(run_of("sts", test=True))
    # Patients 8 to 11 are the test set and all of centre B; nobody of A is tested.
    assert item_of(filled, "METRICS", "26")["answer"] == "no"
    assert item_of(filled, "METRICS", "27")["answer"] == "yes"
    assert item_of(filled, "METRICS", "4")["answer"] == "yes"
    without = fill_checklists(run_of("sts"))
    assert item_of(without, "METRICS", "27")["answer"] == "no"
    run = run_of("sts")
    unknown = run.tables["cohort/patients.tsv"].assign(center=None)
    tables = {**run.tables, "cohort/patients.tsv": unknown}
    filled = fill_checklists(replace(run, tables=tables))
    assert item_of(filled, "METRICS", "27")["answer"] == "human needed"


def test_a_study_of_features_has_no_images_to_speak_of() -> None:
    filled = fill_checklists(run_of("hnscc-table"))
    assert item_of(filled, "CLEAR", "21")["answer"] == "human needed"
    assert item_of(filled, "METRICS", "9")["answer"] == "human needed"
    assert item_of(filled, "METRICS", "12")["answer"] == "human needed"
    assert item_of(filled, "METRICS", "14")["answer"] == "no"
    assert item_of(filled, "METRICS", "17")["answer"] == "not applicable"
    assert item_of(filled, "METRICS", "24")["answer"] == "no"


def test_too_few_patients_are_for_a_human_to_judge() -> None:
    run = run_of("sts")
    assert item_of(fill_checklists(run), "METRICS", "16")["answer"] == "human needed"
    enough = {place: {**model, "n": 400} for place, model in run.models.items()}
    filled = fill_checklists(replace(run, models=enough))
    assert item_of(filled, "METRICS", "16")["answer"] == "yes"


def test_candidates_behind_a_score_are_named_beside_those_of_its_taker() -> None:
    run = run_of("otscc-simulated")
    run.models["models/radiomics_auto/model.json"]["n_candidate_parameters"] = 572
    filled = fill_checklists(run)
    behind = "not counting the candidates of its scores (572 of radiomics_auto)"
    for checklist, item in (("TRIPOD+AI", "9a"), ("TRIPOD+AI", "10"), ("CLEAR", "9")):
        parts = dict(
            part.removeprefix("simulated cohort: ").split(": ", 1)
            for part in item_of(filled, checklist, item)["value"].split("; ")
        )
        assert behind in parts["nomogram_auto"]
        assert "not counting" not in parts["radiomics_auto"] + parts["clinical"]


def with_table(run: Run, place: str, table: pd.DataFrame) -> Run:
    return replace(run, tables={**run.tables, place: table})


def test_a_set_of_centres_of_both_kinds_is_neither_internal_nor_external() -> None:
    run = run_of("sts", test=True)
    patients = run.tables["cohort/patients.tsv"]
    # Patients 8 to 11 are tested; one alone is of another centre than those of training.
    mixed = patients.assign(center=["A"] * 11 + ["B"])
    filled = fill_checklists(with_table(run, "cohort/patients.tsv", mixed))
    for item in ("26", "27"):
        assert item_of(filled, "METRICS", item)["answer"] == "human needed"
    alone = patients.assign(center="A")
    filled = fill_checklists(with_table(run, "cohort/patients.tsv", alone))
    assert item_of(filled, "METRICS", "26")["answer"] == "yes"
    assert item_of(filled, "METRICS", "27")["answer"] == "no"
    third = patients.assign(set=[*patients["set"][:11], "far"], center=["A"] * 11 + ["B"])
    filled = fill_checklists(with_table(run, "cohort/patients.tsv", third))
    assert item_of(filled, "METRICS", "26")["answer"] == "yes"
    assert item_of(filled, "METRICS", "27")["answer"] == "yes"


@pytest.mark.parametrize("name", ["subgroups", "calibration"])
def test_performance_without_subgroups_or_calibration_needs_a_human(name: str) -> None:
    run = run_of("sts")
    assert item_of(fill_checklists(run), "TRIPOD+AI", "23a")["answer"] == "filled"
    place = f"evaluation/{name}.tsv"
    row = item_of(
        fill_checklists(with_table(run, place, run.tables[place].iloc[:0])), "TRIPOD+AI", "23a"
    )
    assert row["answer"] == "human needed"
    assert "AUC 0.800" in row["value"] and row["value"].endswith(f"no {name}")


def test_performance_is_given_of_training_validation_and_test() -> None:
    row = item_of(fill_checklists(run_of("sts", test=True)), "CLEAR", "47")
    assert row["answer"] == "filled"
    for where in ("train, apparent", "train, out of fold", "test, held out"):
        assert f"clinical, {where}: AUC" in row["value"]
    row = item_of(fill_checklists(run_of("sts")), "CLEAR", "47")
    assert row["answer"] == "human needed"
    assert row["value"].endswith("none of held-out patients")


def test_calibration_is_of_every_judged_model() -> None:
    run = run_of("sts", test=True)
    place = "evaluation/calibration.tsv"
    slopes = run.tables[place]
    assert item_of(fill_checklists(run), "METRICS", "22")["answer"] == "yes"
    few = slopes[(slopes["model"] == "clinical") & (slopes["kind"] == "out_of_fold")]
    row = item_of(fill_checklists(with_table(run, place, few)), "METRICS", "22")
    assert row["answer"] == "human needed"
    assert "no slope of: " in row["value"] and "nomogram_auto, test, held out" in row["value"]
    none = slopes.assign(slope=float("nan"))
    assert item_of(fill_checklists(with_table(run, place, none)), "METRICS", "22")["answer"] == "no"


def test_one_image_set_is_one_in_the_whole_study() -> None:
    run = run_of("hnscc-table")
    assert item_of(fill_checklists(run), "METRICS", "23")["answer"] == "yes"
    run = run_of("sts")

    def answer(sequences: list[str], *taken: str) -> str:
        models = dict(run.plan["models"])
        for name, sequence in zip(run.radiomic, taken, strict=True):
            radiomics = models[name]["radiomics"] | {"sequences": [sequence]}
            models[name] = models[name] | {"radiomics": radiomics}
        kept = [entry for entry in run.plan["sequences"] if entry["name"] in sequences]
        plan = {**run.plan, "models": models, "sequences": kept}
        return item_of(fill_checklists(replace(run, plan=plan)), "METRICS", "23")["answer"]

    assert answer(["T1w"], "T1w", "T1w") == "yes"
    assert answer(["T1w", "ct"], "T1w", "ct") == "human needed"
    # The network under the masks takes another one as well.
    assert answer(["T1w", "ct"], "T1w", "T1w") == "human needed"


def test_p_values_against_what_is_not_radiomic_are_those_by_holm() -> None:
    filled = fill_checklists(run_of("sts"))
    for item in ("42", "48"):
        assert "p 0.120 by Holm" in item_of(filled, "CLEAR", item)["value"]


def test_features_that_were_not_measured_are_missing_values() -> None:
    run = run_of("sts")
    assert "median" not in item_of(fill_checklists(run), "CLEAR", "29")["value"]
    place = "radiomics/pyradiomics/unmeasured-whole.tsv"
    lost = pd.DataFrame({"set": "train", "patient": ["1", "2"], "mask": "unet", "n_missing": 9})
    filled = fill_checklists(with_table(run, place, lost))
    for checklist, item in (("TRIPOD+AI", "11"), ("CLEAR", "29")):
        row = item_of(filled, checklist, item)
        assert "features of unet (train): in 2 patients" in row["value"]
        assert "none of the described variables" not in row["value"]
        assert "median" in row["value"] and place in row["evidence"]
    filled = fill_checklists(with_table(run, place, lost.iloc[:0]))
    assert "median" not in item_of(filled, "CLEAR", "29")["value"]


def test_an_item_that_nothing_answers_says_exactly_human_needed(run: Run) -> None:
    assert answered({"item": "1", "section": "s", "text": "t"}, run)["answer"] == "human needed"
    part = {"item": "1", "section": "s", "text": "t", "evidence": "measures", "part": True}
    assert answered(part, run)["answer"] == "human needed"
    assert answered(part, run)["value"]


def test_score_by_hand() -> None:
    answers = {"yes": 0.2, "no": 0.1, "human needed": 0.3, "simulated cohort": 0.15}
    rows = [{"answer": answer, "weight": weight} for answer, weight in answers.items()]
    rows.append({"answer": "not applicable", "weight": 0.25})
    row = score(rows, simulated=True)
    assert row["weight"] == pytest.approx(0.75)
    # 0.2 / 0.75 and 0.5 / 0.75: what does not apply leaves the score.
    assert "26.7 %; up to 66.7 %" in row["value"] and row["value"].startswith("simulated cohort")


def test_page_has_a_folded_table_a_checklist(run: Run) -> None:
    tables = checklist_tables({"checklists": (fill_checklists(run), "../dossier/checklists.tsv")})
    assert [table.caption.split(":")[0] for table in tables] == list(COUNTS)
    assert all(table.folded and table.file == "../dossier/checklists.tsv" for table in tables)
    assert "applicable points" in tables[1].caption
    assert checklist_tables({}) == []
