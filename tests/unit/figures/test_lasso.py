"""The path of a LASSO model: its numbers, the penalties, and names that stay apart."""

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from radproof.figures import lasso

from tests.unit.figures import tables


def shown_in(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


def test_plotted_numbers_are_those_of_model_and_path() -> None:
    model, path = tables.lasso_model(), tables.lasso_path()
    _, plotted = lasso.draw(model, path, simulated=True)
    panels = {name: rows.reset_index(drop=True) for name, rows in plotted.groupby("panel")}
    assert panels["coefficients"]["value"].tolist() == path["coefficient"].tolist()
    assert panels["deviance"]["value"].tolist() == [row["deviance"] for row in model["path"]]
    assert panels["deviance"]["n_selected"].tolist() == [r["n_selected"] for r in model["path"]]
    chosen = panels["chosen"].set_index("feature")["value"]
    assert chosen.to_dict() == {row["term"]: row["coefficient"] for row in model["terms"]}
    assert chosen.abs().is_monotonic_decreasing
    assert set(panels["chosen"]["lambda"]) == {model["lambda"]}


def test_a_line_of_a_feature_starts_where_it_enters() -> None:
    figure, _ = lasso.draw(tables.lasso_model(), tables.lasso_path(), simulated=True)
    ends = [line.get_ydata() for line in figure.axes[0].lines if len(line.get_xdata()) == 30]
    assert sorted(int(np.count_nonzero(end)) for end in ends) == [10, 15, 20, 25, 30]


def test_both_penalties_are_drawn_and_the_one_taken_is_named() -> None:
    model = tables.lasso_model()
    figure, _ = lasso.draw(model, tables.lasso_path(), simulated=True)
    deviance = next(axes for axes in figure.axes if axes.get_legend())
    labels = [text.get_text() for text in deviance.get_legend().get_texts()]
    assert f"λ min ({model['lambda_min']:.2g}), taken" in labels
    assert f"λ 1-SE ({model['lambda_1se']:.2g})" in labels
    lines = [line.get_xdata()[0] for line in deviance.lines if len(line.get_xdata()) == 2]
    assert lines == pytest.approx(np.log([model["lambda_min"], model["lambda_1se"]]))


def test_names_are_short_and_stay_apart() -> None:
    names = [lasso.short_name(name) for name in tables.LASSO_FEATURES]
    assert len(set(names)) == len(names)
    assert names[2] == "90Percentile\nceT1w, LoG 2.0 mm, firstorder"
    assert lasso.short_name("age") == "age"


def test_a_model_of_many_features_shows_the_largest_on_one_page() -> None:
    terms = [{"term": f"T2w__original_glcm_F{k}", "coefficient": k / 50} for k in range(1, 60)]
    path = pd.DataFrame(terms).rename(columns={"term": "feature"}).assign(step=30)
    path["lambda"] = tables.lambdas()[-1]
    figure, plotted = lasso.draw(tables.lasso_model() | {"terms": terms}, path, simulated=False)
    assert figure.get_size_inches()[1] * 25.4 < 247
    assert "59 features, the 20 largest" in shown_in(figure)
    assert (plotted["panel"] == "chosen").sum() == 59


def test_a_model_without_a_path_says_why() -> None:
    why = "no feature is associated with the outcome at all"
    empty = {"path": [], "terms": [], "lambda": None, "warnings": [why], "inner_folds": 0}
    figure, plotted = lasso.draw(
        tables.lasso_model() | empty, tables.lasso_path()[:0], simulated=False
    )
    figure.draw_without_rendering()
    assert why in shown_in(figure) and "no feature has a weight" in shown_in(figure)
    assert plotted.empty
