"""Features by PyRadiomics, each image filtered once for all its masks."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from radiomics import imageoperations
from radiomics.featureextractor import RadiomicsFeatureExtractor

from radproof.errors import BadInput, Problem

logging.getLogger("radiomics").setLevel(logging.ERROR)

# Grey levels between which textures are neither empty nor too sparse, and a middle to aim at.
LEVELS_RANGE = (16, 130)
LEVELS_AIM = 64


@dataclass(frozen=True)
class Extraction:
    """Features of one patient.

    ``features`` has the masks as index and a float column a feature, named
    ``<sequence>__<filter>_<class>_<feature>``; shape stands under the first sequence alone.
    ``outcomes`` says of which mask and sequence features could not be computed, and why; they are
    missing. ``grey_levels`` counts the grey levels that textures see.
    """

    features: pd.DataFrame
    outcomes: list[dict[str, str]]
    grey_levels: list[dict[str, Any]]


def extract(
    images: dict[str, sitk.Image], masks: dict[str, sitk.Image], settings: dict[str, Any]
) -> Extraction:
    """Extract the features of every mask from every image.

    The values are those of ``RadiomicsFeatureExtractor.execute`` on each pair: filters act on the
    whole image there too, as long as PyRadiomics neither resamples nor crops, which the plan's
    schema leaves out (images are resampled once, in preparation).

    Parameters
    ----------
    images
        Sequence → image; all on one grid.
    masks
        Name → 0/1 mask on that grid.
    settings
        PyRadiomics' parameters: ``setting``, ``imageType``, ``featureClass``.
    """
    extractor = RadiomicsFeatureExtractor(
        {
            "setting": {**settings["setting"], "label": 1, "additionalInfo": False},
            "imageType": settings["imageType"],
            "featureClass": settings["featureClass"],
        }
    )
    rows: dict[str, dict[str, float]] = {name: {} for name in masks}
    outcomes: list[dict[str, str]] = []
    grey_levels: list[dict[str, Any]] = []
    for position, (sequence, image) in enumerate(images.items()):
        boxes = _boxes(image, masks, extractor, sequence, outcomes)
        if position == 0:
            for name, box in boxes.items():
                shape = extractor.computeShape(image, masks[name], box, **extractor.settings)
                rows[name] |= _named(sequence, shape)
        for filtered, filter_name, arguments in _filtered(image, extractor):
            for name, box in boxes.items():
                part, mask = imageoperations.cropToTumorMask(filtered, masks[name], box)
                levels = _grey_levels(part, mask, extractor.settings)
                place = {"mask": name, "sequence": sequence, "filter": filter_name}
                grey_levels.append(place | levels)
                try:
                    values = extractor.computeFeatures(part, mask, filter_name, **arguments)
                except ValueError as error:
                    reason = f"{filter_name}: {error}"
                    outcomes.append({"mask": name, "sequence": sequence, "reason": reason})
                else:
                    rows[name] |= _named(sequence, values)
    features = pd.DataFrame.from_dict(rows, orient="index", dtype=float)
    return Extraction(features, outcomes, grey_levels)


def _boxes(
    image: sitk.Image,
    masks: dict[str, sitk.Image],
    extractor: RadiomicsFeatureExtractor,
    sequence: str,
    outcomes: list[dict[str, str]],
) -> dict[str, np.ndarray]:
    """Return the bounding box of each mask that PyRadiomics can use; note why others cannot."""
    boxes = {}
    # A missing sequence is 0 throughout; no prepared image is.
    missing = not sitk.GetArrayViewFromImage(image).any()
    for name, mask in masks.items():
        if missing:
            outcomes.append({"mask": name, "sequence": sequence, "reason": "sequence is missing"})
            continue
        if not sitk.GetArrayViewFromImage(mask).any():
            outcomes.append({"mask": name, "sequence": sequence, "reason": "mask is empty"})
            continue
        try:
            boxes[name] = imageoperations.checkMask(image, mask, **extractor.settings)[0]
        except ValueError as error:
            outcomes.append({"mask": name, "sequence": sequence, "reason": str(error)})
    return boxes


def _filtered(
    image: sitk.Image, extractor: RadiomicsFeatureExtractor
) -> Iterator[tuple[sitk.Image, str, dict[str, Any]]]:
    """Yield each filtered image with its name and settings, one at a time.

    Raises
    ------
    BadInput
        If a filter gives no image, as LoG does where the volume is thinner than its sigma.
    """
    settings = extractor.settings
    if settings.get("normalize"):
        image = imageoperations.normalizeImage(image, **settings)
    for image_type, own in extractor.enabledImagetypes.items():
        generator = getattr(imageoperations, f"get{image_type}Image")
        count = 0
        for result in generator(image, None, **{**settings, **own}):
            count += 1
            yield result
        if count < len(own.get("sigma", [1])):
            raise BadInput(
                Problem(
                    f"PyRadiomics' filter {image_type} gives no image",
                    found=f"volume of {image.GetSize()} voxels, settings {own}",
                    remedy="leave the filter or the large sigma out of the plan",
                )
            )


def _named(sequence: str, values: dict[str, Any]) -> dict[str, float]:
    return {f"{sequence}__{key}": float(value) for key, value in values.items()}


def _grey_levels(image: sitk.Image, mask: sitk.Image, settings: dict[str, Any]) -> dict[str, Any]:
    """Count the grey levels that occur in a mask, and say which bin width would span 64."""
    inside = sitk.GetArrayViewFromImage(image)[sitk.GetArrayViewFromImage(mask) > 0]
    edges = imageoperations.getBinEdges(inside, **settings)
    levels = len(np.unique(np.digitize(inside, edges)))
    low, high = LEVELS_RANGE
    width = float((inside.max() - inside.min()) / LEVELS_AIM)
    return {"levels": levels, "usual": low <= levels <= high, "bin_width_for_64": width}
