"""The nomogram: points of each predictor, their total, and the probability it stands for."""

import textwrap
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
)
from radproof.models.nomogram import nomogram, nomogram_table

LABELS_MM = 46.0
AXIS_MM = TWO_COLUMNS_MM - LABELS_MM - 8
ROW_MM = 10.0
TICK_MM = 1.2
CHARACTER_MM = 1.6
LABEL_CHARACTERS = 28

Ticks = list[tuple[float, str]]


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
    rows: list[tuple[str, Ticks, float]] = [
        ("Points", [(point, f"{point:g}") for point in range(0, 101, 10)], axes["max_points"])
    ]
    for axis in axes["variables"]:
        ticks = [(tick["points"], _level(tick["level"])) for tick in axis["axis"]]
        rows.append((_label(axis["variable"], units), ticks, axes["max_points"]))
    totals = axes["total_points"]
    widest = totals[-1] if totals else 1.0
    rows.append(("Total points", [(total, f"{total:g}") for total in totals], widest))
    risk = [(row["total_points"], f"{row['probability']:g}") for row in axes["risk"]]
    rows.append((f"Probability of {outcome}", risk, widest))
    height = ROW_MM * len(rows) + 12
    figure = new_figure(TWO_COLUMNS_MM, height + SIMULATED_STRIP_MM * simulated, simulated)
    figure.set_layout_engine("none")
    share = height / (height + SIMULATED_STRIP_MM * simulated)
    paper = figure.add_axes((0.0, 0.0, 1.0, share))
    paper.set(xlim=(0, TWO_COLUMNS_MM), ylim=(height, 0))
    paper.set_axis_off()
    for index, (label, ticks, scale) in enumerate(rows):
        _draw_axis(paper, 7 + ROW_MM * index, label, ticks, scale)
    fitted = (
        f"{label_of(model['name'])}: fitted on n = {model['n']}, {model['n_events']} with event"
    )
    paper.text(2, height - 3, fitted + ("" if totals else "; the model has no predictors"))
    return figure, table


def _level(level: Any) -> str:
    return f"{level:g}" if isinstance(level, int | float) else str(level)


def _label(variable: str, units: dict[str, str]) -> str:
    unit = units.get(variable, "")
    # A unit that ends the name already (depth_of_invasion_mm) is not said twice.
    name = variable.removesuffix(f"_{unit}") if unit else variable
    return f"{label_of(name)} ({unit})" if unit else label_of(name)


def _draw_axis(paper: Axes, y: float, label: str, ticks: Ticks, scale: float) -> None:
    """Draw one axis; where ticks crowd, labels go above and below in turn, or are left out."""
    paper.text(2, y, "\n".join(textwrap.wrap(label, LABEL_CHARACTERS)), va="center")
    if not ticks:
        return
    places = [LABELS_MM + AXIS_MM * point / scale for point, _ in ticks]
    paper.plot([min(places), max(places)], [y, y], color="black", linewidth=0.8)
    last = {-1: -1e9, 1: -1e9}
    for place, (_, text) in sorted(zip(places, ticks, strict=True), key=lambda item: item[0]):
        half = len(text) * CHARACTER_MM / 2 + 0.5
        side = next((side for side in (1, -1) if place - half > last[side]), None)
        paper.plot([place, place], [y, y + TICK_MM * (side or 1)], color="black", linewidth=0.8)
        if side is not None:
            last[side] = place + half
            offset = TICK_MM + 0.5
            align = "top" if side == 1 else "bottom"
            paper.text(place, y + side * offset, text, ha="center", va=align)
