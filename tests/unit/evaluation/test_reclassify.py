"""Tables of reclassification and of McNemar's test, for the plan's comparisons."""

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.evaluation.classification import youden_threshold
from radproof.evaluation.mcnemar import mcnemar
from radproof.evaluation.reclassification import category_nri, continuous_nri
from radproof.evaluation.reclassification import integrated_discrimination as idi
from radproof.evaluation.reclassify import (
    MCNEMAR,
    RECLASSIFICATION,
    compare_classifications,
    paired_difference_limits,
    reclassify,
)

from tests.unit.evaluation.cohort import make_predictions

PLAN = [{"first": "automated", "second": "clinical"}, {"first": "automated", "second": "manual"}]
CUTS = [0.3, 0.6]


def side_by_side(predictions: pd.DataFrame, kind: str) -> tuple[np.ndarray, pd.DataFrame]:
    wide = predictions.query("kind == @kind").pivot(
        index=["patient", "outcome"], columns="model", values="probability"
    )
    return wide.index.get_level_values("outcome").to_numpy(), wide


def test_a_gain_of_the_first_model_is_positive() -> None:
    predictions = make_predictions(n_test=400)
    table = reclassify(predictions, PLAN, CUTS)
    assert list(table.columns) == RECLASSIFICATION
    outcome, wide = side_by_side(predictions, "held_out")
    rows = table.query("kind == 'held_out' and second == 'clinical'").set_index("measure")
    wanted = {
        "continuous_nri": continuous_nri(outcome, wide["clinical"], wide["automated"]).total,
        "category_nri": category_nri(outcome, wide["clinical"], wide["automated"], CUTS).total,
        "idi": idi(outcome, wide["clinical"], wide["automated"]).total,
    }
    for measure, result in wanted.items():
        row = rows.loc[measure]
        assert (row["estimate"], row["ci_low"], row["p"]) == pytest.approx(
            (result.estimate, result.ci_low, result.p)
        )
        assert row["estimate"] > 0
    parts = rows["estimate"]
    assert parts["category_nri"] == pytest.approx(
        parts["category_nri_events"] + parts["category_nri_nonevents"]
    )


def test_without_categories_there_is_no_category_nri() -> None:
    table = reclassify(make_predictions(), PLAN, None)
    assert not table["measure"].str.startswith("category").any()
    assert set(zip(table["set"], table["kind"], strict=True)) == {
        ("train", "apparent"),
        ("train", "out_of_fold"),
        ("test", "held_out"),
    }


def test_the_same_model_twice_moves_nobody_and_says_so() -> None:
    predictions = make_predictions()
    same = predictions.query("model == 'manual'").assign(model="automated")
    predictions = pd.concat([predictions.query("model != 'automated'"), same])
    rows = reclassify(predictions, PLAN[1:], CUTS)
    assert (rows["estimate"] == 0).all()
    assert rows["p"].isna().all()
    assert rows["note"].str.startswith("no variance").all()
    test = compare_classifications(predictions, PLAN[1:])
    assert (test["exact_p"] == 1).all()
    assert (test["mid_p"] == 1).all()
    assert (test["ci_low"] < 0).all()


@pytest.mark.parametrize("cuts", [[0.6, 0.3], [0.0, 0.5], [0.5, 0.5]])
def test_categories_must_rise(cuts: list[float]) -> None:
    with pytest.raises(BadInput, match="cuts are out of order or range"):
        reclassify(make_predictions(), PLAN, cuts)


def test_mcnemar_at_the_threshold_of_each_model() -> None:
    predictions = make_predictions(n_test=200)
    table = compare_classifications(predictions, PLAN)
    assert list(table.columns) == MCNEMAR
    cuts = {
        model: youden_threshold(*side_by_side(predictions, "out_of_fold")[:1], wide[model])
        for _, wide in [side_by_side(predictions, "out_of_fold")]
        for model in ("automated", "clinical")
    }
    outcome, wide = side_by_side(predictions, "held_out")
    said = [wide[model] >= cuts[model] for model in ("automated", "clinical")]
    test = mcnemar(outcome, *said)
    row = table.query("kind == 'held_out' and second == 'clinical'").iloc[0]
    assert (row["threshold_first"], row["threshold_second"]) == tuple(cuts.values())
    assert (row["exact_p"], row["mid_p"]) == (test.exact_p, test.mid_p)
    right = [(one == outcome).mean() for one in said]
    assert row["accuracy_difference"] == pytest.approx(right[0] - right[1])
    assert row["ci_low"] < row["accuracy_difference"] < row["ci_high"]
    assert row["exact_p_holm"] >= row["exact_p"]


def test_limits_of_a_paired_difference_as_worked_by_hand() -> None:
    # (13 - 3) / 52 = 0.192308; sqrt((16 / 52 - 0.192308^2) / 52) = 0.0721524, times 1.959964
    assert paired_difference_limits(12, 2, 50) == pytest.approx((0.050892, 0.333724), abs=1e-6)
    assert paired_difference_limits(0, 0, 3)[0] == -paired_difference_limits(0, 0, 3)[1]


def test_without_out_of_fold_predictions_there_is_no_test() -> None:
    table = compare_classifications(make_predictions().query("set == 'test'"), PLAN)
    assert table["exact_p"].isna().all()
    assert table["note"].str.startswith("no threshold").all()


def test_a_model_that_there_is_not() -> None:
    for tabulate in (lambda *given: reclassify(*given, None), compare_classifications):
        with pytest.raises(BadInput, match="found radiologist"):
            tabulate(make_predictions(), [{"first": "automated", "second": "radiologist"}])
