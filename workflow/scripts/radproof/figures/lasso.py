"""A LASSO model: coefficients along the path, cross-validation, and the coefficients chosen."""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radproof.figures.style import (
    GREY,
    SMALL_PT,
    TWO_COLUMNS_MM,
    colour,
    dashes,
    label_of,
    new_figure,
    panel_letter,
    print_style,
)
from radproof.radiomics.feature_names import PATTERN

COLUMNS = ["panel", "feature", "lambda", "value", "se", "n_selected"]
# Features told apart by colour, and bars shown.
TOLD_APART, MOST_BARS = 6, 20
BAR_MM, FRAME_MM, LEAST_MM = 6.6, 28.0, 118.0
TOP_TICKS = 6
END_ROOM = 0.07


@print_style()
def draw(
    model: dict[str, Any], path: pd.DataFrame, *, simulated: bool
) -> tuple[Figure, pd.DataFrame]:
    """Draw the coefficients and the deviance on the logarithm of the penalty, and the ones chosen.

    Parameters
    ----------
    model
        A LASSO model, as its learner returns it with ``name n n_events``.
    path
        Coefficients of z-scores that are not 0: ``feature step lambda coefficient``.
    simulated
        Whether the patients are simulated.

    Returns
    -------
    tuple
        The figure, and its numbers: ``panel feature lambda value se n_selected``.
    """
    steps = pd.DataFrame(model["path"], columns=["lambda", "deviance", "se", "n_selected"])
    terms = pd.DataFrame(model["terms"], columns=["term", "coefficient"])
    terms = terms.sort_values("coefficient", key=abs, ascending=False, kind="stable")
    bars = terms.head(MOST_BARS)
    figure = new_figure(TWO_COLUMNS_MM, max(LEAST_MM, FRAME_MM + BAR_MM * len(bars)), simulated)
    panels = figure.subplot_mosaic("AC;BC", height_ratios=[1.2, 1])
    paths, deviance, chosen = (panels[letter] for letter in "ABC")
    _draw_chosen(chosen, bars)
    counts = f"n = {model['n']}, {model['n_events']} with event"
    panel_letter(chosen, "C", f"Chosen: {_how_many(bars, terms)}\n{counts}")
    if steps.empty:
        for axes in (paths, deviance):
            _say(axes, "no path: " + "; ".join(model["warnings"]))
    else:
        deviance.sharex(paths)
        told = list(bars["term"][:TOLD_APART])
        _draw_paths(paths, path, steps["lambda"].to_numpy(float), told)
        _draw_deviance(deviance, steps)
        for axes in (paths, deviance):
            _draw_penalties(axes, model)
        _count_above(paths, steps)
        deviance.set_xlabel("Logarithm of the penalty, ln λ")
        deviance.legend(loc="upper center", bbox_to_anchor=(0.5, -0.26), ncols=2)
    panel_letter(paths, "A", f"{label_of(model['name'])}: coefficients\n{counts}")
    folds = model["inner_folds"]
    panel_letter(deviance, "B", f"Cross-validation\n{counts}, {folds} folds")
    return figure, _numbers(path, steps, terms, model["lambda"])


def _how_many(bars: pd.DataFrame, terms: pd.DataFrame) -> str:
    shown = f", the {len(bars)} largest" if len(bars) < len(terms) else ""
    return f"{len(terms)} {'feature' if len(terms) == 1 else 'features'}{shown}"


def _draw_paths(axes: Axes, path: pd.DataFrame, lambdas: np.ndarray, told: list[str]) -> None:
    """Draw a line a feature: the largest chosen ones numbered, as beside their bars."""
    wide = path.pivot(index="feature", columns="step", values="coefficient")
    wide = wide.reindex(columns=range(1, len(lambdas) + 1)).fillna(0.0)
    x = np.log(lambdas)
    for _, weights in wide.drop(index=told).iterrows():
        axes.plot(x, weights, color=GREY, linewidth=0.5, alpha=0.8, zorder=1)
    for place, feature in enumerate(told):
        style = {"color": colour(place), "linestyle": dashes(place), "linewidth": 1.3}
        axes.plot(x, wide.loc[feature], zorder=3, **style)
    axes.axhline(0, color="black", linewidth=0.5, zorder=0)
    axes.set_ylabel("Coefficient (log odds per SD)")
    axes.set_xlim(x[-1] - END_ROOM * (x[0] - x[-1]), x[0] + END_ROOM * (x[0] - x[-1]))
    _number_ends(axes, x[-1], wide.loc[told].iloc[:, -1].to_numpy(float))


def _number_ends(axes: Axes, x: float, ends: np.ndarray) -> None:
    """Write each line's number at its end, moved apart where they would lie on one another."""
    low, high = axes.get_ylim()
    least = 0.06 * (high - low)
    heights = ends.copy()
    order = np.argsort(ends, kind="stable")
    for below, above in pairwise(order):
        heights[above] = max(heights[above], heights[below] + least)
    for place, height in enumerate(heights):
        axes.annotate(
            str(place + 1),
            (x, height),
            (-3, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=colour(place),
            fontweight="bold",
        )


def _draw_deviance(axes: Axes, steps: pd.DataFrame) -> None:
    axes.errorbar(
        np.log(steps["lambda"]),
        steps["deviance"],
        yerr=steps["se"],
        fmt="o",
        color=colour(1),
        ecolor=GREY,
        elinewidth=0.7,
        markersize=2.2,
        label="deviance ± 1 SE",
    )
    axes.set_ylabel("Deviance per patient (−2 ln L)")


def _draw_penalties(axes: Axes, model: dict[str, Any]) -> None:
    """Draw the two penalties that cross-validation offers, and say which one the model has."""
    looks = {"min": "--", "1se": ":"}
    for rule, dash in looks.items():
        own = model[f"lambda_{rule}"]
        taken = ", taken" if own == model["lambda"] else ""
        name = {"min": "λ min", "1se": "λ 1-SE"}[rule]
        label = f"{name} ({own:.2g}){taken}"
        axes.axvline(np.log(own), color="black", linewidth=0.9, linestyle=dash, label=label)


def _count_above(axes: Axes, steps: pd.DataFrame) -> None:
    """Write how many features have a weight above the panel."""
    places = np.unique(np.linspace(0, len(steps) - 1, TOP_TICKS).round().astype(int))
    above = axes.secondary_xaxis("top")
    above.set_xticks(np.log(steps["lambda"].iloc[places]), steps["n_selected"].iloc[places])
    above.set_xlabel("Features with a weight", labelpad=3)
    above.tick_params(length=2)


def _draw_chosen(axes: Axes, bars: pd.DataFrame) -> None:
    """Draw a bar a feature, the largest on top."""
    if bars.empty:
        _say(axes, "no feature has a weight")
        return
    weights = bars["coefficient"].to_numpy(float)
    shades = [colour(place) if place < TOLD_APART else GREY for place in range(len(bars))]
    axes.barh(range(len(bars)), weights, height=0.55, color=shades)
    axes.axvline(0, color="black", linewidth=0.6)
    numbers = [f"{place + 1}  " if place < TOLD_APART else "" for place in range(len(bars))]
    names = [short_name(name) for name in bars["term"]]
    labels = [f"{number}{name}" for number, name in zip(numbers, names, strict=True)]
    axes.set_yticks(range(len(bars)), labels, fontsize=SMALL_PT, linespacing=1.0)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlabel("Coefficient (log odds per SD)")


def short_name(feature: str) -> str:
    """Return a feature's name in two lines: the feature; sequence, filter and class.

    ``T2w__log-sigma-2-0-mm-3D_glcm_Imc2`` becomes ``Imc2`` and ``T2w, LoG 2.0 mm, glcm``. A name
    that is built otherwise stays as it is.
    """
    found = re.match(PATTERN, feature)
    if not found:
        return feature
    sequence, name, group = found["sequence"], found["filter"], found["class"]
    name = re.sub(r"^log-sigma-(\d+)-(\d+)-mm-3D$", r"LoG \1.\2 mm", name)
    parts = [part for part in (sequence, name, group) if part]
    return f"{feature[found.end() :]}\n{', '.join(parts)}"


def _say(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", wrap=True)


def _numbers(
    path: pd.DataFrame, steps: pd.DataFrame, terms: pd.DataFrame, taken: float | None
) -> pd.DataFrame:
    parts = [
        path.rename(columns={"coefficient": "value"}).assign(panel="coefficients"),
        steps.rename(columns={"deviance": "value"}).assign(panel="deviance"),
        terms.set_axis(["feature", "value"], axis=1).assign(panel="chosen", **{"lambda": taken}),
    ]
    shown = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    numbers = dict.fromkeys(["lambda", "value", "se"], "float64")
    return shown.reindex(columns=COLUMNS).astype(numbers | {"n_selected": "Int64"})
