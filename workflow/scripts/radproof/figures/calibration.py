"""Calibration: the risk observed against the risk predicted, a panel a model."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.style import (
    GREY,
    colour,
    grid_of_panels,
    judged_groups,
    kind_label,
    label_of,
    print_style,
    rows_of,
    signed,
)

COLUMNS = ["model", "set", "kind", "curve", "predicted", "observed", "ci_low", "ci_high", "n"]
MARKERS = "os^D"


@print_style()
def draw(
    curve: pd.DataFrame, calibration: pd.DataFrame, *, simulated: bool
) -> tuple[Figure, pd.DataFrame]:
    """Draw groups of patients with intervals, the smooth curve, and slope and intercept.

    Held-out patients are shown; where there are none, training patients out of fold.

    Parameters
    ----------
    curve
        ``model set kind curve predicted observed ci_low ci_high n``; ``curve`` is ``grouped`` or
        ``loess``.
    calibration
        ``model set kind n n_events slope intercept`` with ``slope_ci_low`` and the like.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure and the rows of ``curve`` that it shows.
    """
    groups = judged_groups(curve)
    plotted = pd.concat([rows_of(curve, group)[COLUMNS] for group in groups], ignore_index=True)
    models = list(dict.fromkeys(plotted["model"]))
    figure, panels = grid_of_panels(len(models), 3, 70 + 13.0 * len(groups), simulated)
    for axes, model in zip(panels, models, strict=True):
        lines = []
        for index, group in enumerate(groups):
            rows = rows_of(plotted, group)
            _draw_group(axes, rows[rows["model"] == model], index)
            numbers = rows_of(calibration, group)
            lines.append(_numbers(group, numbers[numbers["model"] == model]))
        _finish_panel(axes, label_of(model), "\n".join(lines))
    handles, labels = panels[0].get_legend_handles_labels()
    handles, labels = [*handles[-1:], *handles[:-1]], [*labels[-1:], *labels[:-1]]
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure, plotted


def _draw_group(axes: Axes, rows: pd.DataFrame, index: int) -> None:
    grouped = rows[rows["curve"] == "grouped"]
    smooth = rows[rows["curve"] == "loess"]
    limits = [grouped["observed"] - grouped["ci_low"], grouped["ci_high"] - grouped["observed"]]
    axes.errorbar(
        grouped["predicted"],
        grouped["observed"],
        yerr=[limit.clip(lower=0) for limit in limits],
        fmt=MARKERS[index % len(MARKERS)],
        color=colour(index + 1),
        markersize=3.5,
        linewidth=0.8,
        capsize=2,
        label="groups, 95 % interval" if index == 0 else None,
    )
    axes.plot(
        smooth["predicted"],
        smooth["observed"],
        color=colour(index + 1),
        linewidth=1.2,
        label="smooth (loess)" if index == 0 else None,
    )


def _numbers(group: tuple[str, str], numbers: pd.DataFrame) -> str:
    row = numbers.iloc[0]
    slope, intercept = (
        f"{name} {row[name]:.2f} ({row[f'{name}_ci_low']:.2f} to {row[f'{name}_ci_high']:.2f})"
        if pd.notna(row[name])
        else f"{name} n/a"
        for name in ("slope", "intercept")
    )
    sizes = f"{kind_label(*group)}: n = {row['n']:.0f}, {row['n_events']:.0f} with event"
    return f"{sizes}\n{signed(slope)}\n{signed(intercept)}"


def _finish_panel(axes: Axes, title: str, numbers: str) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--", label="ideal")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title=title)
    axes.set_xlabel(f"Predicted risk\n{numbers}", linespacing=1.35)
    axes.set_ylabel("Observed risk")
    axes.set_aspect("equal")
