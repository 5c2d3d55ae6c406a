"""What must hold of the patients together: both classes, enough events, one person in one place."""

import pandas as pd

from radproof.errors import Problem


def outcome_problems(patients: pd.DataFrame) -> list[Problem]:
    """Return what stands in the way of fitting and judging: ``patient set fold outcome [person]``.

    A set of one class, a class with fewer training patients than folds, and a person whose scans
    stand in two sets or two folds, which would let a model be judged on whom it was fitted on.
    """
    problems = []
    for name, group in patients.groupby("set", sort=False):
        counts = group["outcome"].value_counts().reindex([0, 1], fill_value=0)
        found = f"{counts[1]} with and {counts[0]} without the event"
        folds = group["fold"].nunique()
        if counts.min() == 0:
            problems.append(
                Problem(
                    f"outcome has one class only in the set {name}",
                    found=found,
                    expected="both classes",
                    remedy="see whether the outcome is coded as in the plan, or make another sheet",
                )
            )
        elif name == "train" and counts.min() < folds:
            problems.append(
                Problem(
                    "too few patients of a class for the folds",
                    found=found,
                    expected=f"at least {folds} of each for {folds} folds",
                    remedy="make a sheet of fewer folds with radproof split",
                )
            )
    return problems + (_split_persons(patients) if "person" in patients else [])


def _split_persons(patients: pd.DataFrame) -> list[Problem]:
    known = patients[patients["person"].notna()]
    places = known["set"].astype(str) + known["fold"].map(
        lambda fold: "" if pd.isna(fold) else f"/{fold}"
    )
    return [
        Problem(
            "scans of one person stand in two sets or folds",
            patient=", ".join(group["patient"]),
            found=", ".join(sorted(places[group.index].unique())),
            expected="one",
            remedy="put all scans of a person into the same set and fold of the sheet",
        )
        for _, group in known.groupby("person", sort=False)
        if places[group.index].nunique() > 1
    ]
