"""A slice of an image with the outlines of masks on it."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import AbstractPathEffect, withStroke

from radproof.figures.style import dashes

# Bright enough on grey images, and told apart by colour-blind readers.
OUTLINE_COLOURS = ["#56B4E9", "#E69F00", "#CC79A7", "#009E73"]
# A thin dark edge keeps light lines visible on light tissue.
EDGE: list[AbstractPathEffect] = [withStroke(linewidth=1.8, foreground="black", alpha=0.6)]


def draw_slice(
    axes: Axes,
    image: np.ndarray,
    outlines: Mapping[str, np.ndarray],
    spacing_mm: tuple[float, float],
    linewidth: float,
) -> tuple[float, float]:
    """Draw a slice (y, x) in grey, from its 1st to its 99.5th percentile, and outlines in colour.

    ``outlines`` are 0/1 masks (y, x), ``spacing_mm`` that of a pixel (x, y). Returns width and
    height in mm, the units of the axes.
    """
    step_x, step_y = spacing_mm
    rows, columns = image.shape
    width, height = columns * step_x, rows * step_y
    low, high = np.percentile(image, [1, 99.5])
    extent = (0.0, width, height, 0.0)
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
    x_mm, y_mm = (np.arange(columns) + 0.5) * step_x, (np.arange(rows) + 0.5) * step_y
    for index, mask in enumerate(outlines.values()):
        if mask.any() and min(mask.shape) > 1:
            axes.contour(
                x_mm,
                y_mm,
                mask.astype(float),
                levels=[0.5],
                colors=OUTLINE_COLOURS[index],
                linestyles=[dashes(index)],
                linewidths=linewidth,
            ).set_path_effects(EDGE)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return width, height
