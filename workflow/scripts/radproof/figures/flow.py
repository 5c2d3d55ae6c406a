"""Patient flow: who entered, who was left out and why, and who was analysed, by set."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.cohort.arms import Arm, arms_of
from radproof.figures.boxes import (
    NUMBER_GAP_MM,
    PADDING_MM,
    Line,
    draw_arrow,
    draw_box,
    draw_line,
    height_of,
)
from radproof.figures.style import (
    ONE_COLUMN_MM,
    SIMULATED_STRIP_MM,
    TWO_COLUMNS_MM,
    label_of,
    new_figure,
    print_style,
    width_mm,
    wrapped,
)

COLUMNS = ["set", "step", "n", "n_events", "note"]
SETS_IN_ONE_COLUMN = 3

EDGE_MM = 1.0
COLUMN_GAP_MM = 2.5
# From a box to the side box below it, and the length of an arrow that ends at a box.
ABOVE_SIDE_MM = 2.6
ARROW_MM = 4.4
# A column at least as wide as this has room for a side box right of its middle.
WIDE_MM = 70.0
NARROW_TRUNK_MM = 3.0
BRANCH_MM = 3.6

FILL_ENTERED, FILL_EXCLUDED, FILL_ANALYSED = "#F2F6FA", "#FFFFFF", "#D6E6F4"


@dataclass(frozen=True)
class Column:
    """Where the boxes of an arm stand, in mm: main boxes, the trunk between them, the side box."""

    left: float
    width: float

    @property
    def wide(self) -> bool:
        """Return whether the trunk stands in the middle."""
        return self.width >= WIDE_MM

    @property
    def middle(self) -> float:
        """Return the middle, where an arrow from above arrives."""
        return self.left + self.width / 2

    @property
    def main(self) -> tuple[float, float]:
        """Return left edge and width of the main boxes."""
        width = 0.6 * self.width if self.wide else self.width
        return self.middle - width / 2, width

    @property
    def trunk(self) -> float:
        """Return where the line between the main boxes stands."""
        return self.middle if self.wide else self.left + NARROW_TRUNK_MM

    @property
    def side(self) -> tuple[float, float]:
        """Return left edge and width of the side box."""
        left = self.trunk + BRANCH_MM
        return left, self.left + self.width - left


@print_style()
def draw(flow: pd.DataFrame, *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw one column of boxes a set: those in the sheet, those excluded beside, those analysed.

    Parameters
    ----------
    flow
        ``set``, ``step``, ``n`` patients, ``n_events`` and ``note``: for each set ``in the sheet``,
        any number of ``excluded: <reason>``, ``analysed``, and ``empty mask: <segmenter>``,
        ``not measured: <mask>`` and ``measured in part: <mask>``, not drawn where 0. Before them
        may be ``in the data sets``: people of whom some are in no set.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure and the rows it shows.

    Raises
    ------
    BadInput
        If steps are missing or unknown, or the numbers do not add up.
    """
    plotted = flow[COLUMNS].reset_index(drop=True)
    head, arms = arms_of(plotted)
    width = ONE_COLUMN_MM if len(arms) <= SETS_IN_ONE_COLUMN else TWO_COLUMNS_MM
    whole = Column(EDGE_MM, width - 2 * EDGE_MM)
    columns = _columns(whole, len(arms))
    top = _arms_top(head, whole)
    rows = _row_heights(arms, columns[0])
    height = top + sum(rows) + EDGE_MM
    strip = SIMULATED_STRIP_MM * simulated
    figure = new_figure(width, height + strip, simulated)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, height / (height + strip)))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    if head:
        _draw_head(axes, head, whole, [column.middle for column in columns], top)
    for arm, column in zip(arms, columns, strict=True):
        _draw_arm(axes, arm, column, top, rows)
    return figure, plotted


def _columns(whole: Column, count: int) -> list[Column]:
    width = (whole.width - COLUMN_GAP_MM * (count - 1)) / count
    return [Column(whole.left + index * (width + COLUMN_GAP_MM), width) for index in range(count)]


def _entered_lines(arm: Arm, column: Column) -> list[Line]:
    title = [] if arm.analysed is None else [f"{label_of(arm.name)} set"]
    room = column.main[1] - 2 * PADDING_MM
    lines = [Line(text, bold=True) for part in title for text in wrapped(part, room, bold=True)]
    return lines + _main_lines(arm.entered, room)


def _analysed_lines(arm: Arm, column: Column) -> list[Line]:
    assert arm.analysed is not None
    room = column.main[1] - 2 * PADDING_MM
    notes = [text for note in arm.notes for text in wrapped(label_of(note), room)]
    return _main_lines(arm.analysed, room) + [Line(text, grey=True) for text in notes]


def _main_lines(row: pd.Series, room: float) -> list[Line]:
    """Return the step, its patients, those of them with the event where known, and the note."""
    step = str(row["step"])
    parts = [step[:1].upper() + step[1:], f"n = {int(row['n'])}"]
    if not pd.isna(row["n_events"]):
        parts.append(f"{int(row['n_events'])} with event")
    lines = [Line(text) for part in parts for text in wrapped(part, room)]
    note = "" if pd.isna(row["note"]) else str(row["note"])
    return lines + [Line(text, grey=True) for text in wrapped(note, room)]


def _side_lines(arm: Arm, column: Column) -> list[Line]:
    """Return how many left, then each reason with its number; nothing where nobody left."""
    if not arm.reasons:
        return []
    room = column.side[1] - 2 * PADDING_MM
    lines = [Line(text) for text in wrapped(f"Excluded: n = {arm.n_excluded}", room)]
    for reason, n in arm.reasons:
        first, *others = wrapped(reason, room - _number_room(arm.reasons))
        lines += [Line(first, number=str(n)), *(Line(text, number=" ") for text in others)]
    return lines


def _number_room(reasons: Sequence[tuple[str, int]]) -> float:
    return max(width_mm(str(n)) for _, n in reasons) + NUMBER_GAP_MM


def _between(side: float) -> float:
    """Return the distance of two main boxes with a side box of this height, 0 for none."""
    return ABOVE_SIDE_MM + side + ARROW_MM if side else ARROW_MM


def _side_height(arms: Sequence[Arm], column: Column) -> float:
    return max((height_of(_side_lines(arm, column)) for arm in arms if arm.reasons), default=0.0)


def _row_heights(arms: Sequence[Arm], column: Column) -> tuple[float, float, float]:
    """Return the heights of first boxes, of what is between, of last boxes: alike in all sets."""
    return (
        max(height_of(_entered_lines(arm, column)) for arm in arms),
        _between(_side_height(arms, column)),
        max(height_of(_analysed_lines(arm, column)) for arm in arms),
    )


def _arms_top(head: Arm | None, whole: Column) -> float:
    if head is None:
        return EDGE_MM
    above = EDGE_MM + height_of(_entered_lines(head, whole))
    return above + _between(_side_height([head], whole)) + ABOVE_SIDE_MM


def _draw_head(
    axes: Axes, head: Arm, column: Column, middles: Sequence[float], arms_top: float
) -> None:
    """Draw the participants of all data sets, and from them an arrow to each set."""
    lines = _entered_lines(head, column)
    bottom = EDGE_MM + height_of(lines)
    draw_box(axes, lines, (*column.main, EDGE_MM, height_of(lines)), FILL_ENTERED)
    split = arms_top - ARROW_MM
    draw_line(axes, [column.trunk, column.trunk], [bottom, split])
    draw_line(axes, [min(middles), max(middles)], [split, split])
    for middle in middles:
        draw_arrow(axes, (middle, split), (middle, arms_top))
    _draw_side(axes, head, column, bottom)


def _draw_arm(
    axes: Axes, arm: Arm, column: Column, top: float, rows: tuple[float, float, float]
) -> None:
    first, between, last = rows
    bottom, end = top + first, top + first + between
    draw_box(axes, _entered_lines(arm, column), (*column.main, top, first), FILL_ENTERED)
    draw_arrow(axes, (column.trunk, bottom), (column.trunk, end))
    _draw_side(axes, arm, column, bottom)
    draw_box(axes, _analysed_lines(arm, column), (*column.main, end, last), FILL_ANALYSED)


def _draw_side(axes: Axes, arm: Arm, column: Column, bottom: float) -> None:
    """Draw who left, beside the trunk below a box that ends at ``bottom``."""
    lines = _side_lines(arm, column)
    if not lines:
        return
    (left, width), top, height = column.side, bottom + ABOVE_SIDE_MM, height_of(lines)
    middle = top + height / 2
    draw_arrow(axes, (column.trunk, middle), (left, middle))
    draw_box(axes, lines, (left, width, top, height), FILL_EXCLUDED, _number_room(arm.reasons))
