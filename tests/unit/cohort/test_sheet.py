"""The sheet: made once, balanced, and refused when it is not sound."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.cohort.sheet import make_sheet, read_sheet
from radproof.errors import BadInput
from radproof.tables import write_table


def people(count: int, events: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": [f"sub-P{number:03d}" for number in range(count)],
            "event": [int(number < events) for number in range(count)],
            "site": ["north" if number % 3 else "south" for number in range(count)],
        }
    )


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(40, 120),
    share=st.floats(0.3, 0.7),
    folds=st.integers(2, 5),
    seed=st.integers(0, 99),
)
def test_splits_are_disjoint_balanced_and_complete(
    count: int, share: float, folds: int, seed: int
) -> None:
    table = people(count, round(count * share))
    sheet = make_sheet(table, "event", 0.3, folds, seed, [], {}, "d")
    assert sorted(sheet["patient"]) == sorted(table["participant_id"].str[4:])
    assert sheet["fold"].notna().equals(sheet["set"] == "train")
    merged = sheet.assign(event=table["event"])
    rates = merged.groupby("set")["event"].mean()
    assert abs(rates["train"] - rates["test"]) < 0.12
    sizes = sheet["fold"].value_counts()
    assert sizes.max() - sizes.min() <= folds


def test_the_same_seed_gives_the_same_sheet_and_another_another() -> None:
    table = people(60, 25)
    first, again, other = (make_sheet(table, "event", 0.3, 5, s, [], {}, "d") for s in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_an_external_center_is_a_set_of_its_own() -> None:
    table = people(60, 25)
    sheet = make_sheet(table, "event", 0.0, 5, 1, [], {"site": "south"}, "d")
    south = table["site"] == "south"
    assert (sheet.loc[south.to_numpy(), "set"] == "south").all()
    assert set(sheet["set"]) == {"train", "south"}


@pytest.mark.parametrize(
    ("external", "said"),
    [
        ({"site": "South"}, "nobody with site=South, expected one of north, south"),
        ({"number": "9"}, "nobody with number=9, expected one of 1, 2"),
        ({"event": "test"}, "nobody with event=test, expected one of 0, 1"),
    ],
)
def test_an_external_set_of_nobody_names_the_values_there_are(external, said: str) -> None:
    table = people(60, 25).assign(number=[1.0, 2.0, None] * 20)
    with pytest.raises(BadInput, match=said):
        make_sheet(table, "event", 0.0, 5, 1, [], external, "d")


def test_a_number_with_gaps_is_matched_as_it_is_written() -> None:
    table = people(60, 25).assign(number=[1.0, 2.0, None] * 20)
    sheet = make_sheet(table, "event", 0.0, 5, 1, [], {"number": "2"}, "d")
    assert (sheet["set"] == "2").tolist() == [False, True, False] * 20


@pytest.mark.parametrize("value", ["train", "test", "?"])
def test_an_external_set_has_a_name_of_its_own(value: str) -> None:
    table = people(60, 25).assign(site=["north", "north", value] * 20)
    with pytest.raises(BadInput, match="external set has no name of its own"):
        make_sheet(table, "event", 0.0, 5, 1, [], {"site": value}, "d")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(event=0), "too few patients of a class"),
        (lambda t: t.assign(event=[1, 1] + [0] * (len(t) - 2)), "too few patients of a class"),
        (lambda t: t.assign(event=[None] + [0, 1] * 19 + [1]), "outcome event is wrong"),
        (lambda t: pd.concat([t, t.head(1)], ignore_index=True), "participant stands twice"),
        (lambda t: t.drop(columns="event"), "no column event"),
    ],
)
def test_what_cannot_be_split_is_refused(change, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        make_sheet(change(people(40, 15)), "event", 0.3, 5, 1, [], {}, "d")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="fold"), "lacks columns"),
        (lambda t: t.assign(patient="P000"), "patient stands twice"),
        (lambda t: t.assign(patient=["p000", "P000", *t["patient"][2:]]), "patient stands twice"),
        (lambda t: t.assign(fold=None), "has no fold"),
        (lambda t: t.assign(fold="1"), "outside training has a fold"),
        (lambda t: t.assign(patient=["sub-1", *t["patient"][1:]]), "patient is not a plain label"),
        (lambda t: t.assign(set="test", fold=None), "too few folds"),
    ],
)
def test_unsound_sheets_are_refused(change, said: str, tmp_path: Path) -> None:
    sheet = make_sheet(people(40, 15), "event", 0.3, 5, 1, [], {}, "d")
    path = tmp_path / "sheet.tsv"
    write_table(change(sheet), path)
    with pytest.raises(BadInput, match=said):
        read_sheet(path)


def test_a_sheet_round_trips(tmp_path: Path) -> None:
    sheet = make_sheet(people(40, 15), "event", 0.3, 5, 1, [], {}, "d")
    write_table(sheet, tmp_path / "sheet.tsv")
    again = read_sheet(tmp_path / "sheet.tsv")
    assert again.fillna("").to_numpy().tolist() == sheet.fillna("").to_numpy().tolist()
