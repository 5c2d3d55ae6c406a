"""The negative control: areas that permuted outcomes give, beside the true one."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.boxes import DARK_GREY
from radproof.figures.style import (
    GREY,
    colour,
    grid_of_panels,
    judged_groups,
    kind_label,
    label_of,
    print_style,
    rows_of,
)
from radproof.negative_control.line import HONEST, LEAKY
from radproof.negative_control.permuting import REAL
from radproof.negative_control.summary import KEYS

BIN = 0.025
# Models that predict alike have areas of 0.5: a bin has its middle there.
EDGES = BIN * (np.arange(42) - 0.5)
# Where each arm stands in a panel, and its colour.
ARMS = {HONEST: (1.2, colour(1)), LEAKY: (0.2, colour(2))}
ONE_COLUMN_PANELS = 6
PANEL_MM, LEGEND_MM = 34.0, 14.0


@print_style()
def draw(
    distribution: pd.DataFrame, summary: pd.DataFrame, *, simulated: bool
) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel a model: how often permuted outcomes give which area, honestly and leaking.

    Parameters
    ----------
    distribution
        ``permutation arm model set kind n n_events auc``; permutation 0 is the true outcome.
    summary
        ``arm model set kind permutations null_low null_high p``.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and the areas it shows, of held-out patients, or out of fold where a study has
        none, each with its model's range, p and number of permutations.
    """
    groups = judged_groups(distribution)
    judged = pd.concat([rows_of(distribution, group) for group in groups])
    range_of = summary[[*KEYS, "permutations", "null_low", "null_high", "p"]]
    plotted = judged.merge(range_of, on=KEYS, how="left", validate="m:1")
    shown = [(model, group) for model in dict.fromkeys(plotted["model"]) for group in groups]
    columns = 1 if len(shown) <= ONE_COLUMN_PANELS else 2
    height_mm = PANEL_MM + LEGEND_MM / -(-len(shown) // columns)
    figure, panels = grid_of_panels(len(shown), columns, height_mm, simulated)
    for axes, (model, group) in zip(panels, shown, strict=True):
        own = rows_of(plotted[plotted["model"] == model], group)
        _draw_panel(axes, own)
        n, n_events = own[["n", "n_events"]].iloc[0]
        counts = f"n = {n:.0f}, {n_events:.0f} with event"
        axes.set_title(f"{label_of(model)}\n{kind_label(*group)}: {counts}")
    for axes in panels[-columns:]:
        axes.set_xlabel("Area under the ROC curve (AUC)")
    _add_legend(figure, panels, int(plotted["permutations"].iloc[0]))
    return figure, plotted


def _draw_panel(axes: Axes, own: pd.DataFrame) -> None:
    dashed = (0, (3, 2))
    axes.axvline(0.5, color=GREY, linewidth=0.8, linestyle=dashed, zorder=3, label="0.5: chance")
    for arm, (base, shade) in ARMS.items():
        areas = own[own["arm"] == arm]
        if areas.empty:
            _write(axes, base, "no radiomics,\nno leak")
        elif areas["auc"].isna().all():
            _write(axes, base, "one class,\nno area")
        else:
            _draw_arm(axes, areas, base, shade)
    axes.set(xlim=(EDGES[0], EDGES[-1]), ylim=(0, 2.15))
    axes.set_yticks([base + 0.35 for base, _ in ARMS.values()], list(ARMS))
    axes.tick_params(axis="y", length=0)


def _draw_arm(axes: Axes, areas: pd.DataFrame, base: float, shade: str) -> None:
    """Draw the permuted areas as a histogram on its base, their range below, the true area."""
    permuted = areas.loc[areas["permutation"] != REAL, "auc"]
    true = float(areas.loc[areas["permutation"] == REAL, "auc"].item())
    low, high, p = areas[["null_low", "null_high", "p"]].iloc[0]
    counts, _ = np.histogram(permuted, EDGES)
    arm = areas["arm"].iloc[0]
    axes.stairs(
        base + 0.7 * counts / counts.max(),
        EDGES,
        baseline=base,
        fill=True,
        color=shade,
        alpha=0.7,
        linewidth=0,
        label=f"{arm}, permuted",
    )
    axes.plot(
        [low, high],
        [base - 0.08] * 2,
        color=DARK_GREY,
        linewidth=2,
        solid_capstyle="butt",
        label="95 % of permuted",
    )
    axes.plot([true, true], [base, base + 0.72], color="black", linewidth=0.8)
    axes.plot(
        true,
        base + 0.72,
        "D",
        color="black",
        markersize=4,
        markeredgecolor="white",
        markeredgewidth=0.5,
        label="true outcome",
    )
    _write(axes, base, f"AUC {true:.2f}\np = {p:.2g}")


def _write(axes: Axes, base: float, text: str) -> None:
    """Write beside an arm, right of the panel."""
    axes.text(1.03, base + 0.35, text, transform=axes.get_yaxis_transform(), va="center")


def _add_legend(figure: Figure, panels: list[Axes], permutations: int) -> None:
    handles: dict[str, Artist] = {}
    for axes in panels:
        own, labels = axes.get_legend_handles_labels()
        handles |= dict(zip(labels, own, strict=True))
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="outside lower center",
        ncols=3,
        title=f"K = {permutations} permutations of the outcome",
        title_fontsize=7,
        handlelength=1.4,
        columnspacing=1.0,
    )
