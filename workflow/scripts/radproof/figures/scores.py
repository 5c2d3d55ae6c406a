"""Scores of models by outcome, and against each other, of patients who were not fitted."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.errors import BadInput, Problem
from radproof.figures.style import (
    GREY,
    colour,
    grid_of_panels,
    judged_groups,
    kind_label,
    label_of,
    print_style,
    rows_of,
)

# Names of sets stand below two lines of counts.
BELOW_COUNTS_PT = -25
OUTCOMES = {0: "without event", 1: "with event"}


@print_style()
def draw(
    predictions: pd.DataFrame,
    models: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    outcome: str,
    *,
    simulated: bool,
) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel a model: each patient's score and the quartiles, by set and outcome.

    A panel a pair of models holds their scores against each other, of held-out patients, or out of
    fold where a study has none.

    Parameters
    ----------
    predictions
        ``patient set outcome model kind score``; apparent predictions are left out.
    models
        The models to show.
    pairs
        Of these models, those whose scores are held against each other.
    outcome
        What the event is, for the legend.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure and the rows it shows.

    Raises
    ------
    BadInput
        If no model is to be shown.
    """
    if not models:
        remedy = "take scores out of the figures of the plan"
        raise BadInput(Problem("no model makes a score to draw", remedy=remedy))
    columns = ["model", "set", "kind", "outcome", "patient", "score"]
    shown = predictions["model"].isin(models) & (predictions["kind"] != "apparent")
    plotted = predictions.loc[shown, columns].dropna(subset="score").reset_index(drop=True)
    groups = list(dict.fromkeys(zip(plotted["set"], plotted["kind"], strict=True)))
    paired = [(pair, group) for pair in pairs for group in judged_groups(plotted)]
    figure, panels = grid_of_panels(len(models) + len(paired), 3, 66, simulated)
    for axes, (pair, group) in zip(panels[len(models) :], paired, strict=True):
        _draw_pair(axes, rows_of(plotted, group), pair)
        axes.set_title(f"{kind_label(*group)}\n{axes.get_title(loc='left')}")
    for axes, model in zip(panels, models, strict=False):
        _draw_panel(axes, plotted[plotted["model"] == model], groups)
        axes.set_title(label_of(model))
        axes.set_ylabel("Score (log odds)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2, title=outcome, title_fontsize=7
    )
    return figure, plotted


def _draw_panel(axes: Axes, rows: pd.DataFrame, groups: list[tuple[str, str]]) -> None:
    places, names = [], []
    for index, (set_name, kind) in enumerate(groups):
        group = rows[(rows["set"] == set_name) & (rows["kind"] == kind)]
        for event, offset in ((0, -0.2), (1, 0.2)):
            score = group.loc[group["outcome"] == event, "score"]
            _draw_scores(axes, score, index + offset, event, label=index == 0)
            places.append(index + offset)
            names.append(f"n =\n{len(score)}")
        title = kind_label(set_name, kind)
        at: dict[str, Any] = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
        axes.annotate(title, (index, 0), (0, BELOW_COUNTS_PT), **at, ha="center", va="top")
    axes.set_xticks(places, names)
    axes.set_xlim(-0.5, len(groups) - 0.5)


def _draw_pair(axes: Axes, rows: pd.DataFrame, pair: tuple[str, str]) -> None:
    """Draw the score of the first model on that of the second, a mark a patient."""
    wide = rows.pivot(index=["patient", "outcome"], columns="model", values="score")
    both = wide[list(pair)].dropna().reset_index()
    for event, name in OUTCOMES.items():
        own = both[both["outcome"] == event]
        look: dict[str, Any] = {"color": colour(event + 1), "markersize": 3, "alpha": 0.6, "mew": 0}
        axes.plot(own[pair[1]], own[pair[0]], "os"[event], label=name, **look)
    if len(both):
        low, high = both[list(pair)].min().min(), both[list(pair)].max().max()
        axes.plot([low, high], [low, high], color=GREY, linewidth=0.8, linestyle="--", zorder=0)
        edge = 0.05 * (high - low) or 1.0
        limits = (low - edge, high + edge)
        axes.set(xlim=limits, ylim=limits, box_aspect=1)
    axes.locator_params(nbins=5)
    axes.set(xlabel=f"{label_of(pair[1])} (log odds)", ylabel=f"{label_of(pair[0])} (log odds)")
    axes.set_title(f"n = {len(both)}")


def _draw_scores(axes: Axes, score: pd.Series, place: float, event: int, label: bool) -> None:
    shade = colour(event + 1)
    spread = place + 0.14 * ((pd.RangeIndex(len(score)) * 0.618034) % 1 - 0.5)
    axes.plot(
        spread,
        score,
        "os"[event],
        color=shade,
        markersize=2.5,
        alpha=0.6,
        markeredgewidth=0,
        label=OUTCOMES[event] if label else None,
    )
    if len(score):
        axes.boxplot(
            [score],
            positions=[place],
            widths=0.28,
            showfliers=False,
            medianprops={"color": shade, "linewidth": 1.5},
            boxprops={"color": shade},
            whiskerprops={"color": shade},
            capprops={"color": shade},
            manage_ticks=False,
        )
