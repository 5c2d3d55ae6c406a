"""ComBat: agreement with another implementation, what it removes, and what it never looks at."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.models.harmonisations.combat import apply, fit

REFERENCE = json.loads(Path(__file__).with_name("combat_reference.json").read_text())
SETTINGS: dict[str, Any] = {
    "covariates": [],
    "parametric": True,
    "mean_only": False,
    "least_patients": 3,
    "unseen": "refuse",
    "reference": None,
}
TABLE = pd.DataFrame(REFERENCE["input"]).rename(index=lambda place: f"P{place:02d}")
FEATURES = TABLE.filter(regex="^f")
CENTERS = TABLE["center"]
NOTHING = TABLE[[]]
COVARIATES = TABLE[["age", "sex"]].astype({"sex": pd.CategoricalDtype(["F", "M"])})


def fitted(features: pd.DataFrame = FEATURES, **changes: Any) -> dict[str, Any]:
    centers, covariates = CENTERS.loc[features.index], NOTHING.loc[features.index]
    return fit(features, centers, covariates, SETTINGS | changes)


def harmonised(features: pd.DataFrame = FEATURES, **changes: Any) -> pd.DataFrame:
    return apply(fitted(features, **changes), features, CENTERS, NOTHING)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["case"])
def test_values_of_another_implementation(case: dict[str, Any]) -> None:
    """Reference values of neuroCombat, made by make_combat_reference.py."""
    choice = dict(case["settings"])
    covariates = COVARIATES if choice.pop("covariates", False) else NOTHING
    choice["reference"] = choice.pop("ref_batch", None)
    learned = fit(FEATURES, CENTERS, covariates, SETTINGS | choice)
    found = apply(learned, FEATURES, CENTERS, covariates)
    scale = FEATURES.std().to_numpy()
    np.testing.assert_allclose(found / scale, np.array(case["harmonised"]) / scale, atol=1e-11)


@pytest.mark.parametrize("parametric", [True, False])
def test_what_a_center_adds_and_multiplies_is_removed(parametric: bool) -> None:
    """A shift of 7 and a scale of 3 that all features share are gone, up to chance."""
    rng = np.random.default_rng(4)
    n = 3000
    centers = pd.Series(np.repeat(["A", "B"], n // 2), [f"P{place}" for place in range(n)])
    clean = pd.DataFrame(rng.normal(size=(n, 5)), centers.index).add_prefix("f")
    second = centers.index[centers == "B"]
    shifted = clean.copy()
    shifted.loc[second] = clean.loc[second] * 3 + 7
    learned = fit(shifted, centers, clean[[]], SETTINGS | {"parametric": parametric})
    result = apply(learned, shifted, centers, clean[[]])
    by_center = result.groupby(centers.to_numpy())
    assert by_center.mean().diff().iloc[1].abs().max() < 0.2
    assert (by_center.std().iloc[1] / by_center.std().iloc[0] - 1).abs().max() < 0.05
    to_a = SETTINGS | {"parametric": parametric, "reference": "A"}
    mapped = apply(fit(shifted, centers, clean[[]], to_a), shifted, centers, clean[[]])
    assert (mapped - clean).abs().max(axis=None) < 0.4


@settings(max_examples=25, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.sampled_from([None, "B"]))
def test_units_of_a_feature_do_not_matter(shift: float, scale: float, reference: str) -> None:
    changed = FEATURES.assign(f3=FEATURES["f3"] * scale + shift)
    before = harmonised(reference=reference)
    expected = before.assign(f3=before["f3"] * scale + shift)
    found = harmonised(changed, reference=reference)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * max(scale, 1))


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_patients_does_not_matter(random: Any) -> None:
    order = list(FEATURES.index)
    random.shuffle(order)
    learned = fit(FEATURES.loc[order], CENTERS, COVARIATES.loc[order[::-1]], SETTINGS)
    assert learned == fit(FEATURES, CENTERS, COVARIATES, SETTINGS)
    moved = apply(learned, FEATURES.loc[order], CENTERS, COVARIATES)
    assert moved.loc[FEATURES.index].equals(apply(learned, FEATURES, CENTERS, COVARIATES))


def test_a_patient_is_harmonised_alike_in_any_company_and_any_choice_of_features() -> None:
    learned = fit(FEATURES, CENTERS, COVARIATES, SETTINGS)
    everybody = apply(learned, FEATURES, CENTERS, COVARIATES)
    for patient in FEATURES.index:
        alone = apply(learned, FEATURES.loc[[patient], ["f6", "f2"]], CENTERS, COVARIATES)
        assert alone.equals(everybody.loc[[patient], ["f6", "f2"]])


@pytest.mark.parametrize("covariates", [NOTHING, COVARIATES], ids=["none", "some"])
def test_json_holds_all_there_is(covariates: pd.DataFrame) -> None:
    learned = fit(FEATURES, CENTERS, covariates, SETTINGS)
    read = json.loads(json.dumps(learned, allow_nan=False))
    assert read == learned
    before = apply(learned, FEATURES, CENTERS, covariates)
    assert apply(read, FEATURES, CENTERS, covariates).equals(before)


def test_an_unseen_center_is_refused_by_name_or_left_as_it_is() -> None:
    new = FEATURES.iloc[:2].rename(index={"P00": "N1", "P01": "N2"})
    centers = pd.Series({"N1": "Z", "N2": "A"})
    with pytest.raises(BadInput) as caught:
        apply(fitted(), new, centers, new[[]])
    (problem,) = caught.value.problems
    assert problem.patient == "N1"
    assert (problem.found, problem.expected) == ("Z", "one of A, B, C")
    assert "unseen" in problem.remedy
    result = apply(fitted(unseen="reference", reference="B"), new, centers, new[[]])
    assert result.loc["N1"].equals(new.loc["N1"])
    assert not result.loc["N2"].equals(new.loc["N2"])


def test_a_patient_without_center_is_refused_even_so() -> None:
    centers = CENTERS.where(CENTERS.index != "P03")
    with pytest.raises(BadInput, match="P03: patient has no center"):
        fit(FEATURES, centers, NOTHING, SETTINGS)
    learned = fitted(unseen="reference", reference="B")
    with pytest.raises(BadInput, match="P03: patient has no center"):
        apply(learned, FEATURES, centers, NOTHING)


def test_the_reference_stays_as_it_is_to_the_bit() -> None:
    result = harmonised(reference="B")
    own = CENTERS == "B"
    assert result[own].equals(FEATURES[own])
    assert (result[~own] != FEATURES[~own]).all(axis=None)


def test_a_patient_without_values_is_as_good_as_absent() -> None:
    gaps = FEATURES.copy()
    gaps.loc["P11"] = np.nan
    with_gap, without = fitted(gaps), fitted(FEATURES.drop(index="P11"))
    assert with_gap["features"] == without["features"]
    result = apply(with_gap, gaps, CENTERS, NOTHING)
    assert result.loc["P11"].isna().all()
    assert result.drop(index="P11").notna().all(axis=None)


@pytest.mark.parametrize("parametric", [True, False])
@pytest.mark.parametrize("reference", [None, "B"])
def test_single_missing_values_stay_missing_and_hardly_move_others(
    parametric: bool, reference: str | None
) -> None:
    gaps = FEATURES.copy()
    gaps.loc[["P01", "P12"], "f2"] = np.nan
    choice: dict[str, Any] = {"parametric": parametric, "reference": reference}
    result, complete = harmonised(gaps, **choice), harmonised(**choice)
    assert result.isna().equals(gaps.isna())
    moved = ((result - complete).abs() / FEATURES.std()).max()
    assert moved.max() < 0.6
    assert moved.drop("f2").max() < 0.2


def test_a_feature_that_cannot_be_harmonised_passes_and_is_said() -> None:
    odd = FEATURES.assign(
        same=0.1, same_in_one=FEATURES["f0"].where(CENTERS != "C", 7.3), lacking=np.nan
    )
    odd["lacking_in_one"] = FEATURES["f1"].where(CENTERS != "B")
    learned = fitted(odd)
    assert learned["unharmonised"] == ["same", "same_in_one", "lacking", "lacking_in_one"]
    assert learned["features"] == fitted()["features"]
    assert learned["warnings"][0].startswith("harmonisation: 4 of 12 features were not harmonised")
    result = apply(learned, odd, CENTERS, NOTHING)
    assert result[learned["unharmonised"]].equals(odd[learned["unharmonised"]])
    nothing = fitted(odd[["same"]])
    assert nothing["features"] == []
    assert apply(nothing, odd[["same"]], CENTERS, NOTHING).equals(odd[["same"]])


def test_a_feature_that_covariates_explain_passes() -> None:
    explained = FEATURES.assign(years=2 * COVARIATES["age"] + 3)
    learned = fit(explained, CENTERS, COVARIATES, SETTINGS)
    assert learned["unharmonised"] == ["years"]


@pytest.mark.parametrize("parametric", [True, False])
def test_one_feature_alone_is_not_shrunk(parametric: bool) -> None:
    result = harmonised(FEATURES[["f4"]], parametric=parametric)["f4"].groupby(CENTERS)
    assert np.ptp(result.mean()) < 1e-9 * FEATURES["f4"].std()
    assert result.std().max() / result.std().min() == pytest.approx(1)


def test_twins_of_a_feature_have_one_effect() -> None:
    twins = pd.concat([FEATURES[["f4"]], FEATURES[["f4"]].add_suffix("b")], axis=1)
    result = harmonised(twins)
    assert result["f4"].to_numpy() == pytest.approx(result["f4b"].to_numpy())
    assert np.isfinite(result).all(axis=None)


def test_what_covariates_explain_is_kept() -> None:
    """Age differs between the centres and moves the feature: its share must stay."""
    rng = np.random.default_rng(7)
    centers = pd.Series(np.repeat(["A", "B"], 400), [f"P{place}" for place in range(800)])
    age = pd.DataFrame({"age": rng.normal(50, 5, 800) + 20 * (centers == "B")})
    noise = rng.normal(size=(800, 4))
    features = pd.DataFrame(noise, centers.index).add_prefix("f").add(age["age"], axis=0)
    learned = fit(features, centers, age, SETTINGS)
    kept = apply(learned, features, centers, age).groupby(centers).mean().diff().iloc[1]
    lost = apply(fit(features, centers, age[[]], SETTINGS), features, centers, age[[]])
    assert (kept - 20).abs().max() < 0.6
    assert lost.groupby(centers).mean().diff().iloc[1].abs().max() < 0.5


def test_missing_covariates_take_what_training_learned_and_are_said() -> None:
    gaps = COVARIATES.copy()
    gaps.loc["P05", "age"] = np.nan
    gaps.loc[["P11", "P07"], "sex"] = None
    learned = fit(FEATURES, CENTERS, gaps, SETTINGS)
    age, sex = gaps["age"].median(), gaps["sex"].value_counts().idxmax()
    assert learned["warnings"] == [
        f"harmonisation: age is missing and taken as {age:g} in 1 of {len(gaps)} patients",
        f"harmonisation: sex is missing and taken as {sex} in 2 of {len(gaps)} patients",
    ]
    filled = gaps.fillna({"age": age, "sex": sex})
    result = apply(learned, FEATURES, CENTERS, gaps)
    assert result.equals(apply(learned, FEATURES, CENTERS, filled))


@pytest.mark.parametrize(
    ("centers", "changes", "said"),
    [
        (CENTERS.map(lambda _: "A"), {}, "nothing to harmonise"),
        (CENTERS.where(CENTERS.index != "P00", "Z"), {}, "center Z has too few patients"),
        (CENTERS, {"least_patients": 9}, "center A has too few patients .* expected at least 9"),
        (CENTERS, {"reference": "Q"}, "reference center has no patient .* expected one of A, B, C"),
    ],
)
def test_centers_that_cannot_be_harmonised(
    centers: pd.Series, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        fit(FEATURES, centers, NOTHING, SETTINGS | changes)


def test_a_covariate_that_only_says_the_center_is_refused() -> None:
    confounded = COVARIATES.assign(age=CENTERS.map({"A": 40.0, "B": 50.0, "C": 60.0}))
    with pytest.raises(BadInput, match=r"cannot be told from the centers .*\(found age"):
        fit(FEATURES, CENTERS, confounded, SETTINGS)


def test_a_feature_that_was_not_fitted_on_is_refused() -> None:
    with pytest.raises(BadInput, match=r"harmonisation was fitted on \(found other"):
        apply(fitted(), FEATURES.assign(other=1.0), CENTERS, NOTHING)
