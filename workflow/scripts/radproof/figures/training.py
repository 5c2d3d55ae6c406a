"""Training curves of the segmentation network, one line a fold."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from radproof.figures.style import (
    TWO_COLUMNS_MM,
    colour,
    dashes,
    new_figure,
    panel_letter,
    print_style,
)

PANELS = {
    "loss": ("Loss, training", "Loss"),
    "val_loss": ("Loss, validation", "Loss"),
    "val_dice": ("Dice, validation", "Dice coefficient"),
}


@print_style()
def draw(histories: Mapping[str, pd.DataFrame], *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw loss and validation Dice by epoch.

    Parameters
    ----------
    histories
        For each fold held out, ``epoch``, ``loss``, ``val_loss``, ``val_dice`` and ``kept`` (1 for
        the epoch whose weights were kept, which has a dot).
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and the histories one below the other with a column ``fold``.
    """
    plotted = pd.concat(
        [table.assign(fold=str(fold)) for fold, table in histories.items()], ignore_index=True
    )
    plotted = plotted[["fold", "epoch", *PANELS, "kept"]]
    figure = new_figure(TWO_COLUMNS_MM, 62, simulated)
    panels = figure.subplots(1, len(PANELS))
    for axes, letter, (column, (title, label)) in zip(panels, "ABC", PANELS.items(), strict=True):
        _draw_panel(axes, plotted, column)
        panel_letter(axes, letter, title)
        axes.set(xlabel="Epoch", ylabel=label)
        axes.text(
            0.97,
            0.5,
            f"n = {len(histories)} folds",
            transform=axes.transAxes,
            ha="right",
            va="center",
        )
    top = max(plotted["loss"].max(), plotted["val_loss"].max())
    for axes in panels[:2]:
        axes.set_ylim(0, 1.05 * top)
    panels[2].set_ylim(0, 1)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(histories)
    )
    return figure, plotted


def _draw_panel(axes: Axes, plotted: pd.DataFrame, column: str) -> None:
    for index, (fold, rows) in enumerate(plotted.groupby("fold", sort=False)):
        axes.plot(
            rows["epoch"],
            rows[column],
            color=colour(index),
            linestyle=dashes(index),
            label=f"without fold {fold}",
            marker="o",
            markersize=4,
            markevery=np.flatnonzero(rows["kept"]).tolist(),
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
