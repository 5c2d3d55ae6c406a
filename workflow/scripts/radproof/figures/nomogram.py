"""The nomogram: points of each predictor, their total, and the probability it stands for."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.style import (
    SIMULATED_STRIP_MM,
    TWO_COLUMNS_MM,
    label_of,
    new_figure,
    print_style,
    signed,
)
from radproof.models.nomogram import nomogram, nomogram_table

LABELS_MM = 46.0
AXIS_MM = TWO_COLUMNS_MM - LABELS_MM - 8
ROW_MM = 10.0
TICK_MM = 1.2
LEAD_MM = 1.0
LINE_MM = 2.8
CHARACTER_MM = 1.6
LABEL_CHARACTERS = 28


@dataclass(frozen=True)
class _Scale:
    """One axis: ticks as points and label; ``widest`` points fill the width of the page.

    ``lines`` is how many lines of labels there is room for below it.
    """

    label: str
    ticks: list[tuple[float, str]]
    widest: float
    categorical: bool = False
    lines: int = 1


@dataclass(frozen=True)
class _Label:
    """A tick and where its label stands: 1 is below, -1 above the axis; in mm across the page."""

    text: str
    place: float
    centre: float
    side: int
    line: int = 0


@print_style()
def draw(model: dict[str, Any], outcome: str, *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw the nomogram of a logistic model.

    Parameters
    ----------
    model
        The model as ``model.json`` holds it, of kind ``logistic``.
    outcome
        What the event is, for the axis of probability.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and its axes as rows ``axis level points``.
    """
    axes = nomogram(model)
    table = nomogram_table(axes)
    units = {entry["name"]: entry.get("unit", "") for entry in model["clinical"]}
    units |= {name: "score" for name in model["features"] if name not in units}
    points = [(float(point), f"{point}") for point in range(0, 101, 10)]
    rows = [_Scale("Points", points, axes["max_points"])]
    for axis in axes["variables"]:
        ticks = [(tick["points"], _level(tick["level"])) for tick in axis["axis"]]
        categorical = all(isinstance(tick["level"], str) for tick in axis["axis"])
        label = _label(axis["variable"], units)
        rows.append(_Scale(label, ticks, axes["max_points"], categorical))
    totals = axes["total_points"]
    widest = totals[-1] if totals else 1.0
    rows.append(_Scale("Total points", [(total, f"{total:g}") for total in totals], widest))
    risk = [(row["total_points"], f"{row['probability']:g}") for row in axes["risk"]]
    rows.append(_Scale(f"Probability of {outcome}", risk, widest, lines=2))
    height = ROW_MM * len(rows) + 12 + LINE_MM
    figure = new_figure(TWO_COLUMNS_MM, height + SIMULATED_STRIP_MM * simulated, simulated)
    figure.set_layout_engine("none")
    share = height / (height + SIMULATED_STRIP_MM * simulated)
    paper = figure.add_axes((0.0, 0.0, 1.0, share))
    paper.set(xlim=(0, TWO_COLUMNS_MM), ylim=(height, 0))
    paper.set_axis_off()
    for index, row in enumerate(rows):
        _draw_axis(paper, 7 + ROW_MM * index, row)
    fitted = (
        f"{label_of(model['name'])}: fitted on n = {model['n']}, {model['n_events']} with event"
    )
    paper.text(2, height - 3, fitted + ("" if totals else "; the model has no predictors"))
    return figure, table


def _level(level: Any) -> str:
    return signed(f"{level:g}") if isinstance(level, int | float) else str(level)


def _label(variable: str, units: dict[str, str]) -> str:
    unit = units.get(variable, "")
    # A unit that ends the name already (depth_of_invasion_mm) is not said twice.
    name = variable.removesuffix(f"_{unit}") if unit else variable
    return f"{label_of(name)} ({unit})" if unit else label_of(name)


def _draw_axis(paper: Axes, y: float, scale: _Scale) -> None:
    """Draw one axis, its labels above and below it where ticks crowd."""
    paper.text(2, y, "\n".join(textwrap.wrap(scale.label, LABEL_CHARACTERS)), va="center")
    if not scale.ticks:
        return
    ticks = sorted((LABELS_MM + AXIS_MM * at / scale.widest, text) for at, text in scale.ticks)
    paper.plot([ticks[0][0], ticks[-1][0]], [y, y], color="black", linewidth=0.8)
    for label in _levels(ticks) if scale.categorical else _numbers(ticks, scale.lines):
        tick = y + label.side * (TICK_MM + LINE_MM * label.line)
        paper.plot([label.place, label.place], [y, tick], color="black", linewidth=0.8)
        lead = label.side * LEAD_MM * (label.centre > label.place)
        paper.plot([label.place, label.centre], [tick, tick + lead], color="black", linewidth=0.5)
        align = "top" if label.side == 1 else "bottom"
        at = tick + lead + label.side * 0.5
        paper.text(label.centre, at, label.text, ha="center", va=align)


def _half(text: str) -> float:
    return len(text) * CHARACTER_MM / 2 + 0.5


def _levels(ticks: list[tuple[float, str]]) -> Iterator[_Label]:
    """Yield labels of categories; one without room moves to the right, and a line leads to it."""
    free = {1: -1e9, -1: -1e9}
    for place, text in ticks:
        half = _half(text)
        side = min(free, key=lambda side: max(free[side] + half, place))
        centre = max(free[side] + half, place)
        free[side] = centre + half
        yield _Label(text, place, centre, side)


def _numbers(ticks: list[tuple[float, str]], lines: int) -> Iterator[_Label]:
    """Yield labels of numbers, from the middle outwards; without room for it, one is left empty."""
    rooms = [(1, 0), (-1, 0), *((1, line) for line in range(1, lines))]
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {room: [] for room in rooms}
    middle = (len(ticks) - 1) / 2
    for index in sorted(range(len(ticks)), key=lambda index: abs(index - middle)):
        place, text = ticks[index]
        ends = place - _half(text), place + _half(text)
        for side, line in rooms:
            # A tick that leads to a further line crosses those before it.
            crossed = [(side, before) for before in range(line)]
            if _is_free(taken[side, line], ends) and all(
                _is_free(taken[room], (place, place)) for room in crossed
            ):
                taken[side, line].append(ends)
                for room in crossed:
                    taken[room].append((place, place))
                yield _Label(text, place, place, side, line)
                break
        else:
            yield _Label("", place, place, 1)


def _is_free(taken: list[tuple[float, float]], ends: tuple[float, float]) -> bool:
    return all(ends[1] <= low or ends[0] >= high for low, high in taken)
