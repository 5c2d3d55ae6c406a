"""Receiver operating characteristic of every model, with the area and its interval."""

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

COLUMNS = ["model", "set", "kind", "threshold", "sensitivity", "specificity"]
AREA = ["auc", "ci_low", "ci_high", "n", "n_events"]


@print_style()
def draw(
    roc: pd.DataFrame, discrimination: pd.DataFrame, *, simulated: bool
) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel a set: held-out patients, and training patients out of fold.

    Parameters
    ----------
    roc
        ``model set kind threshold sensitivity specificity``.
    discrimination
        ``model set kind n n_events auc ci_low ci_high``.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and the points of its curves with each curve's area.
    """
    groups = shown_groups(roc)
    shown = pd.concat([rows_of(roc, group)[COLUMNS] for group in groups])
    areas = discrimination[["model", "set", "kind", *AREA]]
    plotted = shown.merge(areas, on=["model", "set", "kind"], how="left", validate="m:1")
    models = list(dict.fromkeys(plotted["model"]))
    height = 82 + 4.2 * len(models)
    figure, panels = grid_of_panels(len(groups), 2, height, simulated)
    for axes, group in zip(panels, groups, strict=True):
        _draw_panel(axes, rows_of(plotted, group), models)
        n, n_events = rows_of(plotted, group)[["n", "n_events"]].iloc[0]
        axes.set_title(f"{kind_label(*group)}\nn = {n:.0f}, {n_events:.0f} with event")
    return figure, plotted


def _draw_panel(axes: Axes, plotted: pd.DataFrame, models: list[str]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.6)
    for index, model in enumerate(models):
        curve = plotted[plotted["model"] == model]
        if curve.empty:
            continue
        area, low, high = curve[["auc", "ci_low", "ci_high"]].iloc[0]
        axes.plot(
            1 - curve["specificity"],
            curve["sensitivity"],
            color=colour(index),
            linestyle=dashes(index),
            label=f"{label_of(model)}: {_area(area, low, high)}",
        )
    axes.set(xlabel="1 − specificity", ylabel="Sensitivity", xlim=(-0.01, 1), ylim=(0, 1.01))
    axes.set_aspect("equal")
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14),
        title="AUC (95 % interval)",
        title_fontsize=7,
        alignment="left",
    )


def _area(area: float, low: float, high: float) -> str:
    interval = "no interval" if pd.isna(low) else f"{low:.2f}–{high:.2f}"
    return "n/a" if pd.isna(area) else f"{area:.2f} ({interval})"
