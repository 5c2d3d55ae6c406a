"""Statistics of scores: what is counted, borders of strata, failures and their order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.segmentation.score_statistics import (
    FAILURE_COLUMNS,
    STRATA_METRICS,
    failures,
    score_statistics,
    stratum_labels,
    summarise,
    summarise_strata,
)
from radproof.segmentation.scores import METRICS
from radproof.tables import read_table, write_table

from tests.unit.segmentation.score_rows import rows


def test_a_summary_counts_what_is_defined_and_repeats() -> None:
    rng = np.random.default_rng(1)
    scores = pd.DataFrame({metric: rng.random(30) for metric in METRICS})
    scores = scores.assign(set="test", reference="rater1", candidate="unet")
    scores.loc[:4, "hd95_mm"] = np.nan
    table = summarise(scores, seed=3).set_index("metric")
    assert table.loc["dice", ["n", "n_missing"]].tolist() == [30, 0]
    assert table.loc["hd95_mm", ["n", "n_missing"]].tolist() == [25, 5]
    assert table.loc["hd95_mm", "mean"] == pytest.approx(scores["hd95_mm"].mean())
    assert table.loc["hd95_mm", "median"] == pytest.approx(scores["hd95_mm"].median())
    assert table.loc["hd95_mm", "sd"] == pytest.approx(scores["hd95_mm"].std())
    assert (table["ci_low"] < table["mean"]).all()
    assert (table["mean"] < table["ci_high"]).all()
    standard_error = scores["dice"].std() / np.sqrt(30)
    width = table.loc["dice", "ci_high"] - table.loc["dice", "ci_low"]
    assert width == pytest.approx(2 * 1.96 * standard_error, rel=0.15)
    pd.testing.assert_frame_equal(table, summarise(scores, seed=3).set_index("metric"))


def test_one_patient_has_a_mean_and_no_interval() -> None:
    scores = pd.DataFrame({metric: [0.5] for metric in METRICS})
    table = summarise(scores.assign(set="test", reference="a", candidate="b"), seed=3)
    assert (table["mean"] == 0.5).all()
    assert table[["sd", "ci_low", "ci_high"]].isna().all(axis=None)


def test_a_score_that_nobody_has_is_missing_and_not_left_out() -> None:
    table = summarise(rows([0.0, 0.0], hd95_mm=np.nan), seed=3).set_index("metric")
    assert table.loc["hd95_mm", ["n", "n_missing"]].tolist() == [0, 2]
    assert np.isnan(table.loc["hd95_mm", "mean"])
    # Two failures are no better than two failures in any resample.
    assert table.loc["dice", ["mean", "ci_low", "ci_high"]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("limits", "labels"),
    [
        ([], ["all"]),
        ([4.0], ["< 4 ml", "≥ 4 ml"]),
        ([0.5, 4.0, 10.0], ["< 0.5 ml", "0.5–4 ml", "4–10 ml", "≥ 10 ml"]),
    ],
)
def test_strata_are_named_by_their_limits(limits, labels) -> None:
    assert stratum_labels(limits) == labels


def test_a_limit_belongs_to_the_stratum_above_it() -> None:
    # 4 ml but for rounding, as a count of voxels of 0.1 * 0.1 * 0.3 mm may give it.
    volumes = [3.9999, 4.0, 4.0 - 4e-16, 9.999, 10.0, 25.0]
    table = summarise_strata(rows([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], volumes), [10.0, 4.0], seed=1)
    dice = table[table["metric"] == "dice"].set_index("stratum")
    assert dice["n"].to_dict() == {"< 4 ml": 1, "4–10 ml": 3, "≥ 10 ml": 2}
    assert dice["mean"].tolist() == pytest.approx([0.1, 0.3, 0.55])


def test_strata_without_patients_say_so_and_raters_stand_beside() -> None:
    own = rows([0.9, 0.7], [5.0, 6.0], [0.0, 3.0], hd95_mm=[np.nan, 2.0])
    raters = own.assign(candidate="rater2", dice=0.95, hd95_mm=1.0)
    table = summarise_strata(pd.concat([own, raters]), [4.0], seed=1)
    assert table["candidate"].tolist() == ["unet"] * 12 + ["rater2"] * 12
    assert table["metric"].tolist() == list(STRATA_METRICS) * 4
    small = table[table["stratum"] == "< 4 ml"]
    assert (small[["n", "n_missing"]] == 0).all(axis=None)
    assert small["mean"].isna().all()
    large = table[(table["stratum"] == "≥ 4 ml") & (table["candidate"] == "unet")]
    large = large.set_index("metric")
    assert large.loc["hd95_mm", ["n", "n_missing", "mean"]].tolist() == [1, 1, 2.0]
    assert large.loc["volume_error_pct", "mean"] == pytest.approx(-75)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.just(0.0) | st.floats(0.01, 50), min_size=1, max_size=30),
    st.lists(st.floats(0.1, 40), max_size=4),
)
def test_every_patient_is_in_one_stratum(volumes, limits) -> None:
    table = summarise_strata(rows([0.5] * len(volumes), volumes), limits, seed=1)
    dice = table[table["metric"] == "dice"]
    assert dice["n"].sum() == len(volumes)
    assert len(dice) == len(set(limits)) + 1


def test_a_stratum_of_all_is_the_summary() -> None:
    scores = rows([0.2, 0.9, 0.7])
    columns = ["n", "mean", "sd", "median"]
    whole = summarise(scores, seed=1).set_index("metric").loc[list(STRATA_METRICS), columns]
    strata = summarise_strata(scores, [], seed=1).set_index("metric")[columns]
    pd.testing.assert_frame_equal(strata, whole)


def test_failures_are_of_every_set_and_rater_the_worst_first() -> None:
    own = rows([0.6, 0.2, 0.0, 0.49999, 0.5], empty=["none", "none", "candidate", "none", "none"])
    second = own.assign(reference="rater2", dice=[0.4, 0.9, 0.0, 0.9, 0.9])
    elsewhere = own.iloc[:2].assign(set="train", patient=["q0", "q1"], dice=[0.1, 0.8])
    raters = own.assign(candidate="rater2", dice=0.0)
    table = failures(pd.concat([own, second, elsewhere, raters]), "unet", 0.5)
    assert list(table.columns) == FAILURE_COLUMNS
    found = table[["patient", "set", "reference", "dice", "reason"]].to_numpy().tolist()
    assert found == [
        ["p2", "test", "rater1", 0.0, "empty mask"],
        ["p2", "test", "rater2", 0.0, "empty mask"],
        ["q0", "train", "rater1", 0.1, "Dice below 0.5"],
        ["p1", "test", "rater1", 0.2, "Dice below 0.5"],
        ["p0", "test", "rater2", 0.4, "Dice below 0.5"],
        ["p3", "test", "rater1", 0.49999, "Dice below 0.5"],
    ]


def test_an_empty_mask_fails_whatever_its_dice() -> None:
    # Nobody drew anything: Dice is 1, and there still is no tumour to measure.
    table = failures(rows([1.0], 0.0, 0.0, empty="both"), "unet", 0.0)
    assert table["reason"].tolist() == ["empty mask"]


def test_without_failures_the_table_has_its_header(tmp_path) -> None:
    write_table(failures(rows([0.9]), "unet", 0.5), tmp_path / "failures.tsv")
    table = read_table(tmp_path / "failures.tsv")
    assert table.empty
    assert list(table.columns) == FAILURE_COLUMNS


def test_every_reported_table_has_its_file() -> None:
    tables = score_statistics(rows([0.9]), "unet", {"strata_ml": [4], "failure_dice": 0.5}, 1)
    assert list(tables) == ["summary", "agreement", "strata", "failures"]
