"""Boxes of lines of text and the arrows between them, in mm."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from radproof.figures.style import GREY

LINE_MM = 3.2
PADDING_MM = 1.6
NUMBER_GAP_MM = 1.3
DARK_GREY = "#595959"


@dataclass(frozen=True)
class Line:
    """A line of a box; ``number`` stands in a column of its own, left of the text."""

    text: str
    number: str = ""
    bold: bool = False
    grey: bool = False


def height_of(lines: Sequence[Line]) -> float:
    """Return the height of the box of some lines, in mm."""
    return len(lines) * LINE_MM + 2 * PADDING_MM


def draw_box(
    axes: Axes,
    lines: Sequence[Line],
    place: tuple[float, float, float, float],
    fill: str,
    number_room: float | None = None,
) -> None:
    """Draw a box at (left, width, top, height), in mm from the top left of the axes.

    Text is centred where there is no room for numbers, in mm; with it, numbers stand in a column
    left of the text and the edge is grey.
    """
    left, width, top, height = place
    style = "round,pad=0,rounding_size=0.8"
    edge = "black" if number_room is None else GREY
    axes.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle=style,
            facecolor=fill,
            edgecolor=edge,
            linewidth=0.6,
        )
    )
    first = top + (height - len(lines) * LINE_MM) / 2
    for index, line in enumerate(lines):
        baseline = first + (index + 0.76) * LINE_MM
        if number_room is None:
            _write(axes, left + width / 2, baseline, line, "center")
            continue
        start = left + PADDING_MM
        if line.number.strip():
            number = start + number_room - NUMBER_GAP_MM
            _write(axes, number, baseline, Line(line.number), "right")
        _write(axes, start + number_room * bool(line.number), baseline, line, "left")


def _write(axes: Axes, x: float, y: float, line: Line, align: str) -> None:
    axes.text(
        x,
        y,
        line.text,
        ha=align,
        va="baseline",
        fontweight="bold" if line.bold else "normal",
        color=DARK_GREY if line.grey else "black",
        parse_math=False,
    )


def draw_line(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """Draw a line through points, behind the boxes."""
    axes.plot(x, y, color="black", linewidth=0.8, solid_capstyle="projecting", zorder=0)


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow that ends at a point, behind the boxes."""
    style = {"arrowstyle": "-|>", "color": "black", "linewidth": 0.8, "mutation_scale": 7}
    axes.annotate("", end, start, arrowprops={**style, "shrinkA": 0, "shrinkB": 0}, zorder=0)
