"""Stability of features: the intraclass correlation by filter, class and comparison of masks."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radproof.figures.style import (
    GREY,
    ONE_COLUMN_MM,
    TWO_COLUMNS_MM,
    colour,
    label_of,
    new_figure,
    print_style,
    width_mm,
)
from radproof.folds import NONE
from radproof.radiomics.feature_names import PARTS, name_parts

# A lane is as high as a line of the smallest text, so that counts stand beside each.
LANE_MM, FRAME_MM, LABELS_MM, LEGEND_ROW_MM = 2.6, 10.0, 10.0, 4.0
CLASS_GAP = 0.6
# Correlations below 0 are no agreement, however far below: they stand at the axis' end.
LOW_END, HIGH_END, BELOW = -0.06, 1.02, -0.035
# Beside the text of an entry of the legend: its handle and room.
HANDLE_MM = 12.0
MARKERS = "oDs^v"
NUMBERS = ["icc", "ci_low", "ci_high", "n", "passed"]
COLUMNS = ["between", *PARTS, "feature", *NUMBERS]
NAMED = {"estimate": "{form}", "lower": "lower 95 % bound of {form}"}


@print_style()
def draw(
    table: pd.DataFrame,
    decides: Mapping[str, bool],
    settings: Mapping[str, Any],
    *,
    simulated: bool,
) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel a filter, a row a class, and in it a lane a comparison: a dot a feature.

    Parameters
    ----------
    table
        As `radproof.radiomics.stability.correlations` returns it; the rows that leave no fold out
        are shown.
    decides
        Comparison → whether it decides which features are kept; those that do come first.
    settings
        ``form threshold bound`` of stability.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and its numbers: ``between sequence filter class feature icc ci_low ci_high n
        passed``.
    """
    rows = table[table["left_out"] == NONE]
    plotted = rows.join(name_parts(rows["feature"]))[COLUMNS].reset_index(drop=True)
    plotted["passed"] = plotted["passed"].astype(bool)
    filters = list(dict.fromkeys(plotted["filter"]))
    classes = list(dict.fromkeys(plotted["class"]))
    lanes = sorted(decides, key=lambda name: not decides[name])
    judged = _judged(plotted, settings["bound"])
    entries = _entries(lanes, decides, settings["threshold"], bool((judged < 0).any()))
    figure, panels = _panels(len(filters), len(classes), len(lanes), entries, simulated)
    across = _across(len(filters))
    for index, (axes, name) in enumerate(zip(panels, filters, strict=True)):
        own = plotted[plotted["filter"] == name]
        for lane, comparison in enumerate(lanes):
            chosen = own[own["between"] == comparison]
            _draw_lane(axes, chosen, classes, lane, len(lanes), settings["bound"])
        axes.axvline(settings["threshold"], color="black", linestyle="--", linewidth=0.8, zorder=0)
        axes.set_title(f"{name}\n{_counts(own)}")
        axes.set_yticks([_middle(place, len(lanes)) for place in range(len(classes))], classes)
        axes.set(ylim=(_middle(len(classes) - 0.5, len(lanes)), -0.8), xlim=(LOW_END, HIGH_END))
        axes.tick_params(axis="y", length=0)
        if index + across >= len(filters):
            axes.set_xlabel(NAMED[settings["bound"]].format(form=settings["form"]))
            axes.xaxis.set_tick_params(labelbottom=True)
    return figure, plotted


def _panels(
    filters: int, classes: int, lanes: int, entries: Sequence[Line2D], simulated: bool
) -> tuple[Figure, Sequence[Axes]]:
    """Return the figure with its legend, and a panel a filter; one alone fills a column."""
    across = _across(filters)
    down = ceil(filters / across)
    width = ONE_COLUMN_MM if filters == 1 else TWO_COLUMNS_MM
    widest = max(width_mm(str(entry.get_label())) for entry in entries) + HANDLE_MM
    beside = max(1, min(len(entries), int(width / widest)))
    legend = LEGEND_ROW_MM * ceil(len(entries) / beside)
    height = down * (FRAME_MM + LANE_MM * classes * (lanes + CLASS_GAP)) + LABELS_MM + legend
    figure = new_figure(width, height, simulated)
    panels = list(figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).flat)
    for axes in panels[filters:]:
        axes.set_axis_off()
    figure.legend(handles=list(entries), loc="outside lower center", ncols=beside)
    return figure, panels[:filters]


def _across(filters: int) -> int:
    """Return how many panels stand beside each other: three, of more than six four."""
    return min(filters, 4 if filters > 6 else 3)


def _entries(
    lanes: Sequence[str], decides: Mapping[str, bool], threshold: float, below: bool
) -> list[Line2D]:
    """Return what the legend explains: comparisons, dots, the threshold."""
    entries = [
        Line2D(
            [],
            [],
            marker=MARKERS[lane % len(MARKERS)],
            color=colour(lane + 1),
            linewidth=2.2,
            markersize=4,
            label=f"{label_of(name)} ({'decides' if decides[name] else 'reported only'})",
        )
        for lane, name in enumerate(lanes)
    ]
    dot: dict[str, Any] = {"linestyle": "none", "color": GREY, "markersize": 3}
    entries.append(Line2D([], [], marker=".", label="one feature", **dot))
    if below:
        entries.append(Line2D([], [], marker="<", label="feature below 0", **dot))
    line: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 0.8}
    entries.append(Line2D([], [], label=f"threshold {threshold:g}", **line))
    return [*entries, Line2D([], [], linestyle="none", label="right: features passed/all")]


def _middle(place: float, lanes: int) -> float:
    """Return the height of the middle of a class, in lanes."""
    return place * (lanes + CLASS_GAP) + (lanes - 1) / 2


def _draw_lane(
    axes: Axes, rows: pd.DataFrame, classes: Sequence[str], lane: int, lanes: int, bound: str
) -> None:
    """Draw one comparison: features as dots, and of each class median, quartiles, and interval."""
    look = colour(lane + 1)
    for place, name in enumerate(classes):
        group = rows[rows["class"] == name]
        if group.empty:
            continue
        height = place * (lanes + CLASS_GAP) + lane
        judged = _judged(group, bound)
        # A fixed scatter in height, in order of the rows, instead of a random one.
        spread = height + 0.7 * ((np.arange(len(group)) * 0.618034) % 1 - 0.5)
        for chosen, marker, size in ((judged >= 0, ".", 1.6), (judged < 0, "<", 1.2)):
            places = judged[chosen].clip(lower=BELOW)
            axes.plot(places, spread[chosen], marker, color=GREY, ms=size, alpha=0.6, zorder=1)
        low, middle, high = judged.quantile([0.25, 0.5, 0.75]).clip(lower=BELOW)
        if bound == "estimate":
            ends = group["ci_low"].median(), group["ci_high"].median()
            axes.plot(ends, [height] * 2, color=look, linewidth=0.6, zorder=2)
        bar: dict[str, Any] = {"color": look, "linewidth": 2.2, "solid_capstyle": "butt"}
        axes.plot([low, high], [height] * 2, zorder=3, **bar)
        marker = MARKERS[lane % len(MARKERS)]
        axes.plot(middle, height, marker, color=look, mec="white", mew=0.4, ms=4, zorder=4)
        counts = f"{int(group['passed'].sum())}/{len(group)}"
        axes.annotate(
            counts,
            (1.0, height),
            (2, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            color=look,
            annotation_clip=False,
        )


def _judged(rows: pd.DataFrame, bound: str) -> pd.Series:
    """Return what is held against the threshold; masks that agree perfectly have no interval."""
    return rows["ci_low"].fillna(rows["icc"]) if bound == "lower" else rows["icc"]


def _counts(rows: pd.DataFrame) -> str:
    patients = sorted({int(n) for n in rows["n"]})
    shown = "–".join(str(n) for n in dict.fromkeys([patients[0], patients[-1]]))
    return f"n = {shown} patients"
