"""Radiomics of one patient from files, without a study."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.kinds import load_kind
from radproof.radiomics.dictionary import describe
from radproof.radiomics.grey_levels import suggestion
from radproof.radiomics.intact import read_intact
from radproof.radiomics.mask_files import SEVERAL_LABELS, UnusableMask, read_region
from radproof.radiomics.parameter_file import KIND, Parameters, read_parameters
from radproof.tables import put_in_place, write_table
from radproof.volumes import grid_differences

SUFFIXES = (".tsv", ".parquet")


def measure_files(
    images: Mapping[str, str], masks: Mapping[str, str], settings: str | Path
) -> dict[str, Any]:
    """Measure every mask in every image.

    Parameters
    ----------
    images, masks
        Sequence → file, all on one grid; name → file. The first image is that of shape.
    settings
        A parameter file of PyRadiomics.

    Returns
    -------
    dict
        ``features``: a DataFrame with the masks as index and every feature as a column, a mask that
        cannot be measured having no value; ``outcomes`` and ``grey_levels`` as of the extractor,
        the first with those of masks that could not be read on the grid of the images.

    Raises
    ------
    BadInput
        If a file cannot be read, settings are not PyRadiomics', or images lie on several grids.
    """
    parameters = read_parameters(settings)
    volumes = _read_images(images)
    names = list(describe(list(images), parameters.settings)["name"])
    reference = next(iter(volumes.values()))
    regions, outcomes = _read_masks(masks, reference, parameters, len(names))
    extraction = load_kind("extractor", KIND).extract(volumes, regions, parameters.settings)
    others = [name for name in extraction.features.columns if name not in set(names)]
    features = extraction.features.reindex(index=list(masks), columns=[*names, *others])
    return {
        "features": features.astype(float),
        "outcomes": outcomes + extraction.outcomes,
        "grey_levels": extraction.grey_levels,
    }


def _read_images(files: Mapping[str, str]) -> dict[str, sitk.Image]:
    volumes = {name: read_intact(path) for name, path in files.items()}
    reference = next(iter(volumes))
    problems = []
    for name, volume in volumes.items():
        if volume.GetDimension() != 3 or volume.GetNumberOfComponentsPerPixel() != 1:
            what, expected = "image is not a volume", "three dimensions, one number a voxel"
            problems.append(Problem(what, file=files[name], expected=expected))
            continue
        differences = grid_differences(volume, volumes[reference])
        if differences:
            what, found = f"{name} lies on another grid than {reference}", "; ".join(differences)
            remedy = "resample all images to one grid"
            problems.append(Problem(what, file=files[name], found=found, remedy=remedy))
    if problems:
        raise BadInput(problems)
    return volumes


def _read_masks(
    files: Mapping[str, str], image: sitk.Image, parameters: Parameters, n_features: int
) -> tuple[dict[str, sitk.Image], list[dict[str, Any]]]:
    """Return the masks that can be measured, and an outcome of each that is unusual or cannot."""
    regions, outcomes = {}, []

    def note(mask: str, outcome: str, reason: str, n_missing: int) -> None:
        why = {"outcome": outcome, "reason": reason, "n_missing": n_missing}
        outcomes.append({"mask": mask, "sequence": "", "filter": "", **why})

    for name, path in files.items():
        try:
            regions[name], others = read_region(path, image, parameters)
        except UnusableMask as error:
            note(name, error.outcome, error.reason, n_features)
        else:
            if others:
                reason = f"voxels of {parameters.label} are measured, those of {others} left out"
                note(name, SEVERAL_LABELS, reason, 0)
    return regions, outcomes


def check_output(path: Path) -> None:
    """Refuse a table that cannot be written before anything is measured.

    Raises
    ------
    BadInput
        If the file is neither ``.tsv`` nor ``.parquet``, or its folder cannot be written to.
    """
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not (folder.is_dir() and os.access(folder, os.W_OK)):
        what, remedy = "table cannot be written", "name a file in a folder that is yours"
        raise BadInput(Problem(what, file=str(path), remedy=remedy))
    if path.suffix not in SUFFIXES:
        what, expected = "table is of a kind that is not written", " or ".join(SUFFIXES)
        raise BadInput(Problem(what, file=str(path), found=path.suffix, expected=expected))


def write_masks(features: pd.DataFrame, path: Path) -> None:
    """Write one row a mask, the column ``mask`` first, as the suffix says."""
    table = features.rename_axis("mask").reset_index()
    if path.suffix == ".tsv":
        write_table(table, path)
    else:
        with put_in_place(path) as unfinished:
            table.to_parquet(unfinished, index=False, compression="zstd")


def measured(features: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return, by mask, how many features have a value and how many are missing."""
    missing = features.isna().sum(axis=1)
    return {
        str(mask): {"features": features.shape[1] - int(count), "missing": int(count)}
        for mask, count in missing.items()
    }


def notes(outcomes: list[dict[str, Any]], grey_levels: list[dict[str, Any]]) -> list[str]:
    """Say in words what could not be measured, and where grey levels are few or many."""
    said = []
    for row in outcomes:
        place = [f"mask {row['mask']}", row["sequence"], row.get("filter", "")]
        reason = [row.get("outcome", ""), row["reason"]]
        said.append(": ".join(filter(None, [", ".join(filter(None, place)), *reason])))
    said += [
        f"mask {row['mask']}, {row['sequence']}, {row['filter']}: {row['levels']} grey levels,"
        f" usual are 16 to 130; {suggestion(row['bin_width_for_64'])}"
        for row in grey_levels
        if not row["usual"]
    ]
    return said
