"""Whatever the patients: no number is missing from any table without a reason beside it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.evaluate import evaluate
from radproof.evaluation.optimism import (
    Refits,
    draw_resamples,
    optimism_table,
    resample_table,
)
from radproof.evaluation.subgroups import analyse_subgroups

from tests.unit.evaluation.cohort import STRENGTH, make_predictions

SETTINGS: dict[str, Any] = {
    "comparisons": [
        {"first": "automated", "second": "manual", "margin": 0.05},
        {"first": "automated", "second": "clinical", "margin": 0.05},
    ],
    "risk_categories": [0.3, 0.6],
    "predictors": {
        "clinical": {"clinical": ["age"]},
        "automated": {"radiomics": {}},
        "manual": {"clinical": ["age"], "scores": ["automated"]},
    },
}
SUBGROUPS = [
    {"name": "sex", "variable": "sex", "cuts": None, "levels": None},
    {"name": "age", "variable": "age", "cuts": [30.0, 50.0], "levels": None},
]
CLINICAL = [
    {"name": "age", "kind": "number"},
    {"name": "sex", "kind": "category", "levels": ["F", "M"]},
]


def every_table(predictions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    names = predictions["patient"].unique()
    patients = pd.DataFrame(
        {"patient": names, "center": "a", "sex": rng.choice(["F", "M"], len(names))}
    )
    patients["age"] = rng.choice([20, 40, 60, np.nan], len(names))
    tables = evaluate(predictions) | comparison_tables(predictions, SETTINGS)
    tables |= analyse_subgroups(predictions, patients, SUBGROUPS, CLINICAL, 2)
    own = {name: rows for name, rows in predictions.groupby("model")}
    return tables | {"optimism": optimism_table(own, {name: resampled(own[name]) for name in own})}


def resampled(rows: pd.DataFrame) -> pd.DataFrame:
    """A model that is the same whatever it was fitted on."""
    train = rows[rows["kind"] == "apparent"]
    draws = draw_resamples(len(train), 4, 1)
    same = np.tile(train["probability"].to_numpy(float), (4, 1))
    return resample_table(train["outcome"].to_numpy(int), draws, Refits(same, [None] * 4))


def assert_reasons(tables: dict[str, pd.DataFrame]) -> None:
    assert len(tables) == 14
    for name, table in tables.items():
        values = table.drop(columns="note")
        lacking = values.isna().any(axis=1)
        assert table.loc[lacking, "note"].notna().all(), f"{name}: missing without a reason"
        numbers = values.select_dtypes("number").to_numpy(float)
        # A ROC curve begins above every probability; Z without variance is infinite.
        assert not np.isinf(numbers).any() or name in ("roc", "comparisons"), name


def test_an_ordinary_cohort() -> None:
    assert_reasons(every_table(make_predictions()))


@pytest.mark.parametrize("n_test", [2, 3, 4, 6])
def test_a_handful_of_patients(n_test: int) -> None:
    assert_reasons(every_table(make_predictions(n_test=n_test)))


@pytest.mark.parametrize(
    "events", [(40, 0), (40, 40), (40, 1), (40, 39), (1, 20), (0, 20), (80, 20)]
)
def test_one_class_or_one_event(events: tuple[int, int]) -> None:
    assert_reasons(every_table(make_predictions(events=events)))


@pytest.mark.parametrize(
    "change",
    [
        lambda p, y: 0 * p + 0.45,
        lambda p, y: p.round(1),
        lambda p, y: 0.2 + 0.6 * y,
        lambda p, y: 0.8 - 0.6 * y,
        lambda p, y: y.astype(float),
        lambda p, y: 1 - p,
        lambda p, y: (p > 0.5).astype(float),
    ],
    ids=["equal", "ties", "perfect", "perfectly wrong", "certain", "reversed", "zeros and ones"],
)
@pytest.mark.parametrize("models", [["clinical"], list(STRENGTH)], ids=["one model", "all models"])
def test_odd_probabilities(change, models: list[str]) -> None:
    predictions = make_predictions()
    odd = predictions["model"].isin(models)
    rows = predictions[odd]
    predictions.loc[odd, "probability"] = change(rows["probability"], rows["outcome"])
    assert_reasons(every_table(predictions))


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf])
def test_what_is_no_probability_is_refused_by_the_patient(value: float) -> None:
    predictions = make_predictions()
    predictions.loc[3, "probability"] = value
    for tabulate in (
        evaluate,
        lambda table: comparison_tables(table, SETTINGS),
        lambda table: analyse_subgroups(table, table, SUBGROUPS, CLINICAL, 5),
    ):
        with pytest.raises(BadInput, match="patient train003: model clinical: not a probability"):
            tabulate(predictions)
