"""Whatever the bytes of a table: it is read, or refused with a message."""

import contextlib
import gzip
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.cohort.participants import patient_table, read_participants
from radproof.cohort.privacy import participants_findings
from radproof.cohort.sheet import read_sheet
from radproof.errors import BadInput
from radproof.stats.feature_ratings import read_ratings, stability_of_ratings
from radproof.stats.tables import read_given_table
from radproof.tables import read_table

from tests.unit.cohort.dataset import cohort_settings, participants
from tests.unit.fuzz.mutations import bounded, spoilt_bytes

SHEET = (
    b"patient\tdataset\tcenter\tset\tfold\n"
    b"A1\tx\tc\ttrain\t1\nA2\tx\tc\ttrain\t2\nB1\tx\td\ttest\tn/a\n"
)
PARTICIPANTS = participants().to_csv(sep="\t", index=False, na_rep="n/a").encode()
GIVEN = b"y,a,g\n1,0.5,x\n0,0.2,y\n1,,x\n0,3,y\n"
RATINGS = b"s,r,f\n1,a,1\n1,b,2\n2,a,3\n2,b,5\n3,a,5\n3,b,5\n"
ROWS = pd.DataFrame({"patient": ["A1", "B1"], "dataset": "tiny", "center": "c", "set": "train"})


@bounded(150)
@given(content=spoilt_bytes(SHEET))
def test_any_sheet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sheet.tsv").write_bytes(content)
    try:
        sheet = read_sheet(tmp_path / "sheet.tsv")
    except BadInput as error:
        assert str(error).splitlines()
        return
    for column in ("patient", "dataset", "set", "fold"):
        assert sheet[column].dropna().str.fullmatch("[A-Za-z0-9]{1,64}").all()


@bounded(100)
@given(content=spoilt_bytes(PARTICIPANTS))
def test_any_participants(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "participants.tsv").write_bytes(content)
    try:
        table = read_participants(tmp_path, ("center", "grade"))
    except BadInput:
        return
    participants_findings(table)
    _, problems = patient_table(ROWS.assign(fold="1"), {"tiny": table}, cohort_settings())
    assert all(len(str(problem).splitlines()) == 1 for problem in problems)


@bounded(100)
@given(content=spoilt_bytes(GIVEN), drop=st.booleans())
def test_any_table_of_statistics(tmp_path: Path, content: bytes, drop: bool) -> None:
    for name, written in (("t.csv", content), ("t.csv.gz", gzip.compress(content, mtime=0))):
        (tmp_path / name).write_bytes(written)
        with contextlib.suppress(BadInput):
            read_given_table(tmp_path / name, ["a"], ["y"], ["g"], drop)


@bounded(100)
@given(content=spoilt_bytes(gzip.compress(GIVEN, mtime=0)))
def test_any_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv.gz").write_bytes(content)
    with contextlib.suppress(BadInput):
        read_given_table(tmp_path / "t.csv.gz", ["a"], ["y"], ["g"])


@bounded(60)
@given(content=spoilt_bytes(RATINGS))
def test_any_table_of_ratings(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.csv").write_bytes(content)
    try:
        ratings, _ = read_ratings(tmp_path / "r.csv", "s", "r", {})
        stability_of_ratings(ratings, {"form": "ICC2", "threshold": 0.5, "bound": "lower"})
    except BadInput:
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\ta\n1\t2\n", "two columns are called a"),
        ("a\tb\n1\t2\t3\n4\t5\t6\n", "3 cells under 2 columns in line 2"),
        ("a\tb\n1\n", "1 cells under 2 columns in line 2"),
    ],
)
def test_pandas_moves_no_cell_and_renames_no_column(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_table(tmp_path / "t.tsv")


@pytest.mark.parametrize("damaged", [b"\x1f\x8b", gzip.compress(GIVEN)[:-9]])
def test_an_archive_that_is_cut_short_is_refused(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "t.csv.gz").write_bytes(damaged)
    with pytest.raises(BadInput, match="table cannot be read"):
        read_given_table(tmp_path / "t.csv.gz", ["a"])
