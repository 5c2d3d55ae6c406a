"""The flow figure shows every number of the flow, and refuses one that does not add up."""

import itertools

import matplotlib.text
import pandas as pd
import pytest
from radproof.cohort.arms import arms_of
from radproof.errors import BadInput
from radproof.figures import flow
from radproof.figures.style import ONE_COLUMN_MM

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
