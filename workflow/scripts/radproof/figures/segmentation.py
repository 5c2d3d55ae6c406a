"""Agreement of masks by set, Bland–Altman of volume, Dice by volume."""

from collections.abc import Sequence
from math import floor
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from radproof.figures.style import (
    GREY,
    MM_PER_INCH,
    TWO_COLUMNS_MM,
    WARNING,
    colour,
    label_of,
    new_figure,
    panel_letter,
    print_style,
    signed,
)

METRICS = {
    "dice": "Dice coefficient",
    "iou": "Intersection over union",
    "assd_mm": "Average surface distance (mm)",
}
ROW_MM, FRAME_MM, LEAST_ROWS = 7.0, 34.0, 5
LEGEND_MM = 10.0
PAIR = ["set", "reference", "candidate"]
NUMBERS = ["n", "x", "y", "ci_low", "ci_high"]
COLUMNS = ["panel", "item", *PAIR, "stratum", "patient", *NUMBERS]
# Axes of overlap end a little beyond 0 and 1, so that points there are whole.
MARGIN = 0.02
HIGH_END = 1 + MARGIN
# Of the sets that panel C shows beside the one judged.
OTHER_MARKERS = "s^v<>"


@print_style()
def draw(
    scores: pd.DataFrame,
    summary: pd.DataFrame,
    agreement: pd.DataFrame,
    strata: pd.DataFrame,
    *,
    segmenter: str,
    set_name: str,
    simulated: bool,
) -> tuple[Figure, pd.DataFrame]:
    """Draw each patient's agreement with its mean, differences of volume, and small tumours.

    Parameters
    ----------
    scores
        One row a patient and pair of masks: ``patient set reference candidate dice iou assd_mm
        volume_reference_ml volume_candidate_ml volume_error_ml``.
    summary, agreement, strata
        As `radproof.segmentation.score_statistics.score_statistics` returns them.
    segmenter
        The candidate whose volumes are compared with those of its first reference.
    set_name
        The set judged: whose limits of agreement and whose strata are drawn.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and its numbers: ``COLUMNS``, where ``item`` is patient, mean, bias, lower limit
        or upper limit.
    """
    pairs = scores[PAIR].drop_duplicates()
    judged = strata[(strata["set"] == set_name) & (strata["metric"] == "dice")]
    heights = [FRAME_MM + ROW_MM * max(len(rows), LEAST_ROWS) for rows in (pairs, judged)]
    figure = new_figure(TWO_COLUMNS_MM, sum(heights), simulated)
    above, below = figure.subfigures(2, 1, height_ratios=heights, squeeze=False).flat
    panels = above.subplot_mosaic("ABC") | below.subplot_mosaic("DE")
    parts = []
    for letter, metric in zip("ABC", METRICS, strict=True):
        axes = panels[letter]
        means = pairs.merge(summary[summary["metric"] == metric], on=PAIR, how="left")
        parts += _draw_metric(axes, scores, means, segmenter)
        panel_letter(axes, letter, METRICS[metric].split(" (")[0])
    # The pairs stand beside panel A; fewer patients than there where a mask has no surface.
    for letter in "BC":
        counts = [label.get_text().split("\n")[-1] for label in panels[letter].get_yticklabels()]
        panels[letter].set_yticklabels(counts)
    parts += _draw_volumes(panels["D"], scores, agreement, segmenter, set_name)
    panel_letter(panels["D"], "D", "Tumour volume")
    parts.append(_draw_strata(panels["E"], judged, segmenter))
    panel_letter(panels["E"], "E", f"Dice coefficient by volume: {label_of(set_name)}")
    # What panel B shows is also what A and C show.
    for letter in "BDE":
        _place_legend(panels[letter], figure)
    return figure, pd.concat(parts, ignore_index=True)


def _place_legend(axes: Axes, figure: Figure) -> None:
    """Place the legend below the label of the x axis, however high the panel is."""
    below = ScaledTranslation(0, -LEGEND_MM / MM_PER_INCH, figure.dpi_scale_trans)
    place = axes.transAxes + below
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=place)


def _draw_metric(
    axes: Axes, scores: pd.DataFrame, means: pd.DataFrame, segmenter: str
) -> list[pd.DataFrame]:
    """Draw a row a pair: every patient, and the mean with its interval."""
    metric = str(means["metric"].iloc[0])
    parts = []
    for place, pair in enumerate(means[PAIR].itertuples(index=False)):
        rows = scores[(scores[PAIR] == list(pair)).all(axis=1)].dropna(subset=metric)
        # A fixed scatter in height, in order of the rows, instead of a random one.
        height = place + 0.5 * ((pd.RangeIndex(len(rows)) * 0.618034) % 1 - 0.5)
        label = None if place else "one patient"
        axes.plot(
            rows[metric], height, ".", color=GREY, markersize=3, alpha=0.7, zorder=1, label=label
        )
        parts.append(_tidy(rows, metric, "patient", x=rows[metric]))
    labels = means["set"].map(label_of) + ": " + _names(means)
    _draw_means(axes, means, labels.tolist(), segmenter)
    axes.set_xlabel(METRICS[metric])
    if metric == "assd_mm":
        axes.set_xlim(left=0)
    else:
        axes.set_xlim(_low_end(scores[metric]), HIGH_END)
    return [*parts, _tidy(means, metric, "mean", x=means["mean"])]


def _draw_means(axes: Axes, means: pd.DataFrame, labels: Sequence[str], segmenter: str) -> None:
    """Draw a row a mean, with its interval: automated masks in one look, raters in another."""
    own = (means["candidate"] == segmenter).to_numpy()
    looks = ((own, "D", 1, label_of(segmenter)), (~own, "o", 3, "raters"))
    for chosen, marker, index, name in looks:
        rows, places = means[chosen], chosen.nonzero()[0]
        axes.errorbar(
            rows["mean"],
            places,
            xerr=[rows["mean"] - rows["ci_low"], rows["ci_high"] - rows["mean"]],
            fmt=marker,
            color=colour(index),
            markersize=4,
            capsize=3,
            label=f"mean, 95 % interval: {name}" if chosen.any() else None,
        )
    shown = [f"{label}\nn = {n}" for label, n in zip(labels, means["n"], strict=True)]
    axes.set_yticks(range(len(means)), shown)
    axes.set_ylim(len(means) - 0.5, -0.5)


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows["candidate"].map(label_of) + " / " + rows["reference"].map(label_of)


def _low_end(overlap: pd.Series) -> float:
    """Return the tenth below all values, for an axis that ends at 1."""
    lowest = overlap.min()
    return (0.5 if pd.isna(lowest) else min(0.8, floor(10 * lowest) / 10)) - MARGIN


def _draw_volumes(
    axes: Axes, scores: pd.DataFrame, agreement: pd.DataFrame, segmenter: str, set_name: str
) -> list[pd.DataFrame]:
    """Draw differences of volume on means, and bias and limits of agreement of the set judged."""
    own = scores[scores["candidate"] == segmenter]
    reference = own["reference"].iloc[0]
    own = own[own["reference"] == reference]
    mean = (own["volume_reference_ml"] + own["volume_candidate_ml"]) / 2
    points = _tidy(own, "volume_ml", "patient", x=mean, y=own["volume_error_ml"])
    others = [name for name in points["set"].unique() if name != set_name]
    for index, name in enumerate([*others, set_name]):
        rows = points[points["set"] == name]
        axes.plot(
            rows["x"],
            rows["y"],
            "o" if name == set_name else OTHER_MARKERS[index % len(OTHER_MARKERS)],
            color=colour(1) if name == set_name else GREY,
            fillstyle="full" if name == set_name else "none",
            markeredgewidth=0.6,
            markersize=3,
            label=f"{label_of(name)}, n = {len(rows)}",
        )
    pair = {"set": set_name, "reference": reference, "candidate": segmenter}
    row = agreement[(agreement[PAIR] == list(pair.values())).all(axis=1)].iloc[0]
    axes.set_xlabel("Mean of the two volumes (ml)")
    axes.set_ylabel(f"{label_of(segmenter)} − {label_of(str(reference))} (ml)")
    return [points, _draw_limits(axes, row)]


def _draw_limits(axes: Axes, row: pd.Series) -> pd.DataFrame:
    """Draw one row of the table of agreement: lines, and their intervals as bands."""
    name = label_of(row["set"])
    limits = f"{_signed(row['lower_limit_ml'])} and {_signed(row['upper_limit_ml'])} ml"
    lines = {
        "bias": ("black", "-", f"bias, {name}: {_signed(row['bias_ml'])} ml"),
        "lower_limit": (WARNING, "--", f"limits of agreement, {name}: {limits}"),
        "upper_limit": (WARNING, "--", None),
    }
    axes.axhline(0, color=GREY, linewidth=0.6)
    parts = []
    for item, (line_colour, dash, label) in lines.items():
        value, low, high = (row[f"{item}_{end}"] for end in ("ml", "ci_low", "ci_high"))
        numbers = {"y": value, "ci_low": low, "ci_high": high}
        parts.append(_tidy(row.to_frame().T, "volume_ml", item.replace("_", " "), **numbers))
        # One patient has a bias, and neither limits nor intervals.
        if pd.notna(value):
            axes.axhline(value, color=line_colour, linewidth=1.0, linestyle=dash, label=label)
        if pd.notna(low):
            band = "shaded: 95 % intervals" if item == "upper_limit" else None
            axes.axhspan(
                low, high, color=line_colour, alpha=0.12, linewidth=0, zorder=0, label=band
            )
    return pd.concat(parts)


def _signed(value: float) -> str:
    return signed(f"{value:+.2f}")


def _draw_strata(axes: Axes, means: pd.DataFrame, segmenter: str) -> pd.DataFrame:
    """Draw mean Dice of each pair, stratum by stratum, rows of a stratum between two lines."""
    order = {name: place for place, name in enumerate(means["stratum"].unique())}
    means = means.sort_values("stratum", key=lambda names: names.map(order), kind="stable")
    means = means.reset_index(drop=True)
    _draw_means(axes, means, (means["stratum"] + ": " + _names(means)).tolist(), segmenter)
    for place in means.index[means["stratum"] != means["stratum"].shift()][1:]:
        axes.axhline(place - 0.5, color=GREY, linewidth=0.4)
    axes.set_xlim(_low_end(means["ci_low"].fillna(means["mean"])), HIGH_END)
    axes.set_xlabel(METRICS["dice"])
    return _tidy(means, "dice_by_volume", "mean", x=means["mean"])


def _tidy(rows: pd.DataFrame, panel: str, item: str, **numbers: Any) -> pd.DataFrame:
    named = rows.assign(panel=panel, item=item, **numbers)
    return named.reindex(columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))
