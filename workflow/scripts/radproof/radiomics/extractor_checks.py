"""What settings of PyRadiomics may not say together, in a plan as in a parameter file."""

from typing import Any

from radproof.errors import Problem
from radproof.radiomics.features import feature_problems

BINS = {"binWidth", "binCount"}


def extractor_problems(entry: dict[str, Any], file: str, place: str) -> list[Problem]:
    """Return what is wrong with an entry whose settings are each allowed.

    Parameters
    ----------
    entry
        ``grey_levels setting imageType featureClass``.
    file, place
        Where it stands, for the message.
    """
    classes, setting = entry["featureClass"], entry["setting"]
    problems = feature_problems(classes, file, f"{place}featureClass")
    if "shape2D" in classes and not setting.get("force2D"):
        what = f"shape in two dimensions of three-dimensional masks at {place}featureClass"
        remedy = "leave shape2D out, or set force2D for masks of one slice"
        problems.append(Problem(what, file=file, found="shape2D", remedy=remedy))
    for name, own in entry["imageType"].items():
        used = {**setting, **own}
        if name == "LoG" and not used.get("sigma"):
            what, expected = f"no width of the Gaussian at {place}imageType.LoG", "sigma"
            problems.append(Problem(what, file=file, expected=expected))
        # PyRadiomics takes the number where both stand, and a width of 25 where none does.
        given = BINS & set(used)
        if len(given) != 1:
            what = f"grey levels of {name} at {place}setting"
            found = " and ".join(sorted(given)) or "neither"
            expected = "binWidth or binCount"
            problems.append(Problem(what, file=file, found=found, expected=expected))
    limits = entry["grey_levels"]
    if limits["minimum"] > limits["maximum"]:
        what = f"no number of grey levels is allowed at {place}grey_levels"
        found = f"minimum {limits['minimum']}, maximum {limits['maximum']}"
        problems.append(Problem(what, file=file, found=found, expected="minimum up to maximum"))
    return problems
