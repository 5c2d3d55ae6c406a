"""What a plan may not say together: names of nothing, settings that contradict each other."""

from typing import Any

from radproof.errors import Problem
from radproof.evaluation.plan_checks import category_problems, subgroup_problems
from radproof.radiomics.extractor_checks import extractor_problems
from radproof.radiomics.mask_names import PERTURBED, table_masks
from radproof.radiomics.stability_checks import comparison_problems, step_problems
from radproof.safety import name_fault, path_fault

Plan = dict[str, Any]

SCANS = ("sequences", "raters", "images", "segmenters")

MOMENTS = ["baseline", "imaging", "surgery", "pathology", "follow_up"]


def plan_problems(plan: Plan, file: str) -> list[Problem]:
    """Return every problem of a plan whose settings are each allowed."""
    checks = (
        _wrong_paths,
        _wrong_sources,
        _dangling_names,
        _late_predictors,
        _outcome_among_predictors,
        _contradictions,
        _empty_shells,
        _wrong_extractors,
        comparison_problems,
        step_problems,
        _wrong_harmonisation,
        subgroup_problems,
        category_problems,
        _wrong_figures,
    )
    return [problem for check in checks for problem in check(plan, file)]


def _wrong_paths(plan: Plan, file: str) -> list[Problem]:
    """Return the paths that leave their data set, or that no file can have."""
    listed = [*plan["sequences"], *plan["raters"]]
    listed += [one["control"] for one in plan["sequences"] if "control" in one]
    inside = [one["file"] for one in listed]
    for extractor in plan["extractors"].values():
        inside += extractor.get("tables", {}).values()
    anywhere = [plan["sheet"], plan["claims"]]
    anywhere += [one["intensity"].get("file", "") for one in plan["sequences"]]
    anywhere += [one["network"]["encoder_weights"] for one in plan["segmenters"].values()]
    faults = [(path, path_fault(path)) for path in inside]
    faults += [(path, name_fault(path)) for path in anywhere]
    return [
        Problem(
            f"path {fault}",
            file=file,
            found=path,
            expected="a path inside the data set" if path in inside else "a path",
            remedy="correct it in the plan",
        )
        for path, fault in faults
        if fault
    ]


def _wrong_sources(plan: Plan, file: str) -> list[Problem]:
    """Return what keeps the features from coming either from scans or from tables."""
    tables = [name for name, entry in plan["extractors"].items() if "tables" in entry]
    if not tables:
        return [
            Problem(f"the plan has no {name}, and features are measured in scans", file=file)
            for name in ("sequences", "raters", "images")
            if not plan[name]
        ]
    scans = [name for name in ("simulation", *SCANS) if plan.get(name)]
    scans += [f"extractors.{name}" for name in plan["extractors"] if name not in tables]
    scans += [f"regions.{name}" for name, one in plan["regions"].items() if one["kind"] != "whole"]
    if (plan["stability"] or {}).get("perturbations"):
        scans.append("stability.perturbations")
    return [
        Problem(
            f"features come from a table, and {name} needs scans",
            file=file,
            remedy="leave it empty (images: null), or make a study of its own for the tables",
        )
        for name in scans
    ]


def _wrong_figures(plan: Plan, file: str) -> list[Problem]:
    """Return the figures that nothing in the plan can be drawn in."""
    models = plan["models"].values()
    needed = {
        **dict.fromkeys(
            ("training", "overlays", "segmentation"), ("segmenters", plan["segmenters"])
        ),
        "stability": ("stability", plan["stability"]),
        "scores": ("models with radiomics", [one for one in models if "radiomics" in one]),
        "nomogram": ("models with scores", [one for one in models if one.get("scores")]),
        "lasso": ("models of kind lasso", [one for one in models if one["kind"] == "lasso"]),
        "forest": ("subgroups or comparisons", plan["subgroups"] + plan["comparisons"]),
    }
    return [
        Problem(f"figure {name} shows {needed[name][0]}, and the plan has none", file=file)
        for name in plan["figures"]
        if name in needed and not needed[name][1]
    ]


Reference = tuple[str, str, list[str]]


def _dangling_names(plan: Plan, file: str) -> list[Problem]:
    """Return the names in a plan that refer to nothing in it."""
    raters = [rater["name"] for rater in plan["raters"]]
    stability = plan["stability"] or {"between": {}, "perturbations": None}
    known_masks = [*raters, *plan["segmenters"], *table_masks(plan["extractors"]), PERTURBED]
    references: list[Reference] = [
        (f"segmenters.{name}.rater", segmenter["rater"], raters)
        for name, segmenter in plan["segmenters"].items()
    ]
    references += [
        (f"stability.between.{name}.masks", mask, known_masks)
        for name, comparison in stability["between"].items()
        for mask in comparison["masks"]
    ]
    perturbations = stability["perturbations"]
    if perturbations:
        references.append(("stability.perturbations.rater", perturbations["rater"], raters))
    clinical = [variable["name"] for variable in plan["clinical"]]
    covariates = (plan["harmonisation"] or {}).get("covariates", [])
    references += [("harmonisation.covariates", name, clinical) for name in covariates]
    for name in plan["models"]:
        references += _references_of_model(name, plan)
    for index, comparison in enumerate(plan["comparisons"]):
        for side in ("first", "second"):
            references.append((f"comparisons.{index}.{side}", comparison[side], [*plan["models"]]))
    return [
        Problem(
            f"{place} names nothing in the plan",
            file=file,
            found=name,
            expected=f"one of {', '.join(known)}",
        )
        for place, name, known in references
        if name not in known
    ]


def _references_of_model(name: str, plan: Plan) -> list[Reference]:
    """Return what a model refers to; the score of a model that itself uses scores is refused."""
    model, place = plan["models"][name], f"models.{name}"
    clinical = [variable["name"] for variable in plan["clinical"]]
    first_level = [other for other in plan["models"] if not plan["models"][other].get("scores")]
    references = [(f"{place}.clinical", item, clinical) for item in model.get("clinical", [])]
    references += [(f"{place}.scores", item, first_level) for item in model.get("scores", [])]
    source = model.get("radiomics")
    if source:
        own = plan["extractors"].get(source["extractor"], {})
        masks = [rater["name"] for rater in plan["raters"]] + [*plan["segmenters"]]
        masks += own.get("tables", {})
        sequences = [sequence["name"] for sequence in plan["sequences"]]
        sequences += own.get("sequences", [])
        references += [
            (f"{place}.radiomics.mask", source["mask"], masks),
            (f"{place}.radiomics.region", source["region"], [*plan["regions"]]),
            (f"{place}.radiomics.extractor", source["extractor"], [*plan["extractors"]]),
        ]
        references += [
            (f"{place}.radiomics.sequences", item, sequences) for item in source["sequences"]
        ]
    return references


def _late_predictors(plan: Plan, file: str) -> list[Problem]:
    decision = MOMENTS.index(plan["decision"])
    return [
        Problem(
            f"clinical variable {variable['name']} is known only after the decision",
            file=file,
            found=f"available at {variable['available']}",
            expected=f"at or before {plan['decision']}",
            remedy="take it out of the plan",
        )
        for variable in plan["clinical"]
        if MOMENTS.index(variable["available"]) > decision
    ]


def _outcome_among_predictors(plan: Plan, file: str) -> list[Problem]:
    """Return the clinical variables that are the outcome, by name or by column."""
    outcome = plan["outcome"]["name"]
    named = [
        f"clinical variable {entry['name']}"
        for entry in plan["clinical"]
        if outcome in (entry["name"], entry.get("column"))
    ]
    named += [
        f"models.{name}.clinical"
        for name, model in plan["models"].items()
        if outcome in model.get("clinical", [])
    ]
    what, remedy = "the outcome is among the predictors", "take it out of the plan"
    return [Problem(what, file=file, found=found, remedy=remedy) for found in named]


def _contradictions(plan: Plan, file: str) -> list[Problem]:
    """Return settings of segmenters that each may have, but not together."""
    problems = []
    for name, segmenter in plan["segmenters"].items():
        place, training = f"segmenters.{name}", segmenter["training"]
        epochs, warm_up, patience = (
            training[key] for key in ("epochs", "warm_up_epochs", "patience")
        )
        if warm_up >= epochs:
            what, expected = f"{place}.training warms up to its end", f"fewer than {epochs} epochs"
            problems.append(Problem(what, file=file, found=f"{warm_up} epochs", expected=expected))
        if patience and training["keep"] == "last":
            what = f"{place}.training stops after the best epoch and keeps a later one"
            problems.append(Problem(what, file=file, expected="keep best, or patience null"))
        flips = set(segmenter["inference"]["flips"]) - set(training["augmentation"]["flip"])
        if flips:
            what = f"{place}.inference mirrors along an axis that training does not"
            problems.append(Problem(what, file=file, found=", ".join(sorted(flips))))
    return problems


def _empty_shells(plan: Plan, file: str) -> list[Problem]:
    """Return the shells that end where they begin or before."""
    return [
        Problem(
            f"regions.{name} ends before it begins",
            file=file,
            found=f"from {region['inner_mm']:g} to {region['outer_mm']:g} mm",
            expected="inner_mm below outer_mm",
        )
        for name, region in plan["regions"].items()
        if region["kind"] == "shell" and region["inner_mm"] >= region["outer_mm"]
    ]


def _wrong_extractors(plan: Plan, file: str) -> list[Problem]:
    """Return what extractors by PyRadiomics may not say together."""
    return [
        problem
        for name, extractor in plan["extractors"].items()
        if extractor["kind"] == "pyradiomics"
        for problem in extractor_problems(extractor, file, f"extractors.{name}.")
    ]


def _wrong_harmonisation(plan: Plan, file: str) -> list[Problem]:
    """Return why features cannot be harmonised: by the outcome, or to a reference not named."""
    settings = plan["harmonisation"]
    if settings is None:
        return []
    outcome = plan["outcome"]["name"]
    columns = {entry["name"]: entry.get("column", entry["name"]) for entry in plan["clinical"]}
    problems = [
        Problem(
            "the outcome is a covariate of harmonisation",
            file=file,
            found=name,
            remedy="take it out: features would tell the outcome of whoever they were fitted on",
        )
        for name in settings["covariates"]
        if outcome in (name, columns.get(name))
    ]
    if settings["unseen"] == "reference" and settings["reference"] is None:
        what = "harmonisation.unseen maps to a reference, and there is none"
        expected = "a center under harmonisation.reference, or unseen: refuse"
        problems.append(Problem(what, file=file, expected=expected))
    return problems
