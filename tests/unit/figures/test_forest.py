"""Subgroups and comparisons: numbers of their tables, intervals of equivalence, nothing hidden."""

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.figures import forest

from tests.unit.figures import tables

MODELS = ["nomogram_auto", "nomogram_manual"]


def drawn(discrimination=None, compared=None, none_judged=False):
    areas = tables.discrimination() if discrimination is None else discrimination
    groups = tables.subgroups()
    compared = tables.comparisons() if compared is None else compared
    found = [areas, groups["subgroups"], groups["interactions"], compared]
    if none_judged:
        found = [areas, *(table[:0] for table in found[1:])]
    return forest.draw(*found, MODELS, {"age": "years"}, simulated=False)


def shown_in(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def test_areas_are_of_held_out_patients_with_the_interaction_of_their_subgroup() -> None:
    figure, plotted = drawn()
    assert set(plotted["kind"]) == {"held_out"}
    own = plotted.query("panel == 'areas' and model == 'nomogram_manual'")
    known = "model == 'nomogram_manual' and kind == 'held_out'"
    groups = tables.subgroups()
    areas = groups["subgroups"].query(known)
    assert own.dropna(subset="group")["value"].tolist() == pytest.approx(areas["auc"], nan_ok=True)
    assert own.dropna(subset="group")["n"].tolist() == areas["n"].tolist()
    test = groups["interactions"].query(known).set_index("subgroup").loc["age"]
    row = own[(own["subgroup"] == "age") & own["group"].isna()].iloc[0]
    assert (row["p"], row["p_holm"]) == (test["interaction_p"], test["interaction_p_holm"])
    everybody = own[own["subgroup"] == forest.OVERALL].iloc[0]
    assert everybody["value"] == tables.discrimination().query(known)["auc"].iloc[0]
    texts = shown_in(figure)
    assert "age (years)" in texts and "≥ 50" in texts


def test_groups_too_small_keep_their_row_and_count() -> None:
    figure, plotted = drawn()
    rare = plotted.query("group == 'yes' and model == 'nomogram_auto'").iloc[0]
    assert np.isnan(rare["value"]) and rare["note"].startswith("fewer than 5")
    texts = shown_in(figure)
    assert "not judged" in texts and f"{rare['n']} ({rare['n_events']})" in texts


def test_the_narrow_interval_is_inside_the_margins_where_models_are_equivalent() -> None:
    close = tables.predictions()
    half = close["model"] == "nomogram_manual"
    own = close[close["model"] == "nomogram_auto"]
    close.loc[half, "probability"] = own["probability"].to_numpy() ** 1.01
    noise = np.random.default_rng(4).normal(0, 0.01, half.sum())
    close.loc[half, "probability"] = np.clip(close.loc[half, "probability"] + noise, 0, 1)
    compared = pd.concat(
        [tables.compare(rows, tables.COMPARISONS) for rows in (close, tables.predictions())]
    )
    _, plotted = drawn(compared=compared)
    rows = plotted[plotted["panel"] == "differences"]
    inside = (rows["ci90_low"] > -rows["margin"]) & (rows["ci90_high"] < rows["margin"])
    equivalent = rows["verdict"].str.startswith("equivalent")
    assert inside.tolist() == equivalent.tolist()
    assert set(equivalent) == {True, False}


def test_margins_and_verdicts_are_shown_for_each_comparison() -> None:
    figure, plotted = drawn()
    rows = plotted[plotted["panel"] == "differences"]
    texts = shown_in(figure)
    assert all(any(verdict in text for text in texts) for verdict in rows["verdict"])
    panel = figure.axes[-1]
    dashed = [line.get_xdata()[0] for line in panel.lines if line.get_linestyle() == "--"]
    assert sorted(dashed) == [-0.1, -0.05, 0.05, 0.1]


def test_without_a_held_out_set_patients_are_out_of_fold() -> None:
    areas = tables.discrimination()
    _, plotted = drawn(areas[areas["set"] == "train"])
    assert set(plotted["kind"]) == {"out_of_fold"}


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(BadInput, match="no subgroup and no comparison to draw"):
        drawn(none_judged=True)
