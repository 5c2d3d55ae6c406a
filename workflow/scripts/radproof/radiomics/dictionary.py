"""What each extracted feature is: its words, where its formula stands, and whether IBSI has it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from radproof.radiomics.features import read_dictionary
from radproof.radiomics.filter_names import Setting, filter_names

MATRICES = ("glcm", "glrlm", "glszm", "gldm", "ngtdm")
OF_DIRECTIONS = ("glcm", "glrlm")
OF_DISTANCE = ("glcm", "gldm", "ngtdm")
NORMS = ("manhattan", "euclidean", "infinity")
COLUMNS = [
    *("name", "sequence", "filter", "class", "feature", "description", "reference", "ibsi_code"),
    *("aggregation", "standardised", "why"),
]

# Why features of a filtered image are not standardised: IBSI 1 is of unfiltered images.
FILTERED = "IBSI 1 standardises features of unfiltered images"
FILTERS = {
    "LoG": f"{FILTERED}; this recursive Gaussian, scaled by sigma squared, is not that of IBSI 2",
    "Wavelet": f"{FILTERED}; these wavelets with their periodic edges are not those of IBSI 2",
}
OTHER_FILTER = f"{FILTERED}; IBSI 2 has no such filter"


@dataclass(frozen=True)
class Departure:
    """Settings under which some features of an unfiltered image are no longer IBSI's."""

    why: str
    touches: Callable[[str, str], bool]
    holds: Callable[[Setting], bool]


DEPARTURES = (
    Departure(
        "bins of a fixed width begin at a multiple of it counted from 0, IBSI's at the lower bound",
        lambda family, feature: family in MATRICES or feature in ("Entropy", "Uniformity"),
        lambda setting: setting.get("binCount") is None,
    ),
    Departure(
        "intensities are shifted by voxelArrayShift",
        lambda family, feature: feature in ("Energy", "TotalEnergy", "RootMeanSquared"),
        lambda setting: setting.get("voxelArrayShift", 0) != 0,
    ),
    Departure(
        "pairs are counted in one direction, by IBSI in both",
        lambda family, feature: family == "glcm",
        lambda setting: not setting.get("symmetricalGLCM", True),
    ),
    Departure(
        "directions are weighted by distance, for which IBSI has no reference values",
        lambda family, feature: family in OF_DIRECTIONS,
        lambda setting: setting.get("weightingNorm") in NORMS,
    ),
    Departure(
        "IBSI's reference values are of distance 1",
        lambda family, feature: family in OF_DISTANCE,
        lambda setting: list(setting.get("distances", [1])) != [1],
    ),
    Departure(
        "IBSI's reference values are of alike neighbours that are equal",
        lambda family, feature: family == "gldm",
        lambda setting: setting.get("gldm_a", 0) != 0,
    ),
    Departure(
        "PyRadiomics resamples to a grid that shares a corner with the image, IBSI's shares the"
        " centre",
        lambda family, feature: True,
        lambda setting: setting.get("resampledPixelSpacing") is not None,
    ),
)


def describe(sequences: Sequence[str], settings: dict[str, Any]) -> pd.DataFrame:
    """Return one row a feature that an extractor gives, from the plan alone.

    Parameters
    ----------
    sequences
        Names of the sequences; shape stands under the first alone, with the filter ``original``.
    settings
        The plan's entry: ``setting``, ``imageType``, ``featureClass``.

    Returns
    -------
    DataFrame
        ``name`` (that of the column in tables of features), ``sequence filter class feature
        description reference ibsi_code``; ``aggregation`` over directions and slices with its IBSI
        code; ``standardised`` (``yes no deviates``) under these settings, and ``why`` not.
    """
    return pd.DataFrame(list(_rows(sequences, settings)), columns=COLUMNS)


def _rows(sequences: Sequence[str], settings: dict[str, Any]) -> Iterator[dict[str, str]]:
    chosen = _chosen(settings)
    shapes = [entry for entry in chosen if entry["class"].startswith("shape")]
    others = [entry for entry in chosen if entry not in shapes]
    common = settings["setting"]
    for entry in shapes:
        yield _row(entry, sequences[0], "original", "Original", common)
    for sequence, (image_type, own) in product(sequences, settings["imageType"].items()):
        setting = {**common, **(own or {})}
        for name, entry in product(filter_names(image_type, setting), others):
            yield _row(entry, sequence, name, image_type, setting)


def _chosen(settings: dict[str, Any]) -> list[dict[str, str]]:
    """Return the dictionary's rows of the features that give values, classes in the plan's order.

    An empty list of a class takes what is not deprecated. Shape in two dimensions needs force2D.
    """
    table = read_dictionary()
    chosen = []
    for name, features in settings["featureClass"].items():
        if name == "shape2D" and not settings["setting"].get("force2D"):
            continue
        own = table[table["class"] == name]
        if features:
            taken = own["feature"].isin(features) & (own["deprecated"] != "no value")
        else:
            taken = own["deprecated"] == "no"
        chosen += own[taken].to_dict("records")
    return chosen


def _row(
    entry: dict[str, str], sequence: str, filter_name: str, image_type: str, setting: Setting
) -> dict[str, str]:
    standardised, why = _standing(entry, image_type, setting)
    return {
        **{key: entry[key] for key in ("class", "feature", "description", "reference")},
        "name": f"{sequence}__{filter_name}_{entry['class']}_{entry['feature']}",
        "sequence": sequence,
        "filter": filter_name,
        "ibsi_code": entry["ibsi_code"],
        "aggregation": aggregation(entry["class"], setting),
        "standardised": standardised,
        "why": why,
    }


def _standing(entry: dict[str, str], image_type: str, setting: Setting) -> tuple[str, str]:
    """Say whether IBSI has standardised a feature under these settings, and why not."""
    if image_type != "Original":
        return "no", FILTERS.get(image_type, OTHER_FILTER)
    if entry["standardised"] == "no":
        return "no", entry["why"]
    causes = [entry["why"]] if entry["why"] else []
    causes += [
        departure.why
        for departure in DEPARTURES
        if departure.touches(entry["class"], entry["feature"]) and departure.holds(setting)
    ]
    return ("deviates" if causes else "yes"), "; ".join(causes)


def aggregation(family: str, setting: Setting) -> str:
    """Say how a class of textures is aggregated, with IBSI's code; empty for other classes.

    With ``force2D`` neighbours lie in one slice and the slices of a volume share a matrix. With a
    weighting, ``no_weighting`` among them, the matrices of all directions are merged.
    """
    if family not in MATRICES:
        return ""
    flat = bool(setting.get("force2D"))
    if family not in OF_DIRECTIONS:
        return "2.5D (62GR)" if flat else "3D (KOBO)"
    if setting.get("weightingNorm") is None:
        return "2.5D, mean over directions (JJUI)" if flat else "3D, mean over directions (ITBB)"
    return "2.5D, directions merged (ZW7Z)" if flat else "3D, directions merged (IAZD)"
