"""The features that PyRadiomics has, and what is wrong with a plan's choice of them."""

from collections.abc import Hashable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import pandas as pd

from radproof.errors import Problem
from radproof.tables import read_table

TABLE = Path(__file__).with_name("dictionary.tsv")


@cache
def read_dictionary() -> pd.DataFrame:
    """Return one row a feature of PyRadiomics 3.0.1, with text in every cell.

    The columns are ``class feature description reference ibsi_family ibsi_feature ibsi_code
    ibsi_tag deprecated standardised why``. ``ibsi_tag`` names the reference value of a volume, of
    co-occurrence and run lengths that of the mean over directions. ``deprecated`` is ``no``, ``by
    name only`` (left out of a class that is taken whole) or ``no value``. ``standardised`` is
    ``yes``, ``no`` (IBSI has no such feature) or ``deviates``; ``why`` says the cause.

    Source: PyRadiomics' documentation; codes of the IBSI reference manual,
    doi:10.1148/radiol.2020191145.
    """
    return read_table(TABLE, text=("ibsi_code",)).fillna("")


def feature_problems(
    classes: Mapping[str, Sequence[str] | None], file: str, place: str = "featureClass"
) -> list[Problem]:
    """Return the classes and features that PyRadiomics does not have, or gives no value of.

    Parameters
    ----------
    classes
        Class → features, as PyRadiomics' ``featureClass``.
    file, place
        Where it stands, for the message.
    """
    problems = []
    for name, features in classes.items():
        known = _features_of(name)
        if not known:
            expected = f"one of {', '.join(read_dictionary()['class'].unique())}"
            problems.append(Problem(f"unknown class at {place}", "", file, name, expected))
            continue
        for feature in features or []:
            where = f"{place}.{name}"
            if feature not in known:
                expected = _nearest(feature, list(known))
                problems.append(Problem(f"unknown feature at {where}", "", file, feature, expected))
            elif known[feature]["deprecated"] == "no value":
                found = f"{feature}, which {known[feature]['why']}"
                what, remedy = f"feature without a value at {where}", "leave it out"
                problems.append(Problem(what, file=file, found=found, remedy=remedy))
    return problems


def _features_of(name: str) -> dict[str, dict[Hashable, str]]:
    table = read_dictionary()
    rows = table[table["class"] == name].to_dict("records")
    return {row["feature"]: row for row in rows}


def _nearest(name: str, known: list[str]) -> str:
    """Name the features whose spelling is nearest, whatever the case of letters."""
    by_lower = {other.lower(): other for other in known}
    near = get_close_matches(name.lower(), by_lower, n=3, cutoff=0.4)
    return " or ".join(by_lower[other] for other in near) or f"one of {', '.join(known)}"
