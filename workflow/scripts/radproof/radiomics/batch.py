"""A batch of patients: files in, features of a region of every mask out."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.images.body import body_mask
from radproof.kinds import load_kind
from radproof.radiomics.perturbation import COLUMNS, Row, perturbed_masks
from radproof.volumes import grid_differences, read_mask, read_volume

# Columns of the tables of a batch, in which every row is of a patient.
TABLES = {
    "outcomes": ["patient", "mask", "sequence", "filter", "outcome", "reason", "n_missing"],
    "grey_levels": [
        *("patient", "mask", "sequence", "filter", "levels", "usual", "bin_width_for_64"),
    ],
    "perturbations": COLUMNS,
}

Files = Mapping[str, str | Path]


def extract_batch(
    files: Mapping[str, tuple[Files, Files]],
    settings: dict[str, Any],
    seed_of: Callable[[str], int],
    log: Callable[[str], None],
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Extract the features of a region of each mask of a batch of patients.

    Parameters
    ----------
    files
        Patient → its images and its masks, as `extract_patient` takes them.
    settings
        As `extract_patient` takes them.
    seed_of
        Gives the seed of a patient's perturbations.
    log
        Told of each patient that was measured.

    Returns
    -------
    tuple
        Mask → features (index patient); and ``outcomes``, ``grey_levels`` and ``perturbations``
        with the columns of `TABLES`.

    Raises
    ------
    BadInput
        If a file cannot be read, or an image or mask lies on another grid.
    """
    features: dict[str, dict[str, pd.Series]] = {}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for number, (patient, (images, masks)) in enumerate(files.items(), 1):
        extraction, perturbed = extract_patient(patient, images, masks, settings, seed_of(patient))
        for mask, row in extraction.features.iterrows():
            features.setdefault(str(mask), {})[patient] = row
        found = (extraction.outcomes, extraction.grey_levels, perturbed)
        for name, new in zip(TABLES, found, strict=True):
            rows[name] += [{"patient": patient, **row} for row in new]
        log(f"{number}/{len(files)} {patient} measured")
    tables = {name: pd.DataFrame(rows[name], columns=TABLES[name]) for name in TABLES}
    return {mask: pd.DataFrame(own).T for mask, own in features.items()}, tables


def extract_patient(
    patient: str,
    images: Files,
    masks: Files,
    settings: dict[str, Any],
    seed: int,
) -> tuple[Any, list[Row]]:
    """Extract the features of a region of each mask of a patient.

    Parameters
    ----------
    images, masks
        Sequence → prepared image; mask → 0/1 mask on its grid.
    settings
        ``extractor`` and ``region`` as the plan has them; ``perturbations`` (or None) as under
        ``stability``, which adds masks ``perturbed1``, … of one rater.
    seed
        Seed of the perturbations.

    Returns
    -------
    tuple
        The ``Extraction`` as the extractor's kind defines it, and one row a perturbed mask (see
        `radproof.radiomics.perturbation`).

    Raises
    ------
    BadInput
        If a file cannot be read, or an image or mask lies on another grid.
    """
    volumes, drawn = _read(patient, images, masks)
    reference = next(iter(volumes.values()))
    perturbations = settings["perturbations"]
    perturbed: list[Row] = []
    if perturbations:
        original = drawn[perturbations["rater"]]
        changed, perturbed = perturbed_masks(original, reference, perturbations, seed)
        drawn |= changed
    derived = _regions(drawn, reference, settings["region"])
    extractor = settings["extractor"]
    with _said_of(patient):
        extraction = load_kind("extractor", extractor["kind"]).extract(volumes, derived, extractor)
    return extraction, perturbed


def count_patient(
    patient: str,
    images: Mapping[str, str | Path],
    masks: Mapping[str, str | Path],
    settings: dict[str, Any],
) -> list[dict[str, Any]]:
    """Count the grey levels in a region of each mask of a patient; see `extract_patient`."""
    volumes, drawn = _read(patient, images, masks)
    derived = _regions(drawn, next(iter(volumes.values())), settings["region"])
    extractor = settings["extractor"]
    with _said_of(patient):
        return load_kind("extractor", extractor["kind"]).grey_levels(volumes, derived, extractor)


@contextmanager
def _said_of(patient: str) -> Iterator[None]:
    """Name the patient in what an extractor, which knows of images alone, cannot use."""
    try:
        yield
    except BadInput as error:
        raise BadInput([replace(one, patient=patient) for one in error.problems]) from error


def _read(
    patient: str, images: Mapping[str, str | Path], masks: Mapping[str, str | Path]
) -> tuple[dict[str, sitk.Image], dict[str, sitk.Image]]:
    """Return images and masks by name, all on one grid."""
    volumes = {name: read_volume(path, patient) for name, path in images.items()}
    drawn = {name: read_mask(path, patient=patient) for name, path in masks.items()}
    reference = next(iter(volumes.values()))
    for name, volume in {**volumes, **drawn}.items():
        differences = grid_differences(volume, reference)
        if differences:
            what, found = f"{name} lies on another grid", "; ".join(differences)
            file = str({**images, **masks}[name])
            raise BadInput(Problem(what, patient=patient, file=file, found=found))
    return volumes, drawn


def _regions(
    masks: dict[str, sitk.Image], reference: sitk.Image, region: dict[str, Any]
) -> dict[str, sitk.Image]:
    body = body_mask(reference)
    derive = load_kind("region", region["kind"]).derive
    return {name: derive(mask, region, body) for name, mask in masks.items()}
