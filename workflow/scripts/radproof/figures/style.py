"""One look for every figure: print sizes, colours that colour-blind readers can tell apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from radproof.tables import put_in_place, write_table

ONE_COLUMN_MM = 89.0
TWO_COLUMNS_MM = 180.0
MM_PER_INCH = 25.4
POINTS_PER_INCH = 72.0
SIMULATED = "Simulated cohort"
SIMULATED_STRIP_MM = 5.0
SMALL_PT = 7.0

# Okabe & Ito 2008, without yellow, which is too light for lines on white; black first.
COLOURS = ["#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
GREY = "#8C8C8C"
WARNING = "#D55E00"
# Lines differ by more than colour, so that they can be told apart in a grey print.
DASHES: list[Any] = ["-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1))]

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL_PT,
    "axes.labelsize": SMALL_PT,
    "axes.titlesize": 7.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "savefig.dpi": 300,
    # Text stays text in SVG: it can be searched, read aloud and edited by a journal.
    "svg.fonttype": "none",
    # Without a salt of ours, identifiers inside SVG files would be random.
    "svg.hashsalt": "radproof",
    # A dollar sign in the name of a level or a centre is a dollar sign.
    "text.parse_math": False,
}


@contextmanager
def print_style() -> Iterator[None]:
    """Apply the style, whatever the user's own matplotlib settings are; also a decorator."""
    with matplotlib.style.context(["default", SETTINGS]):
        yield


def new_figure(width_mm: float, height_mm: float, simulated: bool) -> Figure:
    """Return an empty figure; that of a simulated cohort says so in a strip at its top."""
    figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), layout="constrained")
    if simulated:
        mark_simulated(figure, height_mm)
    return figure


def mark_simulated(figure: Figure, height_mm: float) -> None:
    """Write the mark of a simulated cohort in a strip kept free at the top."""
    top = 1 - SIMULATED_STRIP_MM / height_mm
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, top))  # type: ignore[call-arg]
    figure.text(
        0.995,
        1 - 0.7 / height_mm,
        SIMULATED,
        ha="right",
        va="top",
        fontsize=SMALL_PT,
        fontweight="bold",
        color=WARNING,
    )


def panel_letter(axes: Axes, letter: str, title: str) -> None:
    """Title a panel with its letter."""
    axes.set_title(f"{letter}  {title}")


def label_of(name: str) -> str:
    """Return a name of the plan as it is shown: underscores become spaces."""
    return name.replace("_", " ")


def signed(number: str) -> str:
    """Return a number as text with a minus sign in place of a hyphen, as axes have it."""
    return number.replace("-", "\N{MINUS SIGN}")


def width_mm(text: str, bold: bool = False) -> float:
    """Return how wide a line of text is."""
    weight = "bold" if bold else "normal"
    font = FontProperties(family=SETTINGS["font.family"], size=SMALL_PT, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * MM_PER_INCH / POINTS_PER_INCH


def wrapped(text: str, room_mm: float, bold: bool = False) -> list[str]:
    """Return text in lines no wider than the room; only words that are wider are broken."""
    lines = [""]
    for word in text.split():
        for piece in _broken(word, room_mm, bold):
            longer = f"{lines[-1]} {piece}".strip()
            if width_mm(longer, bold) <= room_mm:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [line for line in lines if line]


def _broken(word: str, room_mm: float, bold: bool) -> list[str]:
    """Return pieces of a word that fit the room, broken after a sign if there is one."""
    if width_mm(word, bold) <= room_mm or len(word) == 1:
        return [word]
    fits = [end for end in range(1, len(word)) if width_mm(word[:end], bold) <= room_mm] or [1]
    end = max((end for end in fits if word[end - 1] in "_-/"), default=fits[-1])
    return [word[:end], *_broken(word[end:], room_mm, bold)]


def kind_label(set_name: str, kind: str) -> str:
    """Return how predictions are called in a panel's title."""
    words = {"held_out": "held out", "out_of_fold": "out of fold", "apparent": "apparent"}
    return f"{label_of(set_name)}, {words.get(kind, kind)}"


def shown_groups(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (set, kind of predictions) in order, held-out ones first, apparent ones left out.

    Apparent performance flatters, so that no figure shows it.
    """
    groups = list(dict.fromkeys(zip(table["set"], table["kind"], strict=True)))
    shown = [group for group in groups if group[1] != "apparent"]
    return sorted(shown, key=lambda group: group[1] != "held_out")


def judged_groups(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the groups a study is judged by: held out, or out of fold where none is held out."""
    groups = shown_groups(table)
    held_out = [group for group in groups if group[1] == "held_out"]
    return held_out or groups


def rows_of(table: pd.DataFrame, group: tuple[str, str]) -> pd.DataFrame:
    """Return the rows of a set and kind of predictions."""
    return table[(table["set"] == group[0]) & (table["kind"] == group[1])]


def grid_of_panels(
    count: int, columns: int, panel_height_mm: float, simulated: bool
) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``count`` panels of a kind, one column wide where there is just one."""
    rows, columns = -(-count // columns), min(count, columns)
    width = ONE_COLUMN_MM if columns == 1 else TWO_COLUMNS_MM
    figure = new_figure(width, rows * panel_height_mm, simulated)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels[count:]:
        axes.set_axis_off()
    return figure, panels[:count]


def colour(index: int) -> str:
    """Return the colour of the series with this index."""
    return COLOURS[index % len(COLOURS)]


def dashes(index: int) -> Any:
    """Return the line style of the series with this index."""
    return DASHES[index % len(DASHES)]


def save(figure: Figure, plotted: pd.DataFrame, svg: Path, png: Path, tsv: Path) -> None:
    """Write a figure as SVG and PNG, and the plotted numbers beside it; the same bytes each time.

    Neither file carries a date nor the name of the program that wrote it.
    """
    with print_style(), put_in_place(svg) as unfinished:
        figure.savefig(unfinished, format="svg", metadata={"Date": None, "Creator": None})
    with print_style(), put_in_place(png) as unfinished:
        figure.savefig(unfinished, format="png", metadata={"Software": None})
    write_table(plotted, tsv)
