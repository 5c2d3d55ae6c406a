"""A plan is complete, closed and consistent, and says kindly what is wrong with it."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from radproof.errors import BadInput
from radproof.plan import harmonisation_of, load_plan, marks
from radproof.provenance import PROJECT, canonical
from radproof.radiomics.mask_names import compared_masks
from radproof.schema import read_yaml, typed

from tests.unit.models.cohort import CLASSIFIERS

PLANS = sorted((PROJECT / "config" / "studies").glob("*.yaml"))
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def raw() -> dict[str, Any]:
    return read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")


def problems_of(raw: dict[str, Any], change: Change, folder: Path) -> str:
    plan = copy.deepcopy(raw)
    change(plan)
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, sort_keys=False))
    with pytest.raises(BadInput) as caught:
        load_plan(path)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return str(caught.value)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_our_plans_load_and_every_setting_has_a_mark(path: Path) -> None:
    plan = load_plan(path)
    assert plan["study"] == path.stem
    assert None not in marks(plan).values()


@pytest.mark.parametrize("kind", [*CLASSIFIERS])
def test_models_without_a_formula_take_features_clinical_variables_or_both(
    raw: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    own = {"kind": kind, **CLASSIFIERS[kind]}
    lasso = raw["models"]["radiomics_auto"]
    features = {name: lasso[name] for name in ("radiomics", "selection")}
    clinical = {"clinical": ["age"], "missing": "impute"}
    path = tmp_path / "plan.yaml"

    def load(**settings: Any) -> dict[str, Any]:
        plan = copy.deepcopy(raw)
        plan["models"]["other"] = own | settings
        plan["marks"]["our choice"].append("models.other")
        path.write_text(yaml.safe_dump(plan, sort_keys=False))
        return load_plan(path)["models"]["other"]

    for one in (features, clinical, features | clinical):
        assert load(**one) == typed(own | one, {})
    for wrong in ({}, {"radiomics": lasso["radiomics"]}, {"clinical": ["age"]}):
        with pytest.raises(BadInput, match=r"setting models\.other is wrong"):
            load(**wrong)


def subgroup(**changes: Any) -> Change:
    entry = {"name": "odd", "variable": "age", "cuts": [50], "levels": None} | changes
    return lambda plan: plan["subgroups"].append(entry)


COMBAT: dict[str, Any] = {
    "kind": "combat",
    "covariates": ["age", "sex"],
    "parametric": True,
    "mean_only": False,
    "least_patients": 3,
    "unseen": "refuse",
    "reference": None,
}


def harmonised(**changes: Any) -> Change:
    return lambda plan: plan.update(harmonisation=COMBAT | changes)


def test_a_harmonisation_goes_to_models_of_radiomics_with_its_covariates(
    raw: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(raw | {"harmonisation": COMBAT}))
    plan = load_plan(path)
    settings = harmonisation_of(plan, "radiomics_auto")
    assert settings is not None
    assert settings | {"covariates": []} == COMBAT | {"covariates": []}
    assert [entry["name"] for entry in settings["covariates"]] == ["age", "sex"]
    assert harmonisation_of(plan, "clinical") is None
    assert harmonisation_of(plan | {"harmonisation": None}, "radiomics_auto") is None


def covariate_is_the_outcome(plan: dict[str, Any]) -> None:
    plan["clinical"].append(
        {
            "name": "nodes",
            "column": plan["outcome"]["name"],
            "kind": "number",
            "available": "baseline",
        }
    )
    plan["harmonisation"] = COMBAT | {"covariates": ["nodes"]}


def selection(plan: dict[str, Any]) -> list[Any]:
    return plan["models"]["radiomics_auto"]["selection"]


def training(plan: dict[str, Any]) -> dict[str, Any]:
    return plan["segmenters"]["unet"]["training"]


PERTURBATIONS = {
    "rater": "rater1",
    "count": 1,
    "rotation_deg": 5,
    "translation_mm": 2,
    "growth": 0.1,
    "contour": None,
}
CONTOUR = {"size_mm": 6, "compactness": 1, "inside": 0.2, "outside": 0.9}


def compare(plan: dict[str, Any], *masks: str, **perturbations: Any) -> None:
    """Let one comparison decide; with any ``perturbations`` there are perturbed masks."""
    stability = plan["stability"]
    stability["between"] = {"hands": {"masks": list(masks), "decides": True}}
    stability["perturbations"] = PERTURBATIONS | perturbations if perturbations else None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda plan: plan.update(colour="red"), "unknown setting at the top level (found colour"),
        (lambda plan: plan["images"].update(spacing=1), "unknown setting at images"),
        (
            lambda plan: plan["models"]["clinical"].update(cv=5),
            "unknown setting at models.clinical",
        ),
        (lambda plan: plan.pop("seed"), "missing setting at the top level (expected seed)"),
        (subgroup(variable="height"), "subgroups.odd.variable names nothing in the plan"),
        (subgroup(cuts=None), "subgroups.odd.cuts do not rise (found none"),
        (subgroup(cuts=[60, 50]), "subgroups.odd.cuts do not rise (found 60, 50"),
        (subgroup(levels={"a": ["1"], "b": ["2"]}), "subgroups.odd.levels of a number"),
        (subgroup(variable="sex"), "subgroups.odd.cuts of a category"),
        (
            subgroup(variable="sex", cuts=None, levels={"a": ["F"], "b": ["F", "X"]}),
            "subgroups.odd.levels are unknown or stand in two groups (found F",
        ),
        (subgroup(name="sex"), "two subgroups have one name (found sex"),
        (
            lambda plan: plan["evaluation"].update(risk_categories=[0.6, 0.3]),
            "evaluation.risk_categories do not rise",
        ),
        (
            lambda plan: plan["evaluation"].update(optimism={"resamples": 1}),
            "evaluation.optimism.resamples is wrong (found 1, expected at least 2",
        ),
        (
            lambda plan: plan["evaluation"].update(negative_control={"permutations": 1}),
            "evaluation.negative_control.permutations is wrong (found 1, expected at least 2",
        ),
        (lambda plan: plan["models"]["clinical"].update(kind="magic"), "one of "),
        (lambda plan: plan.update(seed="seven"), "setting seed is wrong (found 'seven'"),
        (lambda plan: plan["stability"].update(threshold=7), "at most 1"),
        (
            lambda plan: plan["extractors"]["pyradiomics"]["featureClass"].update(glcm=["Contrst"]),
            "unknown feature at extractors.pyradiomics.featureClass.glcm (found Contrst, expected"
            " Contrast",
        ),
        (
            lambda plan: plan["extractors"]["pyradiomics"]["featureClass"].update(shape2D=[]),
            "shape in two dimensions of three-dimensional masks at extractors.pyradiomics",
        ),
        (
            lambda plan: plan["extractors"]["pyradiomics"]["setting"].update(binwidth=5),
            "unknown setting at extractors.pyradiomics.setting (found binwidth",
        ),
        (
            lambda plan: plan["extractors"]["pyradiomics"]["setting"].pop("binWidth"),
            "setting extractors.pyradiomics.setting is wrong",
        ),
        (
            lambda plan: plan["extractors"]["pyradiomics"]["imageType"].update(LoG={}),
            "no width of the Gaussian at extractors.pyradiomics.imageType.LoG",
        ),
        (
            lambda plan: plan["extractors"]["pyradiomics"]["grey_levels"].update(minimum=200),
            "no number of grey levels is allowed",
        ),
        (lambda plan: plan["stability"].update(threshold=float("nan")), "expected a number"),
        (
            lambda plan: compare(
                plan, "perturbed", count=2, rotation_deg=0, translation_mm=0, growth=0, contour=None
            ),
            "perturbations change nothing",
        ),
        (
            lambda plan: plan["extractors"]["pyradiomics"].pop("grey_levels"),
            "missing setting at extractors.pyradiomics (expected grey_levels",
        ),
        (lambda plan: plan["models"]["clinical"]["clinical"].append("grade"), "names nothing"),
        (
            lambda plan: plan["models"]["clinical"].update(missing="multiple"),
            "missing setting at models.clinical (expected imputations",
        ),
        (
            lambda plan: plan["models"]["clinical"].update(imputations=20),
            "setting models.clinical.imputations is wrong (found 20",
        ),
        (lambda plan: plan["clinical"][0].update(available="pathology"), "after the decision"),
        (
            lambda plan: selection(plan).append({"kind": "stepwise"}),
            "unknown kind at models.radiomics_auto.selection.3 (found stepwise, expected one of"
            " correlation, forest_importance",
        ),
        (
            lambda plan: selection(plan)[1].update(same=0),
            "setting models.radiomics_auto.selection.1.same is wrong (found 0",
        ),
        (
            lambda plan: selection(plan)[2].pop("prefer"),
            "missing setting at models.radiomics_auto.selection.2 (expected prefer",
        ),
        (
            lambda plan: selection(plan).append("variance"),
            "setting models.radiomics_auto.selection.3 is wrong (found 'variance'",
        ),
        (
            lambda plan: plan["models"]["radiomics_auto"].pop("selection"),
            "missing setting at models.radiomics_auto (expected selection",
        ),
        (
            lambda plan: plan["models"]["radiomics_auto"]["radiomics"].pop("mask"),
            "missing setting at models.radiomics_auto.radiomics (expected mask",
        ),
        (
            lambda plan: plan["clinical"][0].update(column="nodal_metastasis"),
            "the outcome is among the predictors (found clinical variable age)",
        ),
        (
            lambda plan: plan["clinical"][0].update(name="nodal_metastasis"),
            "the outcome is among the predictors (found clinical variable nodal_metastasis)",
        ),
        (
            lambda plan: plan["models"]["clinical"]["clinical"].append("nodal_metastasis"),
            "the outcome is among the predictors (found models.clinical.clinical)",
        ),
        (lambda plan: plan["marks"]["our choice"].remove("seed"), "without a mark"),
        (lambda plan: plan.pop("harmonisation"), "missing setting at the top level"),
        (harmonised(kind="zscore"), "unknown kind at harmonisation (found zscore"),
        (harmonised(least_patients=1), "setting harmonisation.least_patients is wrong (found 1"),
        (harmonised(unseen="drop"), "expected one of refuse, reference"),
        (harmonised(covariates=["grade"]), "harmonisation.covariates names nothing in the plan"),
        (
            harmonised(covariates=["nodal_metastasis"]),
            "the outcome is a covariate of harmonisation (found nodal_metastasis",
        ),
        (covariate_is_the_outcome, "the outcome is a covariate of harmonisation (found nodes"),
        (harmonised(unseen="reference"), "harmonisation.unseen maps to a reference, and there is"),
        (
            lambda plan: plan["models"]["nomogram_auto"].update(scores=["nomogram_manual"]),
            "models.nomogram_auto.scores names nothing",
        ),
        (lambda plan: training(plan).update(warm_up_epochs=10), "warms up to its end"),
        (
            lambda plan: training(plan).update(keep="last", patience=3),
            "stops after the best epoch and keeps a later one",
        ),
        (
            lambda plan: plan["segmenters"]["unet"]["inference"].update(flips=["x", "y"]),
            "mirrors along an axis that training does not (found y",
        ),
        (
            lambda plan: plan["regions"].update(
                rim={"kind": "shell", "inner_mm": 2, "outer_mm": 2.0}
            ),
            "regions.rim ends before it begins (found from 2 to 2 mm",
        ),
        (
            lambda plan: plan["segmenters"]["unet"].pop("rater"),
            "missing setting at segmenters.unet",
        ),
        (lambda plan: training(plan).update(loss={"kind": "hinge"}), "expected one of dice"),
        (
            lambda plan: training(plan).update(loss={"kind": "tversky"}),
            "missing setting at segmenters.unet.training.loss",
        ),
        (
            lambda plan: compare(plan, "rater1", "rater3"),
            "stability.between.hands.masks names nothing in the plan (found rater3, expected one"
            " of rater1, rater2, unet, perturbed)",
        ),
        (lambda plan: compare(plan, "rater1"), "compares fewer than two masks (found rater1"),
        (
            lambda plan: compare(plan, "perturbed", count=1),
            "compares fewer than two masks (found perturbed1",
        ),
        (
            lambda plan: compare(plan, "rater1", "perturbed"),
            "perturbed masks are compared, and the plan makes none",
        ),
        (
            lambda plan: compare(plan, "rater1", "rater2", count=2),
            "perturbed masks are made and never compared",
        ),
        (
            lambda plan: compare(plan, "rater1", "perturbed", contour=CONTOUR),
            "keeps superpixels that it drops (found inside from 0.2, outside below 0.9",
        ),
        (
            lambda plan: plan["stability"]["between"]["raters"].update(decides=False),
            "no comparison under stability.between decides",
        ),
        (
            lambda plan: plan["stability"]["between"]["raters"]["masks"].append("rater1"),
            "setting stability.between.raters.masks is wrong",
        ),
        (
            lambda plan: plan["raters"][1].update(name="perturbed2"),
            "name of a mask begins like those of perturbed masks (found perturbed2",
        ),
    ],
)
def test_wrong_plans_are_refused(
    raw: dict[str, Any], change: Change, said: str, tmp_path: Path
) -> None:
    assert said in problems_of(raw, change, tmp_path)


def test_perturbed_masks_alone_may_be_compared(raw: dict[str, Any], tmp_path: Path) -> None:
    plan = copy.deepcopy(raw)
    compare(plan, "perturbed", count=2)
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, sort_keys=False))
    masks = compared_masks(load_plan(path)["stability"])
    assert masks == {"hands": ["perturbed1", "perturbed2"]}


def test_unknown_kind_lists_those_there_are(raw: dict[str, Any], tmp_path: Path) -> None:
    said = problems_of(raw, lambda plan: plan["regions"]["whole"].update(kind="ring"), tmp_path)
    assert "unknown kind at regions.whole" in said
    assert "shell" in said
    assert "whole" in said


def test_all_problems_are_said_at_once(raw: dict[str, Any], tmp_path: Path) -> None:
    def change(plan: dict[str, Any]) -> None:
        plan.update(colour="red")
        plan["images"]["size"] = "big"

    assert len(problems_of(raw, change, tmp_path).splitlines()) == 2


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("seed: 1\nseed: 2\n")
    with pytest.raises(BadInput, match="stands twice"):
        load_plan(path)


def test_missing_plan_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.yaml"):
        load_plan(tmp_path / "nowhere.yaml")


def test_order_of_keys_and_spelling_of_numbers_do_not_matter() -> None:
    schema = {"properties": {"a": {"type": "number"}, "b": {"type": "integer"}}}
    first = canonical(typed({"a": 4, "b": 2}, schema))
    assert first == canonical(typed({"b": 2, "a": 4.0}, schema))
    assert first == '{"a": 4.0, "b": 2}'


def test_a_parameter_file_of_pyradiomics_can_be_pasted(raw: dict[str, Any], tmp_path: Path) -> None:
    plan = copy.deepcopy(raw)
    plan["extractors"]["pyradiomics"] |= {
        "setting": {
            **{"binWidth": 0.05, "label": 1, "interpolator": "sitkBSpline", "force2D": False},
            **{"resampledPixelSpacing": [1, 1, 1], "weightingNorm": None, "normalize": True},
            **{"normalizeScale": 100, "geometryTolerance": 1e-5, "additionalInfo": True},
        },
        "imageType": {"Original": {}, "LoG": {"sigma": [2, 3], "binWidth": 0.1}, "Wavelet": {}},
        "featureClass": {"shape": None, "glcm": ["Contrast"], "firstorder": []},
    }
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan), encoding="utf-8")
    assert load_plan(path)["extractors"]["pyradiomics"]["featureClass"]["shape"] is None


@pytest.fixture(scope="module")
def table_plan() -> dict[str, Any]:
    return read_yaml(PROJECT / "config/studies/hnscc-table.yaml")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            lambda plan: plan.update(
                images={
                    "spacing_mm": [1, 1, 1],
                    "size": None,
                    "interpolation": "linear",
                    "mask_interpolation": "nearest",
                }
            ),
            "features come from a table, and images needs scans",
        ),
        (
            lambda plan: plan.update(raters=[{"name": "one", "file": "{patient}.nii", "label": 1}]),
            "and raters needs scans",
        ),
        (
            lambda plan: plan["regions"].update(
                rim={"kind": "shell", "inner_mm": 0, "outer_mm": 3}
            ),
            "and regions.rim needs scans",
        ),
        (
            lambda plan: plan["figures"].append("stability"),
            "figure stability shows stability, and the plan has none",
        ),
        (
            lambda plan: plan["figures"].append("overlays"),
            "figure overlays shows segmenters, and the plan has none",
        ),
        (
            lambda plan: plan["figures"].append("forest"),
            "figure forest shows subgroups or comparisons, and the plan has none",
        ),
        (
            lambda plan: plan["models"]["radiomics"]["radiomics"].update(mask="rater1"),
            "mask names nothing in the plan",
        ),
        (
            lambda plan: plan["models"]["radiomics"]["radiomics"].update(sequences=["T1w"]),
            "sequences names nothing in the plan",
        ),
    ],
)
def test_a_study_of_tables_has_nothing_that_needs_scans(
    table_plan: dict[str, Any], change: Change, what: str, tmp_path: Path
) -> None:
    assert what in problems_of(table_plan, change, tmp_path)


@pytest.mark.parametrize("name", ["sequences", "raters"])
def test_a_study_of_scans_has_them(raw: dict[str, Any], name: str, tmp_path: Path) -> None:
    assert f"the plan has no {name}" in problems_of(
        raw, lambda plan: plan.update({name: []}), tmp_path
    )
