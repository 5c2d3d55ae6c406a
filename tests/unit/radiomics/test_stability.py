"""Stability: what is kept and why not, with and without each fold."""

import numpy as np
import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.radiomics import stability
from radproof.radiomics.stability import (
    _correlated,
    correlations,
    judge,
    summarise,
    summarise_dice,
    verdict,
)

SETTINGS = {"form": "ICC2", "threshold": 0.75, "bound": "estimate"}
BETWEEN = {
    "raters": {"masks": ["rater1", "rater2"], "decides": True},
    "automated": {"masks": ["rater1", "unet"], "decides": False},
}
BOTH = {name: {**comparison, "decides": True} for name, comparison in BETWEEN.items()}
PATIENTS = [f"P{number:02d}" for number in range(30)]
FOLDS = pd.Series([str(1 + number % 3) for number in range(30)], index=PATIENTS)


def tables(seed: int = 0) -> dict[str, pd.DataFrame]:
    """Features of three masks; ``human`` is stable between raters alone."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=30)
    return {
        mask: pd.DataFrame(
            {
                "stable": truth + generator.normal(scale=0.1, size=30),
                "unstable": generator.normal(size=30),
                "constant": 3.0,
                "human": generator.normal(size=30) if mask == "unet" else truth,
            },
            index=PATIENTS,
        )
        for mask in ("rater1", "rater2", "unet")
    }


def assess_stability(features, folds, settings, between=BETWEEN):
    return stability.assess_stability(features, folds, between, settings)["stability"]


def test_what_is_kept_and_why_not() -> None:
    table = assess_stability(tables(), FOLDS, SETTINGS)
    overall = table[table["left_out"] == "none"].set_index("feature")
    assert overall.loc["stable", "kept"]
    assert overall.loc["stable", "reason"] == ""
    assert not overall.loc["unstable", "kept"]
    assert "below 0.75" in overall.loc["unstable", "reason"]
    assert overall.loc["unstable", "reason"].startswith("raters: ")
    assert overall.loc["constant", "reason"] == "raters: no variance between subjects"
    assert set(table["left_out"]) == {"none", "1", "2", "3", "1+2", "1+3", "2+3"}


def test_the_lower_bound_is_stricter() -> None:
    estimate = assess_stability(tables(), FOLDS, SETTINGS | {"threshold": 0.985})
    lower = assess_stability(tables(), FOLDS, SETTINGS | {"threshold": 0.985, "bound": "lower"})
    assert lower["kept"].sum() < estimate["kept"].sum()


def test_left_out_patients_change_nothing() -> None:
    first, second = tables(), tables()
    gone = FOLDS.index[FOLDS == "2"]
    second["rater2"].loc[gone] = 99.0
    for left_out in ("2", "1+2"):
        one, two = (
            table[table["left_out"] == left_out].reset_index(drop=True)
            for table in (assess_stability(each, FOLDS, SETTINGS) for each in (first, second))
        )
        pd.testing.assert_frame_equal(one, two)


def test_missing_values_are_left_out_by_feature() -> None:
    data = tables()
    data["rater1"].loc[PATIENTS[:5], "stable"] = np.nan
    table = assess_stability(data, FOLDS, SETTINGS)
    overall = table[table["left_out"] == "none"].set_index("feature")
    assert overall.loc["stable", "n"] == 25
    assert overall.loc["unstable", "n"] == 30
    shorter = {name: values.loc[PATIENTS[5:]] for name, values in tables().items()}
    alone = assess_stability(shorter, FOLDS.loc[PATIENTS[5:]], SETTINGS)
    alone = alone[alone["left_out"] == "none"].set_index("feature")
    assert overall.loc["stable", "icc"] == pytest.approx(alone.loc["stable", "icc"])


def test_a_feature_with_too_few_values_is_not_kept() -> None:
    data = tables()
    data["rater1"].loc[PATIENTS[2:], "stable"] = np.nan
    table = assess_stability(data, FOLDS, SETTINGS).set_index(["left_out", "feature"])
    assert not table.loc[("none", "stable"), "kept"]
    assert "fewer than 3" in table.loc[("none", "stable"), "reason"]


def overall(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["left_out"] == "none"].set_index("feature")


def test_a_comparison_that_is_only_reported_decides_nothing() -> None:
    data = tables()["unet"]
    judged = overall(assess_stability(tables(), FOLDS, SETTINGS))
    assert judged["kept"].to_dict() == dict(zip(data, [True, False, False, True], strict=True))
    every = correlations(tables(), FOLDS, BETWEEN, SETTINGS)
    reported = overall(every[every["between"] == "automated"])
    assert not reported.loc["human", "passed"]
    assert reported["reason"]["human"].startswith("ICC ")
    alone = {"raters": BETWEEN["raters"]}
    pd.testing.assert_frame_equal(
        assess_stability(tables(), FOLDS, SETTINGS),
        assess_stability(tables(), FOLDS, SETTINGS, alone),
    )


def test_a_feature_must_pass_every_comparison_that_decides() -> None:
    data = tables()["unet"]
    every = correlations(tables(), FOLDS, BOTH, SETTINGS)
    judged, one = overall(verdict(every, BOTH)), every.set_index(["left_out", "between", "feature"])
    assert judged["kept"].to_dict() == dict(zip(data, [True, False, False, False], strict=True))
    assert judged["reason"]["human"].startswith("automated: ICC ")
    assert "raters: ICC" in judged["reason"]["unstable"]
    assert "; automated: ICC" in judged["reason"]["unstable"]
    for name in ("icc", "ci_low"):
        pairs = [one.loc[("none", between, "unstable"), name] for between in BOTH]
        assert judged.loc["unstable", name] == min(pairs)
    assert np.isnan(judged.loc["constant", "icc"])


def test_the_verdict_keeps_the_order_of_features_whatever_their_values() -> None:
    table = assess_stability(tables(), FOLDS, SETTINGS, BOTH)
    each = [list(rows["feature"]) for _, rows in table.groupby("left_out", sort=False)]
    assert each == [["stable", "unstable", "constant", "human"]] * 7


def test_missing_values_count_in_their_own_comparison_alone() -> None:
    data = tables()
    data["unet"].loc[PATIENTS[:6]] = np.nan
    every = correlations(data, FOLDS, BETWEEN, SETTINGS)
    every = every[(every["left_out"] == "none") & (every["feature"] == "stable")]
    assert every.set_index("between")["n"].to_dict() == {"raters": 30, "automated": 24}
    assert overall(assess_stability(data, FOLDS, SETTINGS, BOTH)).loc["stable", "n"] == 24


def test_judging_again_changes_nothing() -> None:
    every = correlations(tables(), FOLDS, BETWEEN, SETTINGS)
    pd.testing.assert_frame_equal(judge(every, SETTINGS), every)


def test_more_than_two_masks_are_one_correlation() -> None:
    three = {"all": {"masks": ["rater1", "rater2", "unet"], "decides": True}}
    every = overall(correlations(tables(), FOLDS, three, SETTINGS))
    assert every.loc["stable", "df2"] == 29 * 2


def test_the_summary_counts_by_comparison_sequence_filter_and_class() -> None:
    names = ["T1w__original_glcm_A", "T1w__original_glcm_B", "T2w__log-sigma-2-0-mm-3D_shape_A"]
    data = {mask: table.iloc[:, :3].set_axis(names, axis=1) for mask, table in tables().items()}
    every = correlations(data, FOLDS, BETWEEN, SETTINGS)
    rows = summarise(every).set_index(["between", "sequence", "filter", "class"])
    first = rows.loc[("raters", "T1w", "original", "glcm")]
    assert (first["n_features"], first["n_passed"]) == (2, 1)
    shown = every[(every["left_out"] == "none") & (every["between"] == "raters")]["icc"]
    assert first["icc_median"] == pytest.approx(shown.iloc[:2].median())
    assert first["icc_low"] <= first["icc_median"] <= first["icc_high"]
    # The constant feature has no correlation, and is counted all the same.
    last = rows.loc[("raters", "T2w", "log-sigma-2-0-mm-3D", "shape")]
    assert (last["n_features"], last["n_passed"]) == (1, 0)
    assert np.isnan(last["icc_median"])


def test_dice_of_perturbed_masks_is_summed_up() -> None:
    rows = pd.DataFrame({"mask": ["perturbed1"] * 4, "dice": [0.8, 0.9, 1.0, 0.7]})
    found = summarise_dice(rows).iloc[0]
    assert found["mask"] == "perturbed1"
    assert found["n"] == 4
    assert (found["dice_least"], found["dice_median"]) == pytest.approx((0.7, 0.85))


def test_a_patient_without_features_is_named() -> None:
    data = tables()
    data["unet"] = data["unet"].drop(index="P03")
    with pytest.raises(BadInput, match="no row of features from mask unet"):
        correlations(data, FOLDS, BETWEEN, SETTINGS)


@pytest.mark.parametrize("bound", ["estimate", "lower"])
@pytest.mark.parametrize("form", ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"])
def test_masks_that_contradict_each_other_are_never_kept(form: str, bound: str) -> None:
    """ICC2k of opposite values is above 1 by its formula."""
    rng = np.random.default_rng(2)
    opposite = rng.normal(size=(4, 40))
    noise = rng.normal(scale=0.05, size=(4, 40))
    names = [f"F{number}" for number in range(40)]
    data = {
        "rater1": pd.DataFrame(opposite, index=PATIENTS[:4], columns=names),
        "rater2": pd.DataFrame(noise - opposite, index=PATIENTS[:4], columns=names),
    }
    settings = {"form": form, "threshold": 0.5, "bound": bound}
    alone = {"raters": BETWEEN["raters"]}
    every = correlations(data, pd.Series("1", index=PATIENTS[:4]), alone, settings)
    assert not every["passed"].any()
    assert (every["reason"] != "").all()
    assert (form == "ICC2k") == (every["icc"] > 1).any()


def test_masks_that_differ_by_the_same_in_everybody_have_no_lower_bound_to_pass_by() -> None:
    values = np.random.default_rng(3).normal(size=20)
    one, other = (pd.DataFrame({"x": values + shift}, index=range(20)) for shift in (0.0, 0.5))
    rows = _correlated(np.stack([one.to_numpy(), other.to_numpy()], axis=1), "ICC2")
    judged = judge(rows, {"threshold": 0.75, "bound": "lower"})
    assert judged.loc[0, "icc"] > 0.75
    assert not judged.loc[0, "passed"]
    assert judged.loc[0, "reason"] == "no interval to judge by"
    same = _correlated(np.stack([one.to_numpy()] * 2, axis=1), "ICC2")
    assert judge(same, {"threshold": 0.75, "bound": "lower"}).loc[0, "passed"]
