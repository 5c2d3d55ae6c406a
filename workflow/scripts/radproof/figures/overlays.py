"""Outlines drawn by raters and by the network, on the worst, median and best patient."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import SimpleITK as sitk
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from radproof.errors import BadInput, Problem
from radproof.figures.outlines import OUTLINE_COLOURS, draw_slice
from radproof.figures.style import (
    TWO_COLUMNS_MM,
    WARNING,
    dashes,
    label_of,
    new_figure,
    print_style,
)
from radproof.volumes import best_slice, read_mask, read_volume

MARGIN_MM = 15.0
SCALE_BAR_MM = 10.0
SCALE_BAR: dict[str, Any] = {
    "color": "white",
    "linewidth": 2.5,
    "path_effects": [withStroke(linewidth=3.5, foreground="black")],
}
# Readable on dark and on bright tissue.
NOTE: dict[str, Any] = {
    "va": "top",
    "color": WARNING,
    "fontweight": "bold",
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
}


class Shown(TypedDict):
    """A slice to show: images (y, x), outlines as 0/1 masks (y, x), pixel spacing (x, y).

    ``empty`` names the masks without a voxel in any slice.
    """

    slice: int
    spacing_mm: tuple[float, float]
    images: dict[str, np.ndarray]
    outlines: dict[str, np.ndarray]
    empty: list[str]


class Case(Shown):
    """One patient to show, with the agreement of the outlines."""

    rank: str
    patient: str
    set: str
    n: int
    dice: float


def choose_cases(
    scores: pd.DataFrame, set_name: str, reference: str, candidate: str
) -> pd.DataFrame:
    """Return the patients of a set with the worst, the median and the best Dice.

    Ties go by the patient's name; of an even number the lower of the two middle ones is taken.

    Returns
    -------
    pandas.DataFrame
        ``rank`` (worst, median, best), ``patient``, ``set``, ``dice`` and ``n`` scored patients;
        fewer rows where the set has fewer than three patients.

    Raises
    ------
    BadInput
        If no patient of the set has a Dice.
    """
    rows = scores[
        (scores["set"] == set_name)
        & (scores["reference"] == reference)
        & (scores["candidate"] == candidate)
    ].dropna(subset="dice")
    if rows.empty:
        found = f"set {set_name}, reference {reference}, candidate {candidate}"
        raise BadInput(Problem("no patient has a Dice coefficient", found=found))
    ordered = rows.sort_values(["dice", "patient"], kind="stable")
    places = {"worst": 0, "median": (len(rows) - 1) // 2, "best": len(rows) - 1}
    chosen = ordered.iloc[list(places.values())].assign(rank=list(places), n=len(rows))
    columns = ["rank", "patient", "set", "dice", "n"]
    return chosen[columns].drop_duplicates("patient").reset_index(drop=True)


def read_case(
    chosen: pd.Series, images: Mapping[str, str | Path], masks: Mapping[str, str | Path]
) -> Case:
    """Read the slice to show of one patient; ``chosen`` is a row of `choose_cases`.

    ``images`` and ``masks`` are as of `read_slice`, the first mask being the reference rater's.
    """
    return Case(
        rank=str(chosen["rank"]),
        patient=str(chosen["patient"]),
        set=str(chosen["set"]),
        n=int(chosen["n"]),
        dice=float(chosen["dice"]),
        **read_slice(str(chosen["patient"]), images, masks),
    )


def read_slice(
    patient: str, images: Mapping[str, str | Path], masks: Mapping[str, str | Path]
) -> Shown:
    """Read the slice where the first mask is largest, cut out around the tumour.

    Volumes are turned so that axial slices are shown, front up and the patient's right on the
    left.

    Parameters
    ----------
    images
        Path of each sequence, on one grid.
    masks
        Path of each mask on the same grid.
    """
    volumes = {name: _axial(read_volume(path, patient)) for name, path in images.items()}
    outlines = {name: _axial(read_mask(path, patient=patient)) for name, path in masks.items()}
    arrays = {name: sitk.GetArrayFromImage(mask) for name, mask in outlines.items()}
    spacing = next(iter(volumes.values())).GetSpacing()[:2]
    index = best_slice(next(iter(arrays.values())))
    window = _window(np.any([mask[index] for mask in arrays.values()], axis=0), spacing)
    return Shown(
        slice=index,
        spacing_mm=(float(spacing[0]), float(spacing[1])),
        images={
            name: sitk.GetArrayFromImage(volume)[index][window] for name, volume in volumes.items()
        },
        outlines={name: mask[index][window] for name, mask in arrays.items()},
        empty=[name for name, mask in arrays.items() if not mask.any()],
    )


def _axial(volume: sitk.Image) -> sitk.Image:
    return sitk.DICOMOrient(volume, "LPS")


def _window(tumour: np.ndarray, spacing_mm: Sequence[float]) -> tuple[slice, slice]:
    """Return the square window (y, x) around a tumour, with a margin, inside the slice."""
    spans = []
    for axis, step in ((1, spacing_mm[1]), (0, spacing_mm[0])):
        places = np.flatnonzero(tumour.any(axis=axis))
        low, high = (places[0], places[-1]) if places.size else (0, tumour.shape[1 - axis] - 1)
        spans.append((low * step, (high + 1) * step, step, tumour.shape[1 - axis]))
    half = max(high - low for low, high, _, _ in spans) / 2 + MARGIN_MM
    window = []
    for low, high, step, size in spans:
        centre = (low + high) / 2
        start = max(0, int((centre - half) / step))
        window.append(slice(start, min(size, int(np.ceil((centre + half) / step)))))
    return window[0], window[1]


@print_style()
def draw(cases: Sequence[Case], *, simulated: bool) -> tuple[Figure, pd.DataFrame]:
    """Draw a row a patient and a column a sequence, with every outline on each.

    Returns
    -------
    tuple
        The figure, and for each row and outline its area in the slice shown.
    """
    sequences = list(cases[0]["images"])
    names = list(cases[0]["outlines"])
    side = min(50.0, (TWO_COLUMNS_MM - 22) / len(sequences))
    width = side * len(sequences) + 22
    figure = new_figure(width, side * len(cases) + 14, simulated)
    panels = figure.subplots(len(cases), len(sequences), squeeze=False)
    for row, case in zip(panels, cases, strict=True):
        for axes, sequence in zip(row, sequences, strict=True):
            draw_panel(axes, case, case["images"][sequence])
            if case is cases[0]:
                axes.set_title(sequence)
        row[0].set_ylabel(
            f"{case['rank']} of n = {case['n']}\n({label_of(case['set'])})\n{case['patient']}"
            f"\nDice {case['dice']:.2f}",
            rotation=0,
            ha="right",
            va="center",
            multialignment="left",
        )
    add_legend(figure, names)
    return figure, _areas(cases)


def add_legend(figure: Figure, names: Sequence[str]) -> None:
    """Say below the panels whose outlines they show, and how long the bar is."""
    handles = [
        Line2D([], [], color=OUTLINE_COLOURS[index], linestyle=dashes(index), label=label_of(name))
        for index, name in enumerate(names)
    ]
    bar = Line2D([], [], color="black", linewidth=2.5, label=f"{SCALE_BAR_MM:g} mm")
    figure.legend(handles=[*handles, bar], loc="outside lower center", ncols=len(handles) + 1)


def draw_panel(axes: Axes, case: Shown, image: np.ndarray) -> None:
    """Draw a slice (y, x) with all outlines, a bar of length, and what is not to be seen in it."""
    width, height = draw_slice(axes, image, case["outlines"], case["spacing_mm"], linewidth=1.0)
    notes = [
        f"{label_of(name)}: {'empty mask' if name in case['empty'] else 'not in this slice'}"
        for name, mask in case["outlines"].items()
        if not mask.any()
    ]
    if notes:
        axes.text(0.03, 0.97, "\n".join(notes), transform=axes.transAxes, **NOTE)
    start = 0.04 * width
    axes.plot([start, start + SCALE_BAR_MM], [0.95 * height] * 2, **SCALE_BAR)
    axes.set(xlim=(0.0, width), ylim=(height, 0.0))


def _areas(cases: Sequence[Case]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "rank": case["rank"],
                "patient": case["patient"],
                "set": case["set"],
                "n": case["n"],
                "dice": case["dice"],
                "slice": case["slice"],
                "outline": name,
                "area_mm2": float(mask.sum() * case["spacing_mm"][0] * case["spacing_mm"][1]),
            }
            for case in cases
            for name, mask in case["outlines"].items()
        ]
    )
