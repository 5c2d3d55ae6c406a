"""One strip a patient: the reference, each registered sequence before and after, masks outlined."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import pandas as pd
import SimpleITK as sitk
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radproof.figures.overlays import OUTLINE_COLOURS, best_slice
from radproof.figures.style import SMALL_PT, dashes, label_of, new_figure, print_style

TILE_MM = 26.0
LABEL_MM = 24.0
FOOT_MM = 12.0


class Strip(TypedDict):
    """A patient: title of each tile → slice (y, x); rater → mask (y, x); pixel spacing (x, y)."""

    patient: str
    slice: int
    spacing_mm: tuple[float, float]
    tiles: dict[str, np.ndarray]
    outlines: dict[str, np.ndarray]


def strip_of(
    patient: str,
    images: dict[str, sitk.Image],
    unmoved: dict[str, sitk.Image],
    masks: dict[str, sitk.Image],
) -> Strip:
    """Cut the slice where the first mask is largest out of volumes on one grid.

    Parameters
    ----------
    images
        Sequence → prepared image; the first is the reference.
    unmoved
        Those of them that are registered, as their headers place them.
    masks
        Rater → 0/1 mask.
    """
    drawn = {name: _axial(mask) for name, mask in masks.items()}
    index = best_slice(sitk.GetArrayFromImage(next(iter(drawn.values()))))
    tiles: dict[str, np.ndarray] = {}
    for name, image in images.items():
        if name in unmoved:
            tiles[f"{name} before"] = sitk.GetArrayFromImage(_axial(unmoved[name]))[index]
            name = f"{name} after"
        tiles[name] = sitk.GetArrayFromImage(_axial(image))[index]
    step_x, step_y, _ = next(iter(drawn.values())).GetSpacing()
    outlines = {name: sitk.GetArrayFromImage(mask)[index] for name, mask in drawn.items()}
    return Strip(
        patient=patient,
        slice=index,
        spacing_mm=(step_x, step_y),
        tiles=tiles,
        outlines=outlines,
    )


def _axial(volume: sitk.Image) -> sitk.Image:
    return sitk.DICOMOrient(volume, "LPS")


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
