"""Features read from a table: the right rows and names, and one message for each wrong cell."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.cohort.feature_tables import check_tables
from radproof.cohort.table_dataset import make_dataset
from radproof.errors import BadInput
from radproof.radiomics.extractors.table import (
    describe,
    feature_columns,
    outcomes,
    read_features,
    read_mask,
    shared_columns,
)
from radproof.tables import read_table

SETTINGS: dict[str, Any] = {
    "kind": "table",
    "tables": {"GTV": "features.tsv"},
    "patient": "participant_id",
    "prefix": "GTV_",
    "sequences": ["ct", "pet"],
    "ignore": ["scanner"],
}
HEADER = "participant_id,GTV_original_shape_Sphericity,GTV_pet__original_glcm_Contrast,scanner"


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "features.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_values_stand_under_sequence_and_name_whatever_the_order_of_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "sub-b,2.5,3,x", "a,1e-3,,y", "c,7,8,z")
    values, problems = read_features(path, ["a", "b"], SETTINGS)
    assert problems == []
    assert list(values.columns) == ["ct__original_shape_Sphericity", "pet__original_glcm_Contrast"]
    assert values.loc["b"].tolist() == [2.5, 3.0]
    assert values.index.tolist() == ["a", "b"]
    assert np.isnan(values.loc["a"].iloc[1])
    missing = outcomes({"GTV": values})
    assert missing[["patient", "mask", "n_missing"]].to_numpy().tolist() == [["a", "GTV", 1]]


@pytest.mark.parametrize(
    ("rows", "what", "patient"),
    [
        (["a,1,2,x"], "patient has no row of features", "b"),
        (["a,1,2,x", "b,1,2,x", "sub-b,1,2,x"], "features of a patient stand twice", "b"),
        (["a,1,2,x", "b,1.2.3,2,x"], "feature GTV_original_shape_Sphericity is wrong", "b"),
        (["a,1,inf,x", "b,1,2,x"], "feature GTV_pet__original_glcm_Contrast is wrong", "a"),
    ],
)
def test_what_is_wrong_with_a_patient_is_said_of_that_patient(tmp_path, rows, what, patient):
    path = written(tmp_path, *rows)
    problems = read_features(path, ["a", "b"], SETTINGS)[1]
    assert [(one.what, one.patient, one.file) for one in problems] == [(what, patient, str(path))]
    with pytest.raises(BadInput, match=what):
        read_mask({str(path): ["a", "b"]}, SETTINGS)


def test_rows_of_others_are_not_looked_at(tmp_path: Path) -> None:
    path = written(tmp_path, "a,1,2,x", "other,text,inf,x", "other,1,1,x")
    assert read_features(path, ["a"], SETTINGS)[1] == []


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("ID,GTV_f,scanner", "lacks a column named under patient"),
        ("participant_id,GTV_f", "lacks a column named under ignore"),
        ("participant_id,GTV_f,age,scanner", "neither features nor ignored"),
        ("participant_id,scanner", "table has no feature"),
        ("participant_id,GTV_f,GTV_ct__f,scanner", "two columns are the same feature"),
    ],
)
def test_columns_that_are_not_as_the_plan_says_are_refused(tmp_path, header, what) -> None:
    with pytest.raises(BadInput, match=what):
        feature_columns(written(tmp_path, header=header), SETTINGS)


def test_tables_of_data_sets_must_have_the_same_features(tmp_path: Path) -> None:
    paths = []
    for number, header in enumerate([HEADER, HEADER.replace("Contrast", "Energy")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(str(written(folder, "a,1,2,x", header=header)))
    assert len(shared_columns(paths[:1], SETTINGS)) == 2
    with pytest.raises(BadInput, match="different columns"):
        shared_columns(paths, SETTINGS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_every_float_comes_back_as_it_was_written(tmp_path_factory, numbers) -> None:
    folder = tmp_path_factory.mktemp("table")
    rows = [f"p{row},{number!r}" for row, number in enumerate(numbers)]
    path = written(folder, *rows, header="participant_id,GTV_f")
    values, _ = read_features(
        path, [f"p{row}" for row in range(len(rows))], SETTINGS | {"ignore": []}
    )
    assert values["ct__f"].tolist() == numbers


def test_a_name_tells_what_it_can() -> None:
    table = describe(["ct__original_shape_Sphericity", "ct__volume", "ct__wavelet-LLH_glcm_Idn"])
    assert table["class"].tolist() == ["shape", "", "glcm"]
    assert table["feature"].tolist() == ["Sphericity", "volume", "Idn"]
    assert set(table["standardised"]) == {"unknown"}


def test_a_table_becomes_a_data_set_that_the_cohort_check_takes(tmp_path: Path) -> None:
    raw = tmp_path / "raw.csv.gz"
    lines = ["GTV_f,ID,Target,age", "0.12345678901234567,AB-01,1,50", "2,AB-02,0,"]
    raw.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert make_dataset(raw, tmp_path / "set", "Target", "ID", ["age"]) == 2
    people = read_table(tmp_path / "set" / "participants.tsv")
    assert people["participant_id"].tolist() == ["sub-AB01", "sub-AB02"]
    assert people["age"].isna().tolist() == [False, True]
    assert "0.12345678901234567" in (tmp_path / "set" / "features.tsv").read_text()
    rows = people.assign(patient=["AB01", "AB02"], dataset="d")
    listed, problems = check_tables(rows, {"d": tmp_path / "set"}, [SETTINGS | {"ignore": []}])
    assert problems == []
    assert [row["file"] for row in listed] == ["features.tsv"]


def test_rows_without_a_column_of_patients_are_numbered(tmp_path: Path) -> None:
    path = written(tmp_path, *["1,2"] * 11, header="GTV_f,Target")
    make_dataset(path, tmp_path / "set", "Target", None, [])
    labels = read_table(tmp_path / "set" / "participants.tsv")["participant_id"].tolist()
    assert labels[0] == "sub-P01"
    assert labels[-1] == "sub-P11"


@pytest.mark.parametrize(
    ("rows", "what"),
    [(["1,A-1,0", "1,A1,0"], "patient stands twice"), (["1,,0"], "row without a patient")],
)
def test_labels_that_cannot_be_told_apart_are_refused(tmp_path, rows, what) -> None:
    path = written(tmp_path, *rows, header="GTV_f,ID,Target")
    with pytest.raises(BadInput, match=what):
        make_dataset(path, tmp_path / "set", "Target", "ID", [])
