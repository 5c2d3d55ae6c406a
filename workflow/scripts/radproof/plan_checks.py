"""What a plan may not say together: names of nothing, settings that contradict each other."""

from typing import Any

from radproof.errors import Problem
from radproof.radiomics.features import feature_problems
from radproof.radiomics.mask_names import PERTURBED, compared_masks, table_masks

Plan = dict[str, Any]

SCANS = ("sequences", "raters", "images", "segmenters")

MOMENTS = ["baseline", "imaging", "surgery", "pathology", "follow_up"]


def plan_problems(plan: Plan, file: str) -> list[Problem]:
    """Return every problem of a plan whose settings are each allowed."""
    checks = (
        _wrong_sources,
        _dangling_names,
        _late_predictors,
        _contradictions,
        _empty_shells,
        _unknown_features,
        _wrong_comparisons,
        _wrong_harmonisation,
        _wrong_figures,
    )
    return [problem for check in checks for problem in check(plan, file)]


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


def _unknown_features(plan: Plan, file: str) -> list[Problem]:
    """Return the features that an extractor's entry names and that there are not."""
    problems = []
    for name, extractor in plan["extractors"].items():
        place, classes = f"extractors.{name}", extractor.get("featureClass", {})
        problems += feature_problems(classes, file, f"{place}.featureClass")
        if "shape2D" in classes and not extractor["setting"].get("force2D"):
            what = f"shape in two dimensions of three-dimensional masks at {place}.featureClass"
            remedy = "leave shape2D out, or set force2D for masks of one slice"
            problems.append(Problem(what, file=file, found="shape2D", remedy=remedy))
    return problems


def _wrong_comparisons(plan: Plan, file: str) -> list[Problem]:
    """Return what keeps the comparisons of stability from telling which features are stable."""
    stability = plan["stability"]
    if stability is None:
        return []
    between, perturbations = stability["between"], stability["perturbations"]
    problems = [
        Problem(
            "name of a mask begins like those of perturbed masks",
            file=file,
            found=name,
            expected=f"a rater or segmenter that is not called {PERTURBED}…",
        )
        for name in [*(rater["name"] for rater in plan["raters"]), *plan["segmenters"]]
        if name.startswith(PERTURBED)
    ]
    perturbing = [name for name in between if PERTURBED in between[name]["masks"]]
    if perturbing and not perturbations:
        what = "perturbed masks are compared, and the plan makes none"
        found, remedy = f"stability.between.{perturbing[0]}", "set stability.perturbations"
        problems.append(Problem(what, file=file, found=found, remedy=remedy))
    if perturbations and not perturbing:
        what, remedy = "perturbed masks are made and never compared", "set them to null"
        found = "stability.perturbations"
        problems.append(Problem(what, file=file, found=found, remedy=remedy))
    for name, masks in compared_masks(stability).items():
        if len(masks) < 2 and (perturbations or name not in perturbing):
            what, found = (
                f"stability.between.{name} compares fewer than two masks",
                ", ".join(masks),
            )
            problems.append(Problem(what, file=file, found=found))
    contour = perturbations["contour"] if perturbations else None
    if contour and contour["outside"] >= contour["inside"]:
        what = "stability.perturbations.contour keeps superpixels that it drops"
        found = f"inside from {contour['inside']:g}, outside below {contour['outside']:g}"
        problems.append(Problem(what, file=file, found=found, expected="outside below inside"))
    if not any(comparison["decides"] for comparison in between.values()):
        what = "no comparison under stability.between decides which features are kept"
        problems.append(Problem(what, file=file, expected="decides: true in one or more"))
    return problems


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
