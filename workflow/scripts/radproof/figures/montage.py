"""One strip a patient: the reference, each registered sequence before and after, masks outlined."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radproof.figures.outlines import OUTLINE_COLOURS, draw_slice
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
    titles = list(strips[0]["tiles"])
    raters = list(strips[0]["outlines"])
    width, height = LABEL_MM + TILE_MM * len(titles), TILE_MM * len(strips) + FOOT_MM
    figure = new_figure(width, height, simulated)
    panels = figure.subplots(len(strips), len(titles), squeeze=False)
    for row, strip in zip(panels, strips, strict=True):
        for axes, title in zip(row, titles, strict=True):
            tile = strip["tiles"][title]
            draw_slice(axes, tile, strip["outlines"], strip["spacing_mm"], linewidth=0.8)
            if not tile.any():
                axes.text(0.5, 0.5, "missing", transform=axes.transAxes, color="white", ha="center")
            if strip is strips[0]:
                axes.set_title(label_of(title), fontsize=SMALL_PT)
        row[0].set_ylabel(strip["patient"], rotation=0, ha="right", va="center")
    handles = [
        Line2D([], [], color=OUTLINE_COLOURS[index], linestyle=dashes(index), label=label_of(name))
        for index, name in enumerate(raters)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure, _areas(strips)


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
