"""One strip a patient: the reference, each registered sequence before and after, masks outlined."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radproof.figures.overlays import OUTLINE_COLOURS
from radproof.figures.style import SMALL_PT, dashes, label_of, new_figure, print_style
from radproof.images.strips import Strip

TILE_MM = 26.0
LABEL_MM = 24.0
FOOT_MM = 12.0


@print_style()
def draw(strips: Sequence[Strip], *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw a row a patient and a column a tile, every rater's outline on each.

    Returns
    -------
    tuple
        The figure, and for each patient and rater the slice shown and the outline's area in it.
    """
    titles = list(dict.fromkeys(title for strip in strips for title in strip["tiles"]))
    raters = list(strips[0]["outlines"])
    width, height = LABEL_MM + TILE_MM * len(titles), TILE_MM * len(strips) + FOOT_MM
    figure = new_figure(width, height, simulated)
    panels = figure.subplots(len(strips), len(titles), squeeze=False)
    for row, strip in zip(panels, strips, strict=True):
        for axes, title in zip(row, titles, strict=True):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if title in strip["tiles"]:
                _draw_tile(axes, strip, strip["tiles"][title])
            if strip is strips[0]:
                axes.set_title(label_of(title), fontsize=SMALL_PT)
        row[0].set_ylabel(strip["patient"], rotation=0, ha="right", va="center")
    handles = [
        Line2D([], [], color=OUTLINE_COLOURS[index], linestyle=dashes(index), label=label_of(name))
        for index, name in enumerate(raters)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure, _areas(strips)


def _draw_tile(axes: Axes, strip: Strip, tile: np.ndarray) -> None:
    step_x, step_y = strip["spacing_mm"]
    height, width = tile.shape
    low, high = np.percentile(tile, [1, 99.5])
    extent = (0.0, width * step_x, height * step_y, 0.0)
    axes.imshow(tile, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
    if not tile.any():
        axes.text(0.5, 0.5, "missing", transform=axes.transAxes, color="white", ha="center")
    x_mm, y_mm = (np.arange(width) + 0.5) * step_x, (np.arange(height) + 0.5) * step_y
    for index, mask in enumerate(strip["outlines"].values()):
        if mask.any() and min(mask.shape) > 1:
            axes.contour(
                x_mm,
                y_mm,
                mask.astype(float),
                levels=[0.5],
                colors=OUTLINE_COLOURS[index],
                linestyles=[dashes(index)],
                linewidths=0.8,
            )


def _areas(strips: Sequence[Strip]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "patient": strip["patient"],
                "slice": strip["slice"],
                "rater": name,
                "area_mm2": float(mask.sum() * strip["spacing_mm"][0] * strip["spacing_mm"][1]),
            }
            for strip in strips
            for name, mask in strip["outlines"].items()
        ]
    )
