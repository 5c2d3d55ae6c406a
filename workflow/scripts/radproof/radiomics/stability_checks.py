"""What a plan may not say of stability, and of steps of selection that ask for it."""

from typing import Any

from radproof.errors import Problem
from radproof.radiomics.mask_names import PERTURBED, compared_masks

Plan = dict[str, Any]


def comparison_problems(plan: Plan, file: str) -> list[Problem]:
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


def step_problems(plan: Plan, file: str) -> list[Problem]:
    """Return the steps of selection that ask for stability where none is assessed."""
    if plan["stability"]:
        return []
    return [
        Problem(
            f"models.{name}.selection asks what is stable, and the plan has no stability",
            file=file,
            found=f"step {step['kind']}",
            remedy="take the step out, or name what stability is assessed between",
        )
        for name, model in plan["models"].items()
        for step in model.get("selection", [])
        if step["kind"] == "stability" or step.get("prefer") == "stability"
    ]
