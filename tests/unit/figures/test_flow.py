"""The flow figure shows every number of the flow, and refuses one that does not add up."""

import itertools

import matplotlib.text
import pandas as pd
import pytest
from radproof.cohort.arms import arms_of
from radproof.cohort.flow import with_empty_masks, with_unmeasured
from radproof.errors import BadInput
from radproof.figures import flow
from radproof.figures.style import ONE_COLUMN_MM
from radproof.tables import read_table, write_table

REASONS = [
    "file is missing",
    "mask lies on another grid than the reference sequence",
    "mask touches the edge of the volume",
    "header field descrip may hold a person's name",
    "image has values that are not finite",
    "two sequences are the same file",
]


def table(sets: int = 2, reasons: int = 2, unlisted: int = 0) -> pd.DataFrame:
    rows: list[list[object]] = []
    for number in range(sets):
        name, stayed = f"set{number}", 40 + number
        left = [7 + reason for reason in range(reasons)]
        rows.append([name, "in the sheet", stayed + sum(left), None, None])
        for reason, n in zip(REASONS, left, strict=False):
            rows.append([name, f"excluded: {reason}", n, None, "P1"])
        rows.append([name, "analysed", stayed, 13, "2 with a missing sequence, zeros there"])
    if unlisted:
        entered = sum(int(str(row[2])) for row in rows if row[1] == "in the sheet")
        head = [["all", "in the data sets", entered + unlisted, None, None]]
        head.append(["all", "excluded: in no row of the sheet", unlisted, None, None])
        rows = head + rows
    made = pd.DataFrame(rows, columns=flow.COLUMNS)
    return made.astype({"n": "Int64", "n_events": "Int64"})


def texts_of(figure) -> list[matplotlib.text.Text]:
    figure.draw_without_rendering()
    return [text for text in figure.findobj(matplotlib.text.Text) if text.get_text().strip()]


@pytest.mark.parametrize("unlisted", [0, 5])
def test_every_number_and_reason_is_shown(unlisted):
    rows = table(unlisted=unlisted)
    figure, plotted = flow.draw(rows, simulated=False)
    shown = " ".join(text.get_text() for text in texts_of(figure))
    for n in rows["n"]:
        assert f"{n}" in shown
    assert "file is missing" in shown and "13 with event" in shown
    assert "zeros" in shown
    assert ("in no row of the sheet" in shown) == bool(unlisted)
    pd.testing.assert_frame_equal(plotted, rows)


@pytest.mark.parametrize(("sets", "reasons"), [(1, 6), (2, 6), (3, 6), (3, 0), (5, 3)])
def test_no_text_overlaps_or_leaves_the_page(sets, reasons):
    figure, _ = flow.draw(table(sets, reasons, unlisted=3), simulated=True)
    renderer = figure._get_renderer()
    boxes = [text.get_window_extent(renderer) for text in texts_of(figure)]
    width, height = figure.get_size_inches() * figure.dpi
    assert all(box.x0 >= 0 and box.x1 <= width + 1 for box in boxes)
    assert all(box.y0 >= 0 and box.y1 <= height + 1 for box in boxes)
    shrunk = [box.shrunk(0.98, 0.7) for box in boxes]
    assert not any(first.overlaps(second) for first, second in itertools.combinations(shrunk, 2))
    if sets <= 3:
        assert width / figure.dpi * 25.4 == pytest.approx(ONE_COLUMN_MM, abs=0.1)


def test_unknown_events_are_no_number():
    rows = table(1, 0)
    rows.loc[0, "n_events"] = pd.NA
    figure, _ = flow.draw(rows, simulated=False)
    assert "nan" not in " ".join(text.get_text().lower() for text in texts_of(figure))


@pytest.mark.parametrize("row", [0, 1, 3])
def test_a_flow_that_does_not_add_up_is_refused(row):
    rows = table()
    rows.loc[row, "n"] += 1
    with pytest.raises(BadInput, match="does not add up in the set set0"):
        arms_of(rows)


def test_participants_must_be_those_of_the_sets_and_those_in_none():
    rows = table(unlisted=4)
    rows.loc[1, "n"] = 3
    with pytest.raises(BadInput, match="does not add up in the set all"):
        arms_of(rows)


def test_an_unknown_step_is_refused():
    rows = table()
    rows.loc[1, "step"] = "went home"
    with pytest.raises(BadInput, match="cannot be read in the set set0"):
        arms_of(rows)


def empties(**counts: list[int]) -> list[tuple[str, pd.DataFrame]]:
    """Tables of masks as two jobs write them: by segmenter, how many are empty in each set."""
    found = []
    for segmenter, empty in counts.items():
        for number, n in enumerate(empty):
            rows = [{"set": f"set{number}", "empty": patient < n} for patient in range(40)]
            found += [(segmenter, pd.DataFrame(part)) for part in (rows[:7], rows[7:])]
    return found


def test_empty_masks_are_said_under_the_set_and_counted_in_the_table():
    rows = with_empty_masks(table(), empties(unet=[1, 0], wide_net=[2, 0]))
    figure, plotted = flow.draw(rows, simulated=False)
    shown = " ".join(text.get_text() for text in texts_of(figure))
    assert "unet: 1 empty mask, features missing" in shown
    assert "wide net: 2 empty masks, features missing" in shown
    assert shown.count("empty") == 2
    counted = plotted[plotted["step"].str.startswith("empty mask: ")]
    assert counted[["set", "step", "n"]].values.tolist() == [
        ["set0", "empty mask: unet", 1],
        ["set1", "empty mask: unet", 0],
        ["set0", "empty mask: wide_net", 2],
        ["set1", "empty mask: wide_net", 0],
    ]
    pd.testing.assert_frame_equal(plotted.iloc[: len(table())], table())


def test_where_no_mask_is_empty_nothing_is_added_to_the_drawing():
    without, _ = flow.draw(table(), simulated=False)
    rows = with_empty_masks(table(), empties(unet=[0, 0]))
    figure, _ = flow.draw(rows, simulated=False)
    assert [text.get_text() for text in texts_of(figure)] == [
        text.get_text() for text in texts_of(without)
    ]
    pd.testing.assert_frame_equal(with_empty_masks(table(), []), table())


@pytest.mark.parametrize("known", [True, False])
def test_counts_stay_whole_numbers_whether_all_events_are_known_or_not(tmp_path, known):
    rows = table(2, reasons=0 if known else 2)
    rows.loc[rows["step"] == "in the sheet", "n_events"] = 13 if known else pd.NA
    write_table(rows.assign(note=None), tmp_path / "flow.tsv")
    read = read_table(tmp_path / "flow.tsv")
    _, plotted = flow.draw(with_empty_masks(read, empties(unet=[1, 0])), simulated=False)
    assert (plotted["n"].dtype, plotted["n_events"].dtype) == ("Int64", "Int64")
    assert plotted["n"].iloc[-2:].tolist() == [1, 0]


def test_the_sum_of_a_set_does_not_count_empty_masks():
    _, arms = arms_of(with_empty_masks(table(), empties(unet=[3, 0])))
    assert [arm.empty_masks for arm in arms] == [{"unet": 3}, {"unet": 0}]
    assert all(arm.n_excluded == 15 for arm in arms)


LOST = ["set", "patient", "mask", "n_features", "n_missing"]


def lost(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    """What extraction missed: set, patient, mask, how many of its 9 features."""
    return pd.DataFrame([(*row[:3], 9, row[3]) for row in rows], columns=LOST)


def test_masks_that_are_not_measured_whole_are_counted_in_the_table() -> None:
    whole = lost(("set0", "p1", "unet", 9), ("set0", "p2", "unet", 2), ("set1", "p3", "rater1", 9))
    rows = with_unmeasured(table(unlisted=4), [whole], ["rater1", "unet"])
    added = rows.iloc[len(table(unlisted=4)) :]
    assert added[["set", "step", "n"]].values.tolist() == [
        ["set0", "not measured: rater1", 0],
        ["set0", "measured in part: rater1", 0],
        ["set0", "not measured: unet", 1],
        ["set0", "measured in part: unet", 1],
        ["set1", "not measured: rater1", 1],
        ["set1", "measured in part: rater1", 0],
        ["set1", "not measured: unet", 0],
        ["set1", "measured in part: unet", 0],
    ]
    assert (rows["n"].dtype, rows["n_events"].dtype) == ("Int64", "Int64")
    arms_of(rows)


def test_a_mask_measured_in_one_of_two_regions_is_measured_in_part() -> None:
    whole = lost(("set0", "p1", "unet", 9), ("set0", "p2", "unet", 9))
    shell = lost(("set0", "p1", "unet", 9), ("set1", "p3", "unet", 1))
    rows = with_unmeasured(table(), [whole, shell], ["unet"]).iloc[len(table()) :]
    assert rows["n"].tolist() == [1, 1, 0, 1]


def test_where_all_is_measured_only_zeros_are_added(tmp_path) -> None:
    write_table(lost(), tmp_path / "unmeasured.tsv")
    read = [read_table(tmp_path / "unmeasured.tsv")] * 2
    rows = with_unmeasured(table(), read, ["unet"])
    assert rows["n"].iloc[len(table()) :].tolist() == [0] * 4
    without, _ = flow.draw(table(), simulated=False)
    drawn, _ = flow.draw(rows, simulated=False)
    assert len(texts_of(drawn)) == len(texts_of(without))


def said_of(empty: list[int], *unmeasured: tuple[str, str, str, int]) -> list[str]:
    rows = with_empty_masks(table(), empties(unet=empty))
    _, arms = arms_of(with_unmeasured(rows, [lost(*unmeasured)], ["rater1", "unet"]))
    return arms[0].notes


def test_an_empty_mask_is_not_said_twice() -> None:
    p1, p2 = ("set0", "p1", "unet", 9), ("set0", "p2", "unet", 9)
    assert said_of([1, 0], p1) == ["unet: 1 empty mask, features missing"]
    assert said_of([1, 0], p1, p2) == ["unet: 2 masks not measured, 1 of them empty"]
    assert said_of([0, 0], p1) == ["unet: 1 mask not measured"]
    assert said_of([0, 0]) == []


def test_masks_not_measured_are_drawn_under_their_set() -> None:
    found = [("set1", "p1", "rater1", 3), ("set1", "p2", "rater1", 3), ("set1", "p3", "unet", 9)]
    rows = with_unmeasured(table(), [lost(*found)], ["rater1", "unet"])
    figure, _ = flow.draw(rows, simulated=False)
    shown = " ".join(text.get_text() for text in texts_of(figure))
    assert "rater1: 2 masks measured in part" in shown
    assert "unet: 1 mask not measured" in shown
    assert shown.count("measured") == 2
