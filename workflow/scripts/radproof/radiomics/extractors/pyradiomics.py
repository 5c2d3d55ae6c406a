"""Features by PyRadiomics, each image filtered once for all its masks."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from radiomics import imageoperations
from radiomics.featureextractor import RadiomicsFeatureExtractor
from threadpoolctl import threadpool_limits

from radproof.images.threads import one_thread
from radproof.radiomics.dictionary import describe
from radproof.radiomics.grey_levels import level_row
from radproof.radiomics.measurement.cut import Cut
from radproof.radiomics.measurement.feature_classes import measure, undefined
from radproof.radiomics.measurement.filtering import filtered
from radproof.radiomics.measurement.placing import (
    ONE_GREY_LEVEL,
    SEQUENCE_MISSING,
    UNDEFINED,
    Placed,
    Unmeasurable,
    place,
)

# What PyRadiomics has to say of images and masks is said by outcomes.
logging.getLogger("radiomics").setLevel(logging.CRITICAL)

SHAPES = ("shape", "shape2D")
WITHOUT_NEIGHBOURS = ("firstorder",)

Measured = tuple[dict[str, float], int, str, str]
Group = tuple[sitk.Image, list[Placed]]


@dataclass(frozen=True)
class Extraction:
    """Features of one patient.

    Attributes
    ----------
    features
        Masks as index, a float column a feature, named ``<sequence>__<filter>_<class>_<feature>``;
        shape stands under the first sequence alone.
    outcomes
        Of which mask, sequence and filter (none: all of them) something is missing or unusual, how
        many features are missing and why: ``mask sequence filter outcome reason n_missing``.
    grey_levels
        The levels that textures see: ``mask sequence filter levels usual bin_width_for_64``.
    """

    features: pd.DataFrame
    outcomes: list[dict[str, Any]]
    grey_levels: list[dict[str, Any]]


def extract(
    images: dict[str, sitk.Image], masks: dict[str, sitk.Image], settings: dict[str, Any]
) -> Extraction:
    """Extract the features of every mask from every image.

    The values are those of PyRadiomics' command line on each pair of image and mask. Each image is
    normalised and filtered once for all masks, unless the settings resample or crop it: PyRadiomics
    then filters, for each mask, an image of its own.

    Parameters
    ----------
    images
        Sequence → image; all on one grid.
    masks
        Name → 0/1 mask on that grid.
    settings
        PyRadiomics' parameters: ``setting``, ``imageType``, ``featureClass``.
    """
    engine = _engine(settings)
    findings = _Findings({name: {} for name in masks})
    with one_thread(), threadpool_limits(1):
        for position, (sequence, image) in enumerate(images.items()):
            # A missing sequence is 0 throughout; no prepared image is.
            blank = not sitk.GetArrayViewFromImage(image).any()
            groups, failed = _groups(image, masks, engine.settings, blank=blank)
            findings.outcomes += [{"sequence": sequence} | note for note in failed]
            for group in groups:
                # Shape does not depend on intensities.
                if position == 0:
                    for placed, cut in _drawn(group, engine.settings):
                        found = _measure(placed, cut, engine, of_shape=True)
                        findings.add(placed.name, sequence, "original", found)
                for placed, filter_name, cut in () if blank else _cuts(group, engine):
                    findings.count(placed.name, sequence, filter_name, cut)
                    found = _measure(placed, cut, engine, of_shape=False)
                    findings.add(placed.name, sequence, filter_name, found)
    # What no mask could be measured in has its columns all the same.
    names = _names(tuple(images), json.dumps(settings))
    features = pd.DataFrame.from_dict(findings.rows, orient="index", dtype=float)
    features = features.reindex(index=list(masks), columns=names)
    for row in findings.outcomes:
        if row["n_missing"] is None:
            of_sequence = [name for name in names if name.startswith(f"{row['sequence']}__")]
            row["n_missing"] = int(np.isnan(features.loc[row["mask"], of_sequence]).sum())
    return Extraction(features, findings.outcomes, findings.grey_levels)


def grey_levels(
    images: dict[str, sitk.Image], masks: dict[str, sitk.Image], settings: dict[str, Any]
) -> list[dict[str, Any]]:
    """Count the grey levels of every mask in every filtered image, and measure nothing.

    Parameters and result are as of ``extract`` and its ``grey_levels``.
    """
    engine = _engine(settings)
    findings = _Findings({})
    with one_thread():
        for sequence, image in images.items():
            if not sitk.GetArrayViewFromImage(image).any():
                continue
            groups, _ = _groups(image, masks, engine.settings, blank=False)
            for group in groups:
                for placed, filter_name, cut in _cuts(group, engine):
                    findings.count(placed.name, sequence, filter_name, cut)
    return findings.grey_levels


@dataclass
class _Findings:
    """What was found so far: values by mask, outcomes, grey levels."""

    rows: dict[str, dict[str, float]]
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    grey_levels: list[dict[str, Any]] = field(default_factory=list)

    def add(self, mask: str, sequence: str, filter_name: str, found: Measured) -> None:
        values, n_missing, outcome, reason = found
        named = {f"{sequence}__{filter_name}_{key}": value for key, value in values.items()}
        self.rows[mask] |= named
        if n_missing:
            where = {"mask": mask, "sequence": sequence, "filter": filter_name}
            why = {"outcome": outcome, "reason": reason, "n_missing": n_missing}
            self.outcomes.append(where | why)

    def count(self, mask: str, sequence: str, filter_name: str, cut: Cut) -> None:
        if cut.n_undefined:
            return
        where = {"mask": mask, "sequence": sequence, "filter": filter_name}
        self.grey_levels.append(where | level_row(len(cut.levels), *cut.ends))


def _engine(parameters: dict[str, Any]) -> RadiomicsFeatureExtractor:
    """Return PyRadiomics' extractor, which checks the parameters and fills in its defaults."""
    return _engine_of(json.dumps(parameters))


# Checking the parameters takes as long as measuring a small mask, and is done once.
@cache
def _engine_of(parameters: str) -> RadiomicsFeatureExtractor:
    given = json.loads(parameters)
    classes = dict(given["featureClass"])
    if not given["setting"].get("force2D"):
        # PyRadiomics passes it over with a warning; a plan is refused.
        classes.pop("shape2D", None)
    return RadiomicsFeatureExtractor(
        {
            "setting": {**given["setting"], "label": 1, "additionalInfo": False},
            "imageType": given["imageType"],
            "featureClass": classes,
        }
    )


@cache
def _names(sequences: tuple[str, ...], parameters: str) -> list[str]:
    return list(describe(sequences, json.loads(parameters))["name"])


def _groups(
    image: sitk.Image, masks: dict[str, sitk.Image], settings: dict[str, Any], *, blank: bool
) -> tuple[list[Group], list[dict[str, Any]]]:
    """Return each image that is filtered with its masks, and what is to be said of masks.

    How many features of a mask are missing that is not measured at all is not known here.
    """
    notes: list[dict[str, Any]] = []
    groups: dict[Any, Group] = {}

    def note(name: str, outcome: str, reason: str, n_missing: int | None = None) -> None:
        row = {"mask": name, "filter": "", "outcome": outcome, "reason": reason}
        notes.append(row | {"n_missing": n_missing})

    if settings.get("normalize") and not blank:
        image = imageoperations.normalizeImage(image, **settings)
    for name, mask in masks.items():
        if blank:
            note(name, SEQUENCE_MISSING, "the image is 0 throughout")
        try:
            own, placed = place(name, image, mask, settings)
        except Unmeasurable as error:
            if not blank:
                note(name, error.outcome, error.reason)
            continue
        grid = (own.GetSize(), own.GetOrigin(), own.GetSpacing())
        groups.setdefault(grid, (own, []))[1].append(placed)
        if placed.flat and not blank:
            needed = "only first-order features" if placed.few else "measured all the same"
            note(name, placed.flat, needed, 0)
    return list(groups.values()), notes


def _drawn(group: Group, settings: dict[str, Any]) -> Iterator[tuple[Placed, Cut]]:
    """Yield every mask as it was drawn, cut out: shape does not depend on intensities."""
    image, masks = group
    for placed in masks:
        inside = sitk.GetArrayViewFromImage(placed.drawn)[placed.slices()] > 0
        yield placed, Cut(inside, inside, image.GetSpacing(), settings)


def _cuts(group: Group, engine: RadiomicsFeatureExtractor) -> Iterator[tuple[Placed, str, Cut]]:
    """Yield every mask cut out of every filtered image, one image at a time."""
    image, masks = group
    filters = filtered(image, masks, engine.enabledImagetypes, engine.settings)
    for array, name, used, start in filters:
        for placed in masks:
            part = array[placed.slices(start)]
            yield placed, name, Cut(part, placed.inside, image.GetSpacing(), used)


def _measure(
    placed: Placed, cut: Cut, engine: RadiomicsFeatureExtractor, *, of_shape: bool
) -> Measured:
    """Return the features of a cut by name, and why some are missing, where they are."""
    obstacle, possible = _obstacle(placed, cut, of_shape=of_shape)
    values: dict[str, float] = {}
    for name, features in engine.enabledFeatures.items():
        if (name in SHAPES) == of_shape:
            measured = not obstacle or name in possible
            values |= measure(name, cut, features) if measured else undefined(name, features)
    lost = [name for name, value in values.items() if np.isnan(value)]
    return values, len(lost), *(obstacle or (UNDEFINED, ", ".join(lost)))


Obstacle = tuple[tuple[str, str] | tuple[()], tuple[str, ...]]


def _obstacle(placed: Placed, cut: Cut, *, of_shape: bool) -> Obstacle:
    """Return the outcome and the reason why a cut is not measured in full, and what of it is."""
    if not of_shape and cut.n_undefined:
        reason = f"no finite intensity in {cut.n_undefined} of {len(cut.values)} voxels"
        return (UNDEFINED, reason), ()
    if placed.few:
        return (placed.flat, "shape and textures need more dimensions"), WITHOUT_NEIGHBOURS
    if not of_shape and len(cut.levels) == 1:
        return (ONE_GREY_LEVEL, "textures need two"), WITHOUT_NEIGHBOURS
    return (), ()
