import itertools
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from radproof.errors import BadInput
from radproof.figures import (
    calibration,
    decision,
    flow,
    forest,
    lasso,
    nomogram,
    null,
    overlays,
    roc,
    scores,
    segmentation,
    stability,
    study,
    style,
    training,
)
from radproof.negative_control.summary import summarise

from tests.unit.figures import tables

EVENT = "cervical lymph-node metastasis"


def segmentation_figure(simulated, table=None, set_name="test"):
    table = tables.scores() if table is None else table
    statistics = tables.statistics(table)
    shown = (statistics[name] for name in ("summary", "agreement", "strata"))
    chosen = {"segmenter": "unet", "set_name": set_name}
    return segmentation.draw(table, *shown, **chosen, simulated=simulated)


def scores_figure(simulated):
    models = ["radiomics_auto", "radiomics_manual"]
    pairs = [("radiomics_auto", "radiomics_manual")]
    return scores.draw(tables.predictions(), models, pairs, EVENT, simulated=simulated)


def calibration_figure(simulated):
    curve = tables.calibration_curve()
    return calibration.draw(curve, tables.calibration(), simulated=simulated)


def null_figure(simulated, table=None):
    table = tables.permuted() if table is None else table
    return null.draw(table, summarise(table), simulated=simulated)


STABILITY = {"form": "ICC2", "threshold": 0.75, "bound": "estimate"}


def stability_figure(table=None, decides=tables.STABILITY_DECIDES, simulated=True, **settings):
    table = tables.stability() if table is None else table
    return stability.draw(table, decides, STABILITY | settings, simulated=simulated)


def lasso_figure(simulated, model=None):
    return lasso.draw(model or tables.lasso_model(), tables.lasso_path(), simulated=simulated)


def forest_figure(simulated, compared=None):
    compared = tables.comparisons() if compared is None else compared
    subgroups = tables.subgroups().values()
    shown, units = ["nomogram_auto", "nomogram_manual"], {"age": "years"}
    found = tables.discrimination(), *subgroups, compared
    return forest.draw(*found, shown, units, simulated=simulated)


FIGURES = {
    "study": lambda simulated: study.draw(tables.study(), simulated=simulated),
    "lasso": lasso_figure,
    "forest": forest_figure,
    "flow": lambda simulated: flow.draw(tables.flow(), simulated=simulated),
    "training": lambda simulated: training.draw(tables.histories(), simulated=simulated),
    "overlays": lambda simulated: overlays.draw(tables.cases(), simulated=simulated),
    "segmentation": segmentation_figure,
    "stability": lambda simulated: stability_figure(simulated=simulated),
    "scores": scores_figure,
    "nomogram": lambda simulated: nomogram.draw(tables.model(), EVENT, simulated=simulated),
    "roc": lambda simulated: roc.draw(tables.roc(), tables.discrimination(), simulated=simulated),
    "calibration": calibration_figure,
    "decision": lambda simulated: decision.draw(tables.net_benefit(), simulated=simulated),
    "null": null_figure,
}


def saved(name: str, simulated: bool, folder) -> dict[str, bytes]:
    figure, plotted = FIGURES[name](simulated)
    paths = {suffix: folder / f"{name}.{suffix}" for suffix in ("svg", "png", "tsv")}
    style.save(figure, plotted, paths["svg"], paths["png"], paths["tsv"])
    return {suffix: path.read_bytes() for suffix, path in paths.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_same_bytes_twice_whatever_the_users_style(name, tmp_path):
    first = saved(name, True, tmp_path / "first")
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "savefig.dpi": 40}):
        second = saved(name, True, tmp_path / "second")
    assert first == second
    assert style.SIMULATED in first["svg"].decode()
    for trace in (b"Matplotlib", b"dc:date"):
        assert trace not in first["svg"]
        assert trace not in first["png"]


@pytest.mark.parametrize("name", FIGURES)
def test_real_cohort_is_not_called_simulated(name, tmp_path):
    svg = saved(name, False, tmp_path)["svg"].decode()
    assert "imulated" not in svg
    assert re.search(r"n = \d+|>\d+/\d+<", svg), "no number of patients is shown"


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_large_enough_for_print_and_fits_the_page(name):
    figure, _ = FIGURES[name](True)
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text().strip()]
    assert min(text.get_fontsize() for text in texts) >= 7
    width, height = figure.get_size_inches() * figure.dpi
    assert width / figure.dpi * style.MM_PER_INCH <= style.TWO_COLUMNS_MM + 0.01
    renderer = figure._get_renderer()
    for text in texts:
        box = text.get_window_extent(renderer)
        if text.get_visible() and text.axes is not None and not text.axes.axison:
            assert box.x0 >= -1 and box.x1 <= width + 1, text.get_text()
            assert box.y0 >= -1 and box.y1 <= height + 1, text.get_text()


def test_plotted_numbers_are_those_of_the_tables():
    _, plotted = FIGURES["flow"](True)
    pd.testing.assert_frame_equal(plotted, tables.flow())

    _, plotted = FIGURES["training"](True)
    history = tables.histories()["3"]
    rows = plotted[plotted["fold"] == "3"].reset_index(drop=True)
    assert rows["val_dice"].equals(history["val_dice"])

    _, plotted = FIGURES["decision"](True)
    expected = tables.net_benefit().query("kind != 'apparent'")["net_benefit"]
    assert sorted(plotted["net_benefit"]) == sorted(expected)

    _, plotted = FIGURES["calibration"](True)
    expected = tables.calibration_curve().query("kind == 'held_out'")
    assert plotted["observed"].tolist() == expected["observed"].tolist()

    _, plotted = FIGURES["stability"](True)
    expected = tables.stability().query("left_out == 'none'")
    assert plotted["icc"].tolist() == expected["icc"].tolist()
    assert plotted["feature"].tolist() == expected["feature"].tolist()


def words_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def test_negative_control_shows_every_area_of_those_who_judge_with_p_and_k():
    figure, plotted = FIGURES["null"](True)
    assert set(plotted["kind"]) == {"held_out"}
    assert len(figure.axes) == len(tables.MODELS)
    expected = tables.permuted().query("kind == 'held_out'")["auc"]
    assert plotted["auc"].tolist() == expected.tolist()
    words = words_of(figure)
    assert "K = 20 permutations of the outcome" in words
    one = plotted.query("model == 'radiomics_auto' and arm == 'leaky'")
    true = one.loc[one["permutation"] == 0, "auc"].item()
    p = (1 + (one.loc[one["permutation"] > 0, "auc"] >= true).sum()) / 21
    assert f"AUC {true:.2f}\np = {p:.2g}" in words
    assert words.count("no radiomics,\nno leak") == 1


def test_negative_control_is_out_of_fold_where_nobody_is_held_out():
    table = tables.permuted().query("kind == 'out_of_fold'")
    _, plotted = null_figure(False, table)
    assert set(plotted["kind"]) == {"out_of_fold"} and len(plotted) == len(table)


def test_negative_control_of_one_class_says_that_there_is_no_area():
    table = tables.permuted()
    table.loc[table["set"] == "test", "auc"] = np.nan
    figure, plotted = null_figure(False, table)
    assert words_of(figure).count("one class,\nno area") == 9
    assert plotted["p"].isna().all()


def test_roc_shows_held_out_patients_first_and_never_apparent_ones():
    figure, plotted = FIGURES["roc"](True)
    assert list(dict.fromkeys(plotted["kind"])) == ["held_out", "out_of_fold"]
    assert len(figure.axes) == 2
    areas = tables.discrimination().set_index(["model", "set", "kind"])["auc"]
    one = plotted.query("model == 'clinical' and kind == 'held_out'")
    assert one["auc"].unique().tolist() == [areas["clinical", "test", "held_out"]]
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert f"clinical: {areas['clinical', 'test', 'held_out']:.2f}" in labels[0]


def test_study_without_held_out_patients_is_drawn_out_of_fold():
    curve = tables.calibration_curve().query("set == 'train'")
    _, plotted = calibration.draw(curve, tables.calibration(), simulated=False)
    assert set(plotted["kind"]) == {"out_of_fold"}
    figure, _ = roc.draw(
        tables.roc().query("set == 'train'"), tables.discrimination(), simulated=False
    )
    assert len(figure.axes) == 1
    assert figure.get_size_inches()[0] * style.MM_PER_INCH == pytest.approx(89)


def test_one_class_sets_are_drawn_without_an_area():
    points, areas = tables.roc(), tables.discrimination()
    alone = (points["model"] == "clinical") & (points["kind"] == "held_out")
    missing = points[alone].head(1).assign(threshold=np.nan, sensitivity=np.nan, specificity=np.nan)
    areas.loc[areas["model"] == "clinical", ["auc", "ci_low", "ci_high"]] = np.nan
    figure, _ = roc.draw(pd.concat([missing, points[~alone]]), areas, simulated=False)
    assert "clinical: n/a" in figure.axes[0].get_legend_handles_labels()[1]


def test_bland_altman_limits_are_of_the_set_judged():
    figure, plotted = FIGURES["segmentation"](True)
    panel = plotted[plotted["panel"] == "volume_ml"]
    table = tables.scores().query("reference == 'rater1' and candidate == 'unet'")
    points = panel[panel["item"] == "patient"]
    assert points["y"].tolist() == table["volume_error_ml"].tolist()
    difference = table.query("set == 'test'")["volume_error_ml"]
    lines = panel[panel["item"] != "patient"].set_index("item")
    assert set(lines["set"]) == {"test"}
    assert lines.loc["bias", "y"] == pytest.approx(difference.mean())
    limit = difference.mean() + 1.96 * difference.std()
    assert lines.loc["upper limit", "y"] == pytest.approx(limit)
    agreement = tables.statistics(tables.scores())["agreement"].query("set == 'test'").iloc[0]
    assert lines.loc["lower limit", "ci_low"] == agreement["lower_limit_ci_low"]
    labels = figure.axes[3].get_legend_handles_labels()[1]
    assert f"bias, test: {difference.mean():+.2f} ml".replace("-", "−") in labels
    dice = plotted.query("panel == 'dice' and candidate == 'rater2'")["patient"]
    assert dice.notna().sum() == 95 + 41


def test_dice_by_volume_shows_each_stratum_with_its_patients():
    figure, plotted = FIGURES["segmentation"](True)
    drawn = plotted[plotted["panel"] == "dice_by_volume"]
    strata = tables.statistics(tables.scores())["strata"]
    strata = strata.query("set == 'test' and metric == 'dice'")
    assert list(drawn["stratum"].unique()) == ["< 4 ml", "4–10 ml", "≥ 10 ml"]
    keys = ["reference", "candidate", "stratum"]
    both = drawn.merge(strata, on=keys, suffixes=("", "_table"))
    assert len(both) == len(drawn) == len(strata) == 9
    for name, theirs in (("x", "mean"), ("n", "n_table"), ("ci_low", "ci_low_table")):
        assert both[name].tolist() == both[theirs].tolist()
    labels = [label.get_text() for label in figure.axes[4].get_yticklabels()]
    first = int(drawn["n"].iloc[0])
    assert labels[0] == f"< 4 ml: unet / rater1\nn = {first}"


@pytest.mark.filterwarnings("error")
def test_one_patient_and_empty_masks_are_drawn():
    table = tables.scores().query("patient == 'train000'").reset_index(drop=True)
    table.loc[0, ["dice", "assd_mm", "volume_candidate_ml"]] = [0.0, np.nan, 0.0]
    figure, plotted = segmentation_figure(False, table, "train")
    figure.draw_without_rendering()
    lines = plotted.query("panel == 'volume_ml' and item == 'upper limit'")
    assert lines["y"].isna().all()
    counts = [label.get_text() for label in figure.axes[2].get_yticklabels()]
    assert counts == ["n = 0", "n = 1", "n = 1"]


def test_no_text_of_the_scores_lies_over_another():
    figure, _ = FIGURES["segmentation"](True)
    figure.draw_without_rendering()
    renderer = figure._get_renderer()
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text().strip()]
    # Matplotlib keeps a tick beyond the end of an axis, and does not draw it.
    beyond = {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    shown = [text for text in texts if text.get_visible() and text not in beyond]
    boxes = [text.get_window_extent(renderer) for text in shown]
    for place, box in enumerate(boxes):
        for other in boxes[:place]:
            apart = box.x0 >= other.x1 or other.x0 >= box.x1
            assert apart or box.y0 >= other.y1 - 1 or other.y0 >= box.y1 - 1


def test_stability_reads_class_and_filter_from_the_name():
    _, plotted = FIGURES["stability"](True)
    rows = plotted.set_index("feature").loc["T2w__log-sigma-2-0-mm-3D_glcm_F3"]
    parts = rows[["between", "sequence", "filter", "class"]].to_numpy().tolist()
    assert parts == [
        [name, "T2w", "log-sigma-2-0-mm-3D", "glcm"] for name in ("automated", "raters")
    ]


def test_stability_counts_what_passed_each_comparison_deciding_ones_first():
    figure, plotted = FIGURES["stability"](True)
    said = [text.get_text() for text in figure.axes[0].texts]
    rows = plotted[plotted["filter"] == "original"]
    expected = [
        f"{group['passed'].sum()}/{len(group)}"
        for between in ("raters", "automated")
        for _, group in rows[rows["between"] == between].groupby("class", sort=False)
    ]
    assert said == expected
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["raters (decides)", "automated (reported only)"]
    assert "n = 94–95 patients" in figure.axes[0].get_title(loc="left")


def test_stability_against_the_lower_bound_shows_the_bound():
    figure, plotted = stability_figure(bound="lower")
    assert figure.axes[0].get_xlabel() == "lower 95 % bound of ICC2"
    line = next(line for line in figure.axes[0].lines if line.get_marker() == ".")
    first = plotted.query("between == 'raters' and filter == 'original' and `class` == 'shape'")
    kept = first["ci_low"][first["ci_low"] >= 0]
    drawn = [place for line in figure.axes[0].lines for place in line.get_xdata()]
    assert set(kept) <= set(drawn)
    assert line.get_color() == style.GREY


def test_stability_below_zero_stands_at_the_end_of_the_axis():
    table = tables.stability()
    table.loc[0, ["icc", "ci_low"]] = -2.5
    figure, plotted = stability_figure(table)
    figure.draw_without_rendering()
    assert figure.axes[0].get_xlim()[0] > -0.1
    assert plotted["icc"].min() == -2.5
    table["icc"] -= 2
    drawn = stability_figure(table)[0].axes[0]
    medians = [line.get_xdata()[0] for line in drawn.lines if line.get_marker() in "oD"]
    assert medians and min(medians) > drawn.get_xlim()[0]
    assert "feature below 0" in [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(("filters", "across"), [(1, 1), (2, 2), (5, 3), (12, 4)])
def test_stability_fits_a_page_however_many_filters(filters, across):
    names = tuple(f"wavelet-{letter}LH" for letter in "ABCDEFGHIJKL"[:filters])
    table = tables.stability(names)
    table = table[~table["feature"].str.contains("shape")]
    third = table[table["between"] == "raters"].assign(between="contours")
    decides = tables.STABILITY_DECIDES | {"contours": True}
    figure, _ = stability_figure(pd.concat([table, third]), decides)
    width, height = figure.get_size_inches() * style.MM_PER_INCH
    assert width == pytest.approx(89 if filters == 1 else 180)
    assert height <= 247
    assert sum(axes.get_title(loc="left") != "" for axes in figure.axes) == filters
    left = {round(axes.get_position().x0, 3) for axes in figure.axes}
    assert len(left) == across
    figure.draw_without_rendering()
    renderer = figure._get_renderer()
    shown = [text for axes in figure.axes for text in axes.texts]
    boxes = [text.get_window_extent(renderer) for text in shown]
    assert all(box.x1 <= figure.bbox.x1 + 1 for box in boxes)
    for box, other in itertools.pairwise(boxes):
        apart = box.x0 >= other.x1 or other.x0 >= box.x1
        assert apart or box.y0 >= other.y1 - 2 or other.y0 >= box.y1 - 2


def test_nomogram_without_predictors_says_so(tmp_path):
    model = tables.model() | {"variables": [], "terms": [], "features": []}
    figure, plotted = nomogram.draw(model, EVENT, simulated=False)
    shown = " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))
    assert "no predictors" in shown
    assert plotted.empty


def test_nomogram_names_units_once():
    figure, _ = FIGURES["nomogram"](False)
    shown = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    assert "depth of invasion (mm)" in shown
    assert "radiomics auto (score)" in shown


@pytest.mark.parametrize("levels", [["Low", "Intermediate", "High", "Very high"], list("1234")])
def test_nomogram_names_every_level_however_close_they_lie(levels):
    model = tables.model()
    model["variables"][0]["levels"] = levels
    model["terms"][:3] = [
        {"term": f"clinical_t_stage={level}", "coefficient": weight}
        for level, weight in zip(levels[1:], (-0.02, 0.01, 0.02), strict=True)
    ]
    figure, _ = nomogram.draw(model, EVENT, simulated=False)
    row = 7 + nomogram.ROW_MM
    labels = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() in levels]
    at = [text.get_position() for text in labels if abs(text.get_position()[1] - row) < 3]
    assert len(at) == len(set(at)) == 4


def test_a_steep_nomogram_names_the_middle_of_its_risks_and_no_label_covers_another():
    model = tables.model()
    for term in model["terms"]:
        term["coefficient"] *= 6
    figure, _ = nomogram.draw(model, EVENT, simulated=False)
    figure.canvas.draw()
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text()]
    assert {"0.4", "0.5"} <= {text.get_text() for text in texts}
    boxes = [text.get_window_extent() for text in texts]
    assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


def test_negative_numbers_have_a_minus_sign_in_every_figure():
    for name, draw in FIGURES.items():
        for text in draw(False)[0].findobj(matplotlib.text.Text):
            assert not re.search(r"(?<![\w.)])-\.?\d", text.get_text()), (name, text.get_text())


def test_overlap_is_shown_as_dice_and_as_intersection_over_union():
    figure, plotted = FIGURES["segmentation"](True)
    table = tables.scores()
    for panel in ("dice", "iou"):
        drawn = plotted[(plotted["panel"] == panel) & (plotted["item"] == "patient")]
        assert sorted(drawn["x"]) == sorted(table[panel])
    titles = [axes.get_title(loc="left") for axes in figure.axes[:3]]
    assert titles[1] == "B  Intersection over union"


def test_surface_distances_are_counted_apart_from_dice():
    table = tables.scores()
    table.loc[table.index[0], "assd_mm"] = float("nan")
    figure, _ = segmentation_figure(False, table)
    counts = [
        [label.get_text().split("\n")[-1] for label in axes.get_yticklabels()]
        for axes in figure.axes[:3]
    ]
    assert counts[0][0] == "n = 95"
    assert counts[1][0] == "n = 95"
    assert counts[2][0] == "n = 94"


def test_two_scores_of_the_same_held_out_patients_are_held_against_each_other():
    figure, _ = scores_figure(False)
    known = tables.predictions().query("kind == 'held_out'").set_index("patient")
    first, second = (
        known.loc[known["model"] == name, "score"]
        for name in ("radiomics_auto", "radiomics_manual")
    )
    panel = figure.axes[2]
    drawn = {
        point
        for line in panel.lines[:2]
        for point in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }
    assert drawn == {(second[name], first[name]) for name in first.index}
    assert panel.get_title(loc="left") == "test, held out\nn = 41"


def test_study_without_scores_is_told_so():
    with pytest.raises(BadInput, match="no model makes a score"):
        scores.draw(tables.predictions(), [], [], EVENT, simulated=False)
