"""Agreement of masks: Dice and surface distance by set, and Bland–Altman of the volume."""

from math import floor

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.style import (
    GREY,
    TWO_COLUMNS_MM,
    WARNING,
    colour,
    label_of,
    new_figure,
    panel_letter,
    print_style,
)

METRICS = {"dice": "Dice coefficient", "assd_mm": "Average surface distance (mm)"}
LIMITS_SD = 1.96
MARKERS = "os^D"


@print_style()
def draw(
    scores: pd.DataFrame, summary: pd.DataFrame, segmenter: str, *, simulated: bool
) -> tuple[Figure, pd.DataFrame]:
    """Draw each patient's agreement, its mean with interval, and the difference of volumes.

    Parameters
    ----------
    scores
        One row a patient and pair of masks: ``patient set reference candidate dice assd_mm
        volume_reference_ml volume_candidate_ml``.
    summary
        ``set reference candidate metric n mean sd ci_low ci_high median``.
    segmenter
        The candidate whose volumes are compared with those of its first reference.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and its numbers: ``panel set reference candidate patient x y ci_low ci_high``
        (patient ``n/a`` for means and for limits of agreement).

    Notes
    -----
    Bland JM, Altman DG. Lancet 1986;327:307–310: mean difference ± 1.96 standard deviations.
    """
    names = scores[["set", "reference", "candidate"]].drop_duplicates()
    pairs = [(str(row.set), str(row.reference), str(row.candidate)) for row in names.itertuples()]
    figure = new_figure(TWO_COLUMNS_MM, 30 + 7.0 * max(len(pairs), 5), simulated)
    panels = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
    parts = []
    for axes, letter, (metric, label) in zip(panels[:2], "AB", METRICS.items(), strict=True):
        parts += _draw_metric(axes, scores, summary, pairs, metric)
        panel_letter(axes, letter, label.split(" (")[0])
        axes.set_xlabel(label)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=1)
    # Fewer than in panel A where a mask is empty and has no surface.
    counts = [label.get_text().split("\n")[-1] for label in panels[1].get_yticklabels()]
    panels[1].set_yticklabels(counts)
    parts.append(_draw_bland_altman(panels[2], _volumes(scores, segmenter)))
    panel_letter(panels[2], "C", "Tumour volume")
    return figure, pd.concat(parts, ignore_index=True)


def _draw_metric(
    axes: Axes,
    scores: pd.DataFrame,
    summary: pd.DataFrame,
    pairs: list[tuple[str, str, str]],
    metric: str,
) -> list[pd.DataFrame]:
    parts, labels = [], []
    for row, (set_name, reference, candidate) in enumerate(pairs):
        rows = _of_pair(scores, set_name, reference, candidate).dropna(subset=metric)
        means = _of_pair(summary, set_name, reference, candidate)
        means = means[means["metric"] == metric]
        label = None if row else "one patient"
        # A fixed scatter in height, in order of the rows, instead of a random one.
        height = row + 0.5 * ((pd.RangeIndex(len(rows)) * 0.618034) % 1 - 0.5)
        axes.plot(
            rows[metric], height, ".", color=GREY, markersize=3, alpha=0.7, zorder=1, label=label
        )
        axes.errorbar(
            means["mean"],
            [row] * len(means),
            xerr=[means["mean"] - means["ci_low"], means["ci_high"] - means["mean"]],
            fmt="D",
            color=colour(1),
            markersize=4,
            capsize=3,
            label=None if row else "mean, 95 % interval",
        )
        pair = f"{label_of(candidate)} / {label_of(reference)}"
        labels.append(f"{label_of(set_name)}: {pair}\nn = {len(rows)}")
        named = {"panel": metric, "set": set_name, "reference": reference, "candidate": candidate}
        parts.append(rows.assign(**named, x=rows[metric]))
        parts.append(means.assign(**named, x=means["mean"]))
    axes.set_yticks(range(len(pairs)), labels)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    if metric == "dice":
        axes.set_xlim(min(0.5, floor(10 * scores[metric].min()) / 10), 1.02)
    else:
        axes.set_xlim(left=0)
    return [_tidy(part) for part in parts]


def _of_pair(table: pd.DataFrame, set_name: str, reference: str, candidate: str) -> pd.DataFrame:
    return table[
        (table["set"] == set_name)
        & (table["reference"] == reference)
        & (table["candidate"] == candidate)
    ]


def _volumes(scores: pd.DataFrame, segmenter: str) -> pd.DataFrame:
    rows = scores[scores["candidate"] == segmenter]
    rows = rows[rows["reference"] == rows["reference"].iloc[0]]
    first, second = rows["volume_reference_ml"], rows["volume_candidate_ml"]
    return rows.assign(panel="volume_ml", x=(first + second) / 2, y=second - first)


def _draw_bland_altman(axes: Axes, volumes: pd.DataFrame) -> pd.DataFrame:
    for index, (set_name, rows) in enumerate(volumes.groupby("set", sort=False)):
        axes.plot(
            rows["x"],
            rows["y"],
            MARKERS[index % len(MARKERS)],
            color=colour(index + 1),
            markersize=3,
            alpha=0.8,
            label=f"{label_of(str(set_name))}, n = {len(rows)}",
        )
    mean, spread = volumes["y"].mean(), LIMITS_SD * volumes["y"].std(ddof=1)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.axhline(mean, color="black", linewidth=1.0, label=f"mean {mean:+.2f} ml")
    for sign, label in ((1, f"mean ± 1.96 SD ({spread:.2f} ml)"), (-1, None)):
        limit = mean + sign * spread
        axes.axhline(limit, color=WARNING, linewidth=1.0, linestyle="--", label=label)
    reference, candidate = volumes["reference"].iloc[0], volumes["candidate"].iloc[0]
    axes.set_xlabel("Mean of the two volumes (ml)")
    axes.set_ylabel(f"{label_of(candidate)} − {label_of(reference)} (ml)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=1)
    limits = volumes.iloc[:1].assign(
        set="all", patient=None, x=None, y=mean, ci_low=mean - spread, ci_high=mean + spread
    )
    return pd.concat([_tidy(volumes), _tidy(limits)], ignore_index=True)


def _tidy(part: pd.DataFrame) -> pd.DataFrame:
    columns = ["panel", "set", "reference", "candidate", "patient", "x", "y", "ci_low", "ci_high"]
    return part.reindex(columns=columns).astype(dict.fromkeys(columns[5:], "float64"))
