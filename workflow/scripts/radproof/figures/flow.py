"""Patient flow: how many patients each step of the check left, by set."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from radproof.figures.style import ONE_COLUMN_MM, TWO_COLUMNS_MM, label_of, new_figure, print_style

LINE_MM = 3.4
PADDING_MM = 1.6
GAP_MM = 5.0
COLUMN_GAP_MM = 4.0
CHARACTER_MM = 1.62
COLUMNS = ["set", "step", "n", "n_events", "note"]


@print_style()
def draw(flow: pd.DataFrame, *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw one column of boxes a set, one box a step.

    Parameters
    ----------
    flow
        ``set``, ``step``, ``n`` patients, ``n_events`` and ``note``, steps in order.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure and the rows it shows.
    """
    plotted = flow[COLUMNS].reset_index(drop=True)
    names = list(dict.fromkeys(plotted["set"]))
    width = ONE_COLUMN_MM if len(names) < 3 else TWO_COLUMNS_MM
    column = (width - 2 - COLUMN_GAP_MM * (len(names) - 1)) / len(names)
    texts = {
        name: [_lines(row, column) for _, row in plotted[plotted["set"] == name].iterrows()]
        for name in names
    }
    height = 8 + max(sum(_height(lines) + GAP_MM for lines in boxes) for boxes in texts.values())
    figure = new_figure(width, height + 5 * simulated, simulated)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, height / (height + 5 * simulated)))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for index, name in enumerate(names):
        left = 1 + index * (column + COLUMN_GAP_MM)
        title = f"{label_of(name)} set"
        axes.text(left + column / 2, 3.5, title, ha="center", va="center", fontweight="bold")
        _draw_column(axes, texts[name], left, column)
    return figure, plotted


def _lines(row: pd.Series, column_mm: float) -> list[str]:
    events = "" if pd.isna(row["n_events"]) else f", {int(row['n_events'])} with event"
    note = "" if pd.isna(row["note"]) else str(row["note"])
    width = max(12, int((column_mm - 2 * PADDING_MM) / CHARACTER_MM))
    parts = [str(row["step"]), f"n = {int(row['n'])}{events}", note]
    return [line for part in parts for line in textwrap.wrap(part, width)]


def _height(lines: list[str]) -> float:
    return len(lines) * LINE_MM + 2 * PADDING_MM


def _draw_column(axes: Axes, boxes: list[list[str]], left: float, width: float) -> None:
    top, centre = 7.0, left + width / 2
    for index, lines in enumerate(boxes):
        height = _height(lines)
        if index:
            arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 0.8, "shrinkA": 0}
            axes.annotate("", (centre, top), (centre, top - GAP_MM), arrowprops=arrow)
        box = FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=1",
            facecolor="#F2F6FA",
            edgecolor="black",
            linewidth=0.6,
        )
        axes.add_patch(box)
        axes.text(
            centre, top + height / 2, "\n".join(lines), ha="center", va="center", linespacing=1.25
        )
        top += height + GAP_MM
