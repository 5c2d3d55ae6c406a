"""Stability of features: the intraclass correlation by filter and class."""

from math import ceil

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.style import (
    GREY,
    TWO_COLUMNS_MM,
    WARNING,
    colour,
    new_figure,
    print_style,
)

COLUMNS_OF_PANELS = 3


@print_style()
def draw(
    stability: pd.DataFrame, form: str, threshold: float, *, simulated: bool
) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel a filter, one line a feature class, one dot a feature.

    Parameters
    ----------
    stability
        ``feature left_out icc ci_low ci_high n kept``; the rows that leave no fold out are shown.
    form
        Form of the intraclass correlation, as the plan names it.
    threshold
        Least intraclass correlation of a feature that is kept.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and its rows with the parts of the feature's name.
    """
    rows = stability[stability["left_out"] == "none"]
    plotted = _parts(rows["feature"]).join(rows[["feature", "icc", "ci_low", "ci_high", "n"]])
    plotted["kept"] = rows["kept"].astype(bool)
    filters = list(dict.fromkeys(plotted["filter"]))
    classes = list(dict.fromkeys(plotted["class"]))
    count = ceil(len(filters) / COLUMNS_OF_PANELS)
    width = min(len(filters), COLUMNS_OF_PANELS)
    height = count * (16 + 5.0 * len(classes)) + 8
    figure = new_figure(TWO_COLUMNS_MM, height, simulated)
    panels = figure.subplots(count, width, squeeze=False, sharex=True, sharey=True)
    for axes, name in zip(panels.flat, filters, strict=False):
        _draw_panel(axes, plotted[plotted["filter"] == name], classes, threshold)
        axes.set_title(f"{name}\n{_counts(plotted[plotted['filter'] == name])}")
        axes.set_xlabel(form)
        axes.xaxis.set_tick_params(labelbottom=True)
    for axes in panels.flat[len(filters) :]:
        axes.set_axis_off()
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure, plotted.reset_index(drop=True)


def _parts(features: pd.Series) -> pd.DataFrame:
    pattern = r"^(?P<sequence>.+?)__(?P<filter>[^_]+)_(?P<class>[^_]+)_"
    return features.str.extract(pattern)


def _counts(rows: pd.DataFrame) -> str:
    patients = sorted({int(n) for n in rows["n"].dropna()})
    shown = "–".join(str(n) for n in dict.fromkeys([patients[0], patients[-1]])) if patients else 0
    return f"n = {shown} patients"


def _draw_panel(axes: Axes, rows: pd.DataFrame, classes: list[str], threshold: float) -> None:
    for index, name in enumerate(classes):
        group = rows[rows["class"] == name]
        spread = index + 0.6 * ((pd.RangeIndex(len(group)) * 0.618034) % 1 - 0.5)
        for kept, marker, shade, label in (
            (True, "o", colour(1), "kept"),
            (False, "x", GREY, "not kept"),
        ):
            chosen = group["kept"].to_numpy() == kept
            axes.plot(
                group["icc"].to_numpy()[chosen],
                spread[chosen],
                marker,
                color=shade,
                markersize=2.5,
                markeredgewidth=0.7,
                linestyle="none",
                label=label if index == 0 else None,
            )
        if len(group):
            counts = f"{int(group['kept'].sum())}/{len(group)}"
            axes.text(1.03, index, counts, va="center", clip_on=False)
    axes.axvline(
        threshold, color=WARNING, linestyle="--", linewidth=1, label=f"threshold {threshold:g}"
    )
    axes.text(1.03, -0.9, "kept/all", va="center", clip_on=False)
    axes.set_yticks(range(len(classes)), classes)
    axes.set(ylim=(len(classes) - 0.5, -0.6), xlim=(min(-0.02, rows["icc"].min() - 0.02), 1.0))
