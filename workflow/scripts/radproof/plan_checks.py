"""What a plan may not say together: names of nothing, settings that contradict each other."""

from itertools import pairwise
from typing import Any

from radproof.errors import Problem
from radproof.radiomics.extractor_checks import extractor_problems
from radproof.radiomics.mask_names import PERTURBED, compared_masks

Plan = dict[str, Any]

MOMENTS = ["baseline", "imaging", "surgery", "pathology", "follow_up"]


def plan_problems(plan: Plan, file: str) -> list[Problem]:
    """Return every problem of a plan whose settings are each allowed."""
    checks = (
        _dangling_names,
        _late_predictors,
        _outcome_among_predictors,
        _contradictions,
        _empty_shells,
        _wrong_extractors,
        _wrong_comparisons,
        _wrong_harmonisation,
        _wrong_subgroups,
        _wrong_categories,
    )
    return [problem for check in checks for problem in check(plan, file)]


Reference = tuple[str, str, list[str]]


def _dangling_names(plan: Plan, file: str) -> list[Problem]:
    """Return the names in a plan that refer to nothing in it."""
    raters = [rater["name"] for rater in plan["raters"]]
    references: list[Reference] = [
        (f"segmenters.{name}.rater", segmenter["rater"], raters)
        for name, segmenter in plan["segmenters"].items()
    ]
    references += [
        (f"stability.between.{name}.masks", mask, [*raters, *plan["segmenters"], PERTURBED])
        for name, comparison in plan["stability"]["between"].items()
        for mask in comparison["masks"]
    ]
    perturbations = plan["stability"]["perturbations"]
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
        masks = [rater["name"] for rater in plan["raters"]] + [*plan["segmenters"]]
        sequences = [sequence["name"] for sequence in plan["sequences"]]
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


def _wrong_comparisons(plan: Plan, file: str) -> list[Problem]:
    """Return what keeps the comparisons of stability from telling which features are stable."""
    stability = plan["stability"]
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
    bounds = ("rotation_deg", "translation_mm", "growth", "contour")
    if perturbations and not any(perturbations[name] for name in bounds):
        what = "stability.perturbations change nothing, and every feature would be stable"
        problems.append(Problem(what, file=file, expected=f"one of {', '.join(bounds)}"))
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


def _wrong_subgroups(plan: Plan, file: str) -> list[Problem]:
    """Return the subgroups that cannot be made: of what, cut where, of which levels."""
    clinical = {variable["name"]: variable for variable in plan["clinical"]}
    problems = []
    names = [entry["name"] for entry in plan["subgroups"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(Problem("two subgroups have one name", file=file, found=name))
    for entry in plan["subgroups"]:
        place, variable = f"subgroups.{entry['name']}", clinical.get(entry["variable"])
        if variable is None and entry["variable"] != "center":
            expected = f"one of {', '.join([*clinical, 'center'])}"
            what, found = f"{place}.variable names nothing in the plan", entry["variable"]
            problems.append(Problem(what, file=file, found=found, expected=expected))
        elif variable is not None and variable["kind"] == "number":
            problems += _wrong_cuts(f"{place}.cuts", entry["cuts"], file)
            if entry["levels"] is not None:
                problems.append(Problem(f"{place}.levels of a number", file=file, expected="null"))
        else:
            problems += _wrong_levels(place, entry, variable, file)
    return problems


def _wrong_cuts(place: str, cuts: list[float] | None, file: str) -> list[Problem]:
    if cuts and all(low < high for low, high in pairwise(cuts)):
        return []
    found = "none" if cuts is None else ", ".join(f"{cut:g}" for cut in cuts)
    return [Problem(f"{place} do not rise", file=file, found=found, expected="rising numbers")]


def _wrong_levels(
    place: str, entry: dict[str, Any], variable: dict[str, Any] | None, file: str
) -> list[Problem]:
    problems = []
    if entry["cuts"] is not None:
        problems.append(Problem(f"{place}.cuts of a category", file=file, expected="null"))
    named = [level for own in (entry["levels"] or {}).values() for level in own]
    known = named if variable is None else variable["levels"]
    for level in sorted({one for one in named if one not in known or named.count(one) > 1}):
        what = f"{place}.levels are unknown or stand in two groups"
        problems.append(Problem(what, file=file, found=level, expected=", ".join(known)))
    if variable is None and entry["levels"] is not None:
        problems.append(Problem(f"{place}.levels of centers", file=file, expected="null"))
    return problems


def _wrong_categories(plan: Plan, file: str) -> list[Problem]:
    cuts = plan["evaluation"]["risk_categories"]
    return [] if cuts is None else _wrong_cuts("evaluation.risk_categories", cuts, file)
