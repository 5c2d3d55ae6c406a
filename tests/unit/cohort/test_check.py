"""The check finds every problem at once, and says where, what, and what to do."""

from dataclasses import replace
from pathlib import Path

import nibabel
import pandas as pd
import pytest
from radproof.cohort.check import merge_cohort
from radproof.errors import BadInput
from radproof.provenance import sha256_of
from radproof.tables import read_table, write_table

from tests.unit.cohort.dataset import (
    PATIENTS,
    SEQUENCES,
    check,
    file_of,
    image_path,
    make_dataset,
    mask,
    move_mask,
    participants,
)


def test_a_sound_cohort_passes(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    tables = check(tmp_path, sheet)
    assert list(tables.patients["outcome"]) == [0, 1, 0, 1, 0, 1]
    assert list(tables.patients["grade"]) == ["1", "2", "2", "1", "2", "1"]
    assert tables.patients["age"].isna().tolist() == [False] * 5 + [True]
    first = tables.files.iloc[0]
    assert first["sha256"] == sha256_of(file_of(tmp_path, SEQUENCES[0], "A1"))
    assert (first["size_x"], first["spacing_z_mm"]) == (8, 2.0)
    flow = tables.flow.set_index(["set", "step"])
    assert flow.loc[("train", "analysed"), "n"] == 4
    assert flow.loc[("test", "analysed"), "n_events"] == 1


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    image_path(tmp_path).unlink()
    mask(lambda array: array.fill(0), tmp_path)
    file_of(tmp_path, SEQUENCES[0], "B1").write_bytes(b"")
    with pytest.raises(BadInput) as caught:
        check(tmp_path, sheet)
    assert sorted(problem.patient for problem in caught.value.problems) == ["A2", "A2", "B1"]


def test_headers_alone_find_missing_files_and_other_grids(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    move_mask(tmp_path)
    with pytest.raises(BadInput, match="origin by 3 mm"):
        check(tmp_path, sheet, content=False)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("event", 2, "outcome event is wrong (found 2"),
        ("event", None, "found missing, expected 0 or 1"),
        ("age", 300.0, "clinical variable age is wrong (found 300.0, expected 0 to 120 years)"),
        ("age", "old", "expected a number"),
        ("grade", 7, "clinical variable grade is wrong (found 7, expected one of 1, 2)"),
    ],
)
def test_wrong_values_are_named(column: str, value: object, said: str, tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    table = participants().astype(object)
    table.loc[1, column] = value
    write_table(table, tmp_path / "participants.tsv")
    with pytest.raises(BadInput) as caught:
        check(tmp_path, sheet, content=False)
    assert said in str(caught.value)
    assert "patient A2" in str(caught.value)


def test_sheet_and_participants_disagreeing(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().iloc[:5], tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match=r"patient B2: .*not among the participants"):
        check(tmp_path, sheet, content=False)


def test_duplicate_participants_differing_by_case(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    table = pd.concat([participants(), participants().head(1)], ignore_index=True)
    table.loc[len(PATIENTS), "participant_id"] = "sub-a1"
    write_table(table, tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match="participant stands twice"):
        check(tmp_path, sheet, content=False)


def test_a_missing_data_set_is_one_problem(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path / "here")
    with pytest.raises(BadInput) as caught:
        check(tmp_path / "nowhere", sheet)
    assert len(caught.value.problems) == 1
    assert "data set is missing" in str(caught.value)


def test_the_same_file_for_two_patients_is_found_when_sets_are_joined(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    copied = file_of(tmp_path, SEQUENCES[0], "A1").read_bytes()
    file_of(tmp_path, SEQUENCES[0], "B1").write_bytes(copied)
    tables = [check(tmp_path, sheet[sheet["set"] == name]) for name in ("train", "test")]
    with pytest.raises(BadInput, match=r"A1, B1: .*two patients have the same file"):
        merge_cohort(tables)


def test_the_same_file_for_two_patients_of_a_set_is_found_from_headers(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    copied = file_of(tmp_path, SEQUENCES[0], "A1").read_bytes()
    file_of(tmp_path, SEQUENCES[0], "A3").write_bytes(copied)
    with pytest.raises(BadInput, match=r"A1, A3: .*two patients have the same file"):
        check(tmp_path, sheet, content=False)


def test_sets_are_joined_in_order(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    tables = [check(tmp_path, sheet[sheet["set"] == name]) for name in ("train", "test")]
    assert list(merge_cohort(tables).patients["patient"]) == PATIENTS


def test_an_outcome_of_one_class_is_refused(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().assign(event=[0, 1, 0, 1, 0, 0]), tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match=r"one class only in the set test \(found 0 with and 2"):
        check(tmp_path, sheet, content=False)


def test_fewer_events_than_folds_are_refused(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().assign(event=[0, 1, 0, 0, 0, 1]), tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match="too few patients of a class for the folds"):
        check(tmp_path, sheet, content=False)


@pytest.mark.parametrize(
    ("persons", "places"),
    [
        (["x", "y", "x", "z", "u", "v"], "train/1, train/2"),
        (["x", "y", "z", "w", "v", "x"], "test"),
    ],
)
def test_scans_of_one_person_stay_together(persons: list, places: str, tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().assign(person=persons), tmp_path / "participants.tsv")
    with pytest.raises(BadInput, match=f"one person stand in two sets or folds .*{places}"):
        check(tmp_path, sheet, content=False, person="person")


def test_a_person_may_stand_twice_in_one_fold(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().assign(person=list("xxyyzz")), tmp_path / "participants.tsv")
    tables = check(tmp_path, sheet, content=False, person="person")
    assert list(tables.patients["person"]) == list("xxyyzz")


def test_a_person_in_two_sets_is_found_when_sets_are_joined(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    write_table(participants().assign(person=list("xyzuvx")), tmp_path / "participants.tsv")
    tables = [
        check(tmp_path, sheet[sheet["set"] == name], person="person") for name in ("train", "test")
    ]
    with pytest.raises(BadInput, match="A1, B2: scans of one person"):
        merge_cohort(tables)


def test_a_person_is_the_same_whatever_the_labels_of_a_set_look_like(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    persons = ["12", "13", "14", "15", "12", "X3"]
    write_table(participants().assign(subject=persons), tmp_path / "participants.tsv")
    tables = []
    for name in ("train", "test"):
        found = check(tmp_path, sheet[sheet["set"] == name], person="subject")
        write_table(found.patients, tmp_path / "patients.tsv")
        tables.append(replace(found, patients=read_table(tmp_path / "patients.tsv")))
    with pytest.raises(BadInput, match="A1, B1: scans of one person"):
        merge_cohort(tables)


def test_a_sequence_that_no_training_patient_has_is_a_wrong_plan(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    for patient in PATIENTS[:4]:
        file_of(tmp_path, SEQUENCES[1], patient).unlink()
    with pytest.raises(BadInput, match="no training patient has the sequence t2"):
        check(tmp_path, sheet, content=False, missing_sequence="zero_channel")


def test_a_link_that_leads_nowhere_is_no_missing_sequence(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    image_path(tmp_path).unlink()
    image_path(tmp_path).symlink_to(tmp_path / "gone")
    with pytest.raises(BadInput, match=r"patient A2: .*file is missing"):
        check(tmp_path, sheet, content=False, missing_sequence="zero_channel")


def test_a_missing_sequence_may_be_filled_and_is_counted(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    image_path(tmp_path).unlink()
    tables = check(tmp_path, sheet, missing_sequence="zero_channel")
    assert tables.patients["missing_sequences"].dropna().tolist() == ["t2"]
    notes = tables.flow.set_index(["set", "step"])["note"]
    assert notes["train", "analysed"] == "1 with a missing sequence, zeros there"
    file_of(tmp_path, SEQUENCES[0], "A2").unlink()
    with pytest.raises(BadInput, match=r"T1w\.nii\.gz: file is missing"):
        check(tmp_path, sheet, missing_sequence="zero_channel")


def give_away(folder: Path) -> None:
    """Write a name into a header, a birth date into a sidecar and a column of telephone numbers."""
    path = image_path(folder)
    image = nibabel.loadsave.load(path)
    image.header["descrip"] = b"Muster^Erika"
    nibabel.loadsave.save(image, path)
    sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))
    sidecar.write_text('{"PatientBirthDate": "19641231"}')
    table = participants().assign(phone="+49 30 1234567")
    write_table(table, folder / "participants.tsv")


def test_personal_data_are_refused_and_never_repeated(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    give_away(tmp_path)
    with pytest.raises(BadInput) as caught:
        check(tmp_path, sheet, content=False)
    text = str(caught.value)
    fields = ("participants.phone", "sidecar.PatientBirthDate", "header.descrip")
    assert [field in text for field in fields] == [True] * 3
    assert not any(secret in text for secret in ("Erika", "Muster", "1964", "1234567"))


def test_the_plan_may_let_fields_through(tmp_path: Path) -> None:
    sheet = make_dataset(tmp_path)
    give_away(tmp_path)
    fields = ["participants.phone", "sidecar.PatientBirthDate", "header.descrip"]
    check(tmp_path, sheet, phi={"allow": fields})
