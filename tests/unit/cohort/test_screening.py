"""Patients with problems leave a study where the plan says so, and are counted with the reason."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from radproof.cohort import screening
from radproof.cohort.check import check_cohort
from radproof.cohort.flow import with_unlisted
from radproof.cohort.screening import screen
from radproof.errors import BadInput
from radproof.study import Study
from radproof.tables import write_table

from tests.unit.cohort.dataset import (
    SEQUENCES,
    cohort_settings,
    file_of,
    image_path,
    make_dataset,
    mask,
    participants,
)


def tiny_study(folder: Path, **changes: Any) -> Study:
    settings = cohort_settings(**{"on_problem": "exclude"} | changes)
    plan = settings | {"study": "tiny", "outcome": {"name": "event"}, "extractors": {}}
    return Study(plan, make_dataset(folder), {"tiny": str(folder)})


def spoil(folder: Path) -> None:
    image_path(folder).unlink()
    mask(lambda array: array.fill(0), folder)
    file_of(folder, SEQUENCES[0], "B1").write_bytes(b"")


def test_patients_with_problems_leave_with_every_reason(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    spoil(tmp_path)
    screened = screen(study, content=True)
    assert list(screened.sheet["patient"]) == ["A1", "A3", "A4", "B2"]
    assert list(screened.excluded["patient"]) == ["A2", "A2", "B1"]
    assert list(screened.excluded["what"]) == [
        "file is missing",
        "mask is empty",
        "file has zero bytes",
    ]
    assert screened.excluded["file"].iloc[1] == "masks/sub-A2_dseg.nii.gz"


def test_the_flow_counts_everyone_who_entered(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    # Two of test are left, of one class: only training is looked at here.
    spoil(tmp_path)
    screened = screen(study, content=True)
    train, gone = (
        table[table["set"] == "train"].reset_index(drop=True)
        for table in (screened.sheet, screened.excluded)
    )
    write_table(participants().assign(event=[0, 1, 1, 0, 0, 1]), tmp_path / "participants.tsv")
    train["fold"] = "1"
    tables = check_cohort(train, {"tiny": tmp_path}, screened.cohort_settings, gone, content=True)
    steps = tables.flow.set_index("step")
    assert steps.loc["in the sheet", "n"] == 4
    assert steps.loc["excluded: file is missing", "n"] == 1
    assert steps.loc["excluded: file is missing", "note"] == "A2"
    assert steps.loc["analysed", "n"] == 3
    assert len(steps) == 3


def test_stopping_is_left_to_the_check(tmp_path: Path) -> None:
    study = tiny_study(tmp_path, on_problem="stop")
    spoil(tmp_path)
    assert screen(study, content=True) is study


def test_a_problem_of_no_patient_stops_all_the_same(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    write_table(participants().drop(columns="age"), tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match="table lacks a column of the plan"):
        screen(study, content=False)


def test_a_problem_of_two_patients_stops_all_the_same(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    twin = file_of(tmp_path, SEQUENCES[0], "A1").read_bytes()
    file_of(tmp_path, SEQUENCES[0], "B1").write_bytes(twin)
    with pytest.raises(BadInput, match=r"patient A1, B1: .*two patients have the same file"):
        screen(study, content=False)


def test_what_was_found_is_kept_until_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, memory = tiny_study(tmp_path), tmp_path / "results" / "screening.json"
    spoil(tmp_path)
    first = screen(study, content=True, memory=memory)
    inspected = []
    inspect = screening.inspect_cohort

    def counted(*arguments: Any, **options: Any) -> Any:
        inspected.append(1)
        return inspect(*arguments, **options)

    monkeypatch.setattr(screening, "inspect_cohort", counted)
    again = screen(study, content=True, memory=memory)
    pd.testing.assert_frame_equal(first.excluded, again.excluded)
    assert inspected == []
    file_of(tmp_path, SEQUENCES[0], "A3").write_bytes(b"")
    third = screen(study, content=True, memory=memory)
    assert inspected == [1]
    assert "A3" in set(third.excluded["patient"])
    os.utime(image_path(tmp_path).parent / "sub-A2_T1w.nii.gz", (1, 1))
    screen(study, content=True, memory=memory)
    assert inspected == [1, 1]


def test_a_spoilt_memory_is_no_answer(tmp_path: Path) -> None:
    study, memory = tiny_study(tmp_path), tmp_path / "screening.json"
    memory.write_text("{")
    spoil(tmp_path)
    assert len(screen(study, content=True, memory=memory).excluded) == 3


def test_participants_in_no_row_of_the_sheet_are_counted(tmp_path: Path) -> None:
    flow = pd.DataFrame(
        [["train", "in the sheet", 4, 2, None], ["train", "analysed", 4, 2, None]],
        columns=["set", "step", "n", "n_events", "note"],
    )
    known = participants()
    known.index = pd.Index(known["participant_id"].str.removeprefix("sub-"))
    sheet = make_dataset(tmp_path).iloc[:4]
    counted = with_unlisted(flow, {"tiny": known}, sheet)
    assert list(counted["n"]) == [6, 2, 4, 4]
    assert list(counted["set"][:2]) == ["all", "all"]
    assert with_unlisted(flow, {"tiny": known.head(4)}, sheet) is flow
    # One of the sheet is no participant: that is told under its set, and hides nobody here.
    assert with_unlisted(flow, {"tiny": known.iloc[1:]}, sheet)["n"][1] == 2


def test_a_set_or_a_fold_that_would_be_empty_stops_the_study(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    for patient in ("B1", "B2", "A1", "A2"):
        file_of(tmp_path, SEQUENCES[0], patient).unlink()
    with pytest.raises(BadInput, match=r"no patient is left .*found test; train, fold 1\)"):
        screen(study, content=False)


def test_excluded_patients_keep_their_places_in_batches(tmp_path: Path) -> None:
    study = tiny_study(tmp_path)
    study.plan["batch_size"] = 2
    before = study.batches
    image_path(tmp_path).unlink()
    assert screen(study, content=False).batches == {**before, "train001": ["A1"]}


def test_a_sidecar_that_was_mended_is_looked_at_again(tmp_path: Path) -> None:
    study, memory = tiny_study(tmp_path), tmp_path / "screening.json"
    sidecar = Path(str(image_path(tmp_path)).replace(".nii.gz", ".json"))
    for content, gone in (('{"PatientName": "Doe^Jane"}', ["A2"]), ("{", ["A2"]), ("{}", [])):
        sidecar.write_text(content)
        screened = screen(study, content=False, memory=memory)
        assert screened.excluded["patient"].tolist() == gone
