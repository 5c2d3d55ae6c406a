"""The outlines of a new patient on each sequence that was read."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from radproof.figures.overlays import add_legend, draw_panel, read_slice
from radproof.figures.style import TWO_COLUMNS_MM, new_figure, print_style

PANEL_MM = 58.0


@print_style()
def draw_overlay(
    patient: str, images: Mapping[str, Path], masks: Mapping[str, Path], *, simulated: bool
) -> Figure:
    """Draw a panel a sequence in the slice where the first mask is largest.

    Parameters
    ----------
    images
        Sequence → prepared image.
    masks
        Name → 0/1 mask on its grid.
    """
    shown = read_slice(patient, images, masks)
    side = min(PANEL_MM, TWO_COLUMNS_MM / len(images))
    figure = new_figure(max(side * len(images), PANEL_MM), side + 16, simulated)
    panels = figure.subplots(1, len(images), squeeze=False)[0]
    for axes, (name, image) in zip(panels, shown["images"].items(), strict=True):
        draw_panel(axes, shown, image)
        axes.set_title(name)
    panels[0].set_xlabel(f"Patient {patient}, slice {shown['slice'] + 1}", loc="left")
    add_legend(figure, list(masks))
    return figure


def write_overlay(figure: Figure, path: Path) -> None:
    """Write the drawing as PNG, the same bytes each time."""
    with print_style():
        figure.savefig(path, format="png", metadata={"Software": None})
