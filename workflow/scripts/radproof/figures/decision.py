"""Decision curves: net benefit of treating by each model, against treating all or none."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.style import (
    GREY,
    colour,
    dashes,
    grid_of_panels,
    kind_label,
    label_of,
    print_style,
    rows_of,
    shown_groups,
)

COLUMNS = ["model", "set", "kind", "threshold", "net_benefit", "ci_low", "ci_high"]
COUNTS = ["true_positives", "false_positives"]
ALL, NONE = "all", "none"
# Bands of several models hide one another: limits stand as bars, side by side, at some thresholds.
WITH_LIMITS, APART = (0.2, 0.4, 0.6), 0.015


@print_style()
def draw(net_benefit: pd.DataFrame, *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel a set, a line a model, with the two strategies that need no model.

    Parameters
    ----------
    net_benefit
        ``model set kind threshold true_positives false_positives net_benefit ci_low ci_high``; the
        models ``all`` and ``none`` treat everybody and nobody.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure and the rows it shows.
    """
    groups = shown_groups(net_benefit)
    plotted = pd.concat([rows_of(net_benefit, group)[COLUMNS + COUNTS] for group in groups])
    models = [name for name in dict.fromkeys(plotted["model"]) if name not in (ALL, NONE)]
    figure, panels = grid_of_panels(len(groups), 2, 78, simulated)
    for axes, group in zip(panels, groups, strict=True):
        rows = rows_of(plotted, group)
        _draw_panel(axes, rows, models)
        events, others = rows.loc[rows["model"] == ALL, COUNTS].iloc[0]
        title = kind_label(*group)
        axes.set_title(f"{title}\nn = {events + others:.0f}, {events:.0f} with event")
    handles, labels = panels[0].get_legend_handles_labels()
    columns = 4 if len(groups) > 1 else 2
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    return figure, plotted.reset_index(drop=True)


def _draw_panel(axes: Axes, rows: pd.DataFrame, models: list[str]) -> None:
    styles = [
        (model, label_of(model), colour(index), dashes(index), 1.2)
        for index, model in enumerate(models)
    ]
    styles += [(ALL, "treat all", GREY, "-", 0.8), (NONE, "treat none", GREY, "--", 0.8)]
    for model, label, shade, line, width in styles:
        curve = rows[rows["model"] == model]
        axes.plot(
            curve["threshold"],
            curve["net_benefit"],
            color=shade,
            linestyle=line,
            linewidth=width,
            label=label,
        )
    for place, model in enumerate(models):
        _draw_limits(
            axes, rows[rows["model"] == model], place - (len(models) - 1) / 2, colour(place)
        )
    # Below, treating all only falls further and would squeeze the models into a line.
    highest = rows["net_benefit"].max()
    axes.set(xlim=(0, 1), ylim=(-0.15 * highest, 1.3 * highest))
    axes.set(xlabel="Threshold probability", ylabel="Net benefit (per patient)")


def _draw_limits(axes: Axes, curve: pd.DataFrame, place: float, shade: str) -> None:
    """Draw the 95 % limits of one model at some thresholds, set apart from other models' there."""
    rows = curve[curve["threshold"].isin(WITH_LIMITS) & curve["ci_low"].notna()]
    at = rows["threshold"] + APART * place
    axes.vlines(at, rows["ci_low"], rows["ci_high"], color=shade, linewidth=0.8)
    axes.plot(at, rows["net_benefit"], "o", color=shade, markersize=2)
