"""Areas in subgroups of the patients a study is judged by, and models compared with one another."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Transform, blended_transform_factory

from radproof.errors import BadInput, Problem
from radproof.figures.style import (
    GREY,
    MM_PER_INCH,
    SIMULATED_STRIP_MM,
    TWO_COLUMNS_MM,
    colour,
    judged_groups,
    kind_label,
    label_of,
    new_figure,
    print_style,
    rows_of,
    signed,
    wrapped,
)
from radproof.normal import Z_90, Z_95

HEAD_MM, AXIS_MM, LEGEND_MM, EDGE_MM = 8.6, 10.0, 6.0, 1.0
# Differences have two lines of text a row.
ROW_MM = {"areas": 4.4, "differences": 6.6}
# Left edges of text, and where the panel stands, in mm from the left.
LABEL_MM, COUNT_MM, PANEL_MM = 2.0, 56.0, (60.0, 54.0)
AREA_MM, FIRST_MM, SECOND_MM = 117.0, 149.0, 165.0
INDENT_MM = 3.0
LOWEST_AREA = 0.4
OVERALL = "all patients"
INTERVAL = ["ci_low", "ci_high"]
COLUMNS = [
    *("panel", "set", "kind", "model", "second", "subgroup", "group", "n", "n_events", "value"),
    *(*INTERVAL, "ci90_low", "ci90_high", "p", "p_holm", "margin", "verdict", "note"),
]


@print_style()
def draw(
    discrimination: pd.DataFrame,
    subgroups: pd.DataFrame,
    interactions: pd.DataFrame,
    comparisons: pd.DataFrame,
    models: Sequence[str],
    units: Mapping[str, str],
    *,
    simulated: bool,
) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel a model with its areas by subgroup, and below them the differences of models.

    Parameters
    ----------
    discrimination, subgroups, interactions, comparisons
        The tables of the evaluation; held-out patients are shown, or out of fold where none are.
    models
        Whose subgroups are shown.
    units
        Subgroup to the unit of its cuts, where there is one.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and a row for each of its rows: ``COLUMNS``. 90 % intervals of differences are
        normal, as the 95 % intervals are: a model is equivalent where its own lies within the
        margins.

    Raises
    ------
    BadInput
        If there is neither a subgroup nor a comparison to show.
    """
    groups = judged_groups(discrimination)
    tables = (discrimination, subgroups, interactions)
    blocks = [
        (f"{label_of(model)}\n{kind_label(*group)}", _areas(model, group, tables))
        for group in groups
        for model in models
        if len(subgroups)
    ]
    compared = [
        (f"Models compared\n{kind_label(*group)}", rows)
        for group in groups
        if len(rows := _differences(rows_of(comparisons, group)))
    ]
    if not blocks and not compared:
        remedy = "take forest out of the figures of the plan"
        raise BadInput(Problem("no subgroup and no comparison to draw", remedy=remedy))
    figure, panels = _panels([rows for _, rows in [*blocks, *compared]], simulated)
    for axes, (title, rows) in zip(panels, blocks, strict=False):
        _draw_areas(axes, title, rows, units)
    for axes, (title, rows) in zip(panels[len(blocks) :], compared, strict=True):
        _draw_differences(axes, title, rows)
    plotted = pd.concat([rows for _, rows in [*blocks, *compared]], ignore_index=True)
    return figure, plotted


def _areas(
    model: str, group: tuple[str, str], tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
    """Return a row for all patients, for each subgroup with its test, and for each group in it."""
    everybody, subgroups, interactions = (
        rows_of(table[table["model"] == model], group) for table in tables
    )
    parts = [everybody.assign(subgroup=OVERALL)]
    for name, rows in subgroups.groupby("subgroup", sort=False):
        test = interactions[interactions["subgroup"] == name]
        tested = {"interaction_p": "p", "interaction_p_holm": "p_holm"}
        parts += [test.drop(columns=[*INTERVAL, "n", "n_events"]).rename(columns=tested), rows]
    rows = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    return _tidy(rows.rename(columns={"auc": "value"}).assign(panel="areas"))


def _differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the compared models; the 90 % interval from the width of the 95 % one."""
    se = (rows["ci_high"] - rows["ci_low"]) / (2 * Z_95)
    named = rows.rename(columns={"first": "model", "difference": "value"})
    low, high = (rows["difference"] + sign * Z_90 * se for sign in (-1, 1))
    return _tidy(named.assign(panel="differences", ci90_low=low, ci90_high=high))


def _tidy(rows: pd.DataFrame) -> pd.DataFrame:
    words = ["panel", "set", "kind", "model", "second", "subgroup", "group", "verdict", "note"]
    numbers = dict.fromkeys([name for name in COLUMNS if name not in words], "float64")
    counts = {"n": "Int64", "n_events": "Int64"}
    tidy = rows.reindex(columns=COLUMNS).astype(numbers | counts).reset_index(drop=True)
    return tidy.astype(dict.fromkeys(words, object))


def _panels(blocks: Sequence[pd.DataFrame], simulated: bool) -> tuple[Figure, list[Axes]]:
    """Return the figure and a panel a block, as high as its rows."""
    inner = [ROW_MM[rows["panel"].iloc[0]] * len(rows) for rows in blocks]
    strip = SIMULATED_STRIP_MM * simulated
    height = strip + sum(inner) + (HEAD_MM + AXIS_MM) * len(inner) + LEGEND_MM + EDGE_MM
    figure = new_figure(TWO_COLUMNS_MM, height, simulated)
    figure.set_layout_engine("none")
    left, width = (mm / TWO_COLUMNS_MM for mm in PANEL_MM)
    panels, top = [], strip + EDGE_MM
    for own in inner:
        bottom = 1 - (top + HEAD_MM + own) / height
        panels.append(figure.add_axes((left, bottom, width, own / height)))
        top += HEAD_MM + own + AXIS_MM
    figure.legend(handles=_entries(blocks), loc="lower center", ncols=4, columnspacing=1.4)
    return figure, panels


def _entries(blocks: Sequence[pd.DataFrame]) -> list[Line2D]:
    """Return what the legend explains of the panels that there are."""
    shown = set(pd.concat([rows["panel"] for rows in blocks]))
    entries = [Line2D([], [], marker="s", ms=4, color=colour(1), lw=0.9, label="95 % interval")]
    if "areas" in shown:
        entries.append(Line2D([], [], color=GREY, lw=0.9, ls=":", label="area of all patients"))
    if "differences" in shown:
        entries.append(Line2D([], [], color=colour(1), lw=2.6, label="90 % interval"))
        margins = "margins of equivalence"
        entries.append(Line2D([], [], color="black", lw=0.9, ls="--", label=margins))
    return entries


def _text_in_mm(axes: Axes) -> Transform:
    """Return coordinates in mm from the left of the figure, and rows of the panel."""
    assert axes.figure is not None
    inches = axes.figure.dpi_scale_trans  # type: ignore[union-attr]
    return blended_transform_factory(inches, axes.transData)


def _write(axes: Axes, left_mm: float, row: float, text: str, **style: Any) -> None:
    place = left_mm / MM_PER_INCH, row
    axes.text(*place, text, transform=_text_in_mm(axes), va="center", parse_math=False, **style)


def _frame(axes: Axes, title: str, heads: dict[float, str], rows: pd.DataFrame) -> None:
    """Draw what all panels have: their rows, the title, and the heads of the columns of text."""
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    head = -0.5 - 0.45 * HEAD_MM / ROW_MM[rows["panel"].iloc[0]]
    title = f"{title}: n = {rows['n'].iloc[0]}"
    _write(axes, LABEL_MM, head, title, fontweight="bold", fontsize=7.5)
    _write(axes, COUNT_MM, head, "n\n(events)", ha="right", multialignment="right")
    for left_mm, text in heads.items():
        _write(axes, left_mm, head, text)


def _draw_areas(axes: Axes, title: str, rows: pd.DataFrame, units: Mapping[str, str]) -> None:
    """Draw all patients, and each subgroup's name and test above its groups."""
    heads = {
        AREA_MM: "AUC\n(95 % interval)",
        FIRST_MM: "interaction\np",
        SECOND_MM: "p after\nHolm",
    }
    _frame(axes, title, heads, rows)
    for place, row in enumerate(rows.to_dict("records")):
        is_group = not pd.isna(row["group"])
        unit = f" ({units[row['subgroup']]})" if row["subgroup"] in units else ""
        name = row["group"] if is_group else label_of(str(row["subgroup"])) + unit
        _write(axes, LABEL_MM + INDENT_MM * is_group, place, str(name).replace(">=", "≥"))
        if is_group or row["subgroup"] == OVERALL:
            _write(axes, COUNT_MM, place, f"{row['n']} ({row['n_events']})", ha="right")
            _write(axes, AREA_MM, place, _interval(row, "{:.2f}") or "not judged")
            _draw_row(axes, row, place, "D" if row["subgroup"] == OVERALL else "s")
        else:
            _write(axes, FIRST_MM, place, _p(row["p"]))
            _write(axes, SECOND_MM, place, _p(row["p_holm"]))
    whole = rows["value"].iloc[0]
    axes.axvline(whole, color=GREY, linewidth=0.9, linestyle=":", zorder=0)
    lowest = rows["ci_low"].min()
    axes.set_xlim(LOWEST_AREA if pd.isna(lowest) else min(LOWEST_AREA, lowest), 1.01)
    axes.set_xlabel("Area under the ROC curve (AUC)")


def _draw_differences(axes: Axes, title: str, rows: pd.DataFrame) -> None:
    """Draw each difference with both intervals, between its margins."""
    heads = {AREA_MM: "difference\n(95 % interval)", FIRST_MM: "verdict"}
    _frame(axes, title, heads, rows)
    axes.axvline(0, color="black", linewidth=0.6, zorder=0)
    for place, row in enumerate(rows.to_dict("records")):
        pair = f"{label_of(row['model'])} − {label_of(row['second'])}"
        _write(axes, LABEL_MM, place, "\n".join(wrapped(pair, COUNT_MM - 14)), linespacing=1.0)
        _write(axes, COUNT_MM, place, f"{row['n']} ({row['n_events']})", ha="right")
        _write(axes, AREA_MM, place, signed(_interval(row, "{:+.2f}")) or "n/a")
        verdict = "\n".join(wrapped(str(row["verdict"]), TWO_COLUMNS_MM - FIRST_MM - 1))
        _write(axes, FIRST_MM, place, verdict, linespacing=1.0)
        if not pd.isna(row["ci90_low"]):
            ends = [row["ci90_low"], row["ci90_high"]]
            axes.plot(ends, [place] * 2, color=colour(1), linewidth=2.6, solid_capstyle="butt")
        _draw_row(axes, row, place, "s")
        for margin in (-row["margin"], row["margin"]):
            axes.plot(
                [margin] * 2, [place - 0.5, place + 0.5], color="black", linewidth=0.9, ls="--"
            )
    shown = rows[["value", *INTERVAL, "margin"]].abs().to_numpy(float)
    reach = 1.1 * float(np.nanmax(shown)) if np.isfinite(shown).any() else 0.1
    axes.set_xlim(-reach, reach)
    axes.set_xlabel("Difference of AUC (first − second)")


def _draw_row(axes: Axes, row: dict[Any, Any], place: int, marker: str) -> None:
    ends = [row["ci_low"], row["ci_high"]]
    axes.plot(ends, [place] * 2, color=colour(1), linewidth=0.9)
    axes.plot(row["value"], place, marker, color=colour(1), markersize=4, mec="white", mew=0.4)


def _interval(row: dict[Any, Any], form: str) -> str:
    """Return an estimate and its interval; nothing where there is no estimate."""
    if pd.isna(row["value"]):
        return ""
    value, low, high = (form.format(row[name]) for name in ("value", *INTERVAL))
    return f"{value} (no interval)" if pd.isna(row["ci_low"]) else f"{value} ({low} to {high})"


def _p(value: float) -> str:
    if pd.isna(value):
        return "n/a"
    return "< 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.01 else f"{value:.2f}"
