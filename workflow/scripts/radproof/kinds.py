"""Kinds: the named modules that a plan chooses from, one folder a family."""

import importlib
from pathlib import Path
from types import ModuleType

from radproof.errors import BadInput, Problem

PACKAGE = Path(__file__).resolve().parent

FAMILIES = {
    "bias_field": "images/bias_fields",
    "registration": "images/registrations",
    "intensity": "images/intensities",
    "segmenter": "segmentation/networks",
    "loss": "segmentation/losses",
    "region": "radiomics/regions",
    "extractor": "radiomics/extractors",
    "harmonisation": "models/harmonisations",
    "selection": "models/selections",
    "model": "models/learners",
}


def available_kinds(family: str) -> list[str]:
    """Return the names of the kinds of a family, sorted."""
    folder = PACKAGE / FAMILIES[family]
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def kind_module(family: str, kind: str) -> str:
    """Return the dotted name of the module of a kind.

    Raises
    ------
    BadInput
        If there is no such kind; the message lists those there are.
    """
    known = available_kinds(family)
    if kind not in known:
        raise BadInput(
            Problem(
                f"unknown kind of {family}",
                found=kind,
                expected=f"one of {', '.join(known)}",
                remedy="correct the plan",
            )
        )
    return f"radproof.{FAMILIES[family].replace('/', '.')}.{kind}"


def load_kind(family: str, kind: str) -> ModuleType:
    """Import and return the module of a kind; only then, so that libraries it uses load late."""
    return importlib.import_module(kind_module(family, kind))
