"""The study as it ran: a row of boxes a stage, with the numbers of its results."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.boxes import (
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
    new_figure,
    print_style,
    wrapped,
)

EDGE_MM, STAGE_MM, GAP_MM, WIDEST_MM = 1.0, 24.0, 2.5, 50.0
# From a box down to the line that joins the boxes of a stage, and from there an arrow.
STEM_MM, ARROW_MM = 2.0, 4.0
FILLS = ("#F2F6FA", "#D6E6F4")
Box = list[Line]


@print_style()
def draw(numbers: pd.DataFrame, *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw the stages below one another, the boxes of each beside one another.

    Parameters
    ----------
    numbers
        As `radproof.figures.study_numbers.study_numbers` returns them.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure and the rows it shows.
    """
    alone = numbers.groupby("stage")["box"].nunique().max() == 1
    width = ONE_COLUMN_MM if alone else TWO_COLUMNS_MM
    stages = {
        str(stage): [_lines(box, width, rows["box"].nunique()) for box in _boxes(rows)]
        for stage, rows in numbers.groupby("stage", sort=False)
    }
    heights = [max(map(height_of, boxes)) for boxes in stages.values()]
    height = sum(heights) + (STEM_MM + ARROW_MM) * (len(stages) - 1) + 2 * EDGE_MM
    strip = SIMULATED_STRIP_MM * simulated
    figure = new_figure(width, height + strip, simulated)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, height / (height + strip)))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    top, above = EDGE_MM, None
    for place, (stage, boxes) in enumerate(stages.items()):
        places = _places(width, len(boxes))
        _draw_stage(axes, stage, boxes, places, (top, heights[place]), FILLS[place % 2])
        middles = [left + own / 2 for left, own in places]
        if above:
            _join(axes, above, middles, top)
        above = middles
        top += heights[place] + STEM_MM + ARROW_MM
    return figure, numbers


def _boxes(rows: pd.DataFrame) -> list[pd.DataFrame]:
    return [box for _, box in rows.groupby("box", sort=False)]


def _places(whole: float, count: int) -> list[tuple[float, float]]:
    """Return left edge and width of each box of a stage, together in the middle, in mm."""
    room = whole - EDGE_MM - STAGE_MM
    width = min(WIDEST_MM, (room - GAP_MM * (count - 1)) / count)
    first = STAGE_MM + (room - width * count - GAP_MM * (count - 1)) / 2
    return [(first + place * (width + GAP_MM), width) for place in range(count)]


def _lines(box: pd.DataFrame, width: float, count: int) -> Box:
    """Return the lines of one of several boxes: its name and its numbers."""
    room = _places(width, count)[0][1] - 2 * PADDING_MM
    title = wrapped(str(box["box"].iloc[0]), room, bold=True)
    shown = [line for text in box["shown"] for line in wrapped(text, room)]
    return [*(Line(text, bold=True) for text in title), *map(Line, shown)]


def _draw_stage(
    axes: Axes,
    stage: str,
    boxes: list[Box],
    places: list[tuple[float, float]],
    rows: tuple[float, float],
    fill: str,
) -> None:
    top, height = rows
    name = "\n".join(wrapped(stage, STAGE_MM - 2 * EDGE_MM, bold=True))
    axes.text(EDGE_MM, top + height / 2, name, va="center", fontweight="bold")
    for lines, (left, width) in zip(boxes, places, strict=True):
        draw_box(axes, lines, (left, width, top, height), fill)


def _join(axes: Axes, above: list[float], below: list[float], top: float) -> None:
    """Draw the way from the boxes of a stage, by one line, to those of the next."""
    line = top - ARROW_MM
    for middle in above:
        draw_line(axes, [middle, middle], [line - STEM_MM, line])
    draw_line(axes, [min(above + below), max(above + below)], [line, line])
    for middle in below:
        draw_arrow(axes, (middle, line), (middle, top))
