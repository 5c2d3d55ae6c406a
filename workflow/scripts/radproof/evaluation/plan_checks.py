"""What a plan may not say of subgroups and of categories of risk."""

from itertools import pairwise
from typing import Any

from radproof.errors import Problem

Plan = dict[str, Any]


def subgroup_problems(plan: Plan, file: str) -> list[Problem]:
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


def category_problems(plan: Plan, file: str) -> list[Problem]:
    """Return what keeps cuts of risk from making categories."""
    cuts = plan["evaluation"]["risk_categories"]
    return [] if cuts is None else _wrong_cuts("evaluation.risk_categories", cuts, file)
