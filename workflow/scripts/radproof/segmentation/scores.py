"""Scores of one mask against another: overlap, surface distances in mm, volumes in ml.

What is undefined is NaN: with two empty masks overlap is perfect (Dice and IoU 1), with one empty
mask it is nil (0), and in both cases there is no surface to measure a distance to.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from scipy import ndimage

from radproof.errors import BadInput, Problem
from radproof.seeds import derive_seed
from radproof.volumes import grid_differences, read_mask

OVERLAPS = ("dice", "iou", "sensitivity", "specificity", "precision")
DISTANCES = ("hd95_mm", "hd_mm", "assd_mm")
VOLUMES = ("volume_reference_ml", "volume_candidate_ml")
METRICS = OVERLAPS + DISTANCES + VOLUMES
RESAMPLES = 2000


def score_pair(
    reference: np.ndarray, candidate: np.ndarray, spacing_mm: Sequence[float]
) -> dict[str, float | str]:
    """Return every score of ``candidate`` against ``reference``.

    Parameters
    ----------
    reference, candidate
        Masks of one shape (z, y, x); any nonzero voxel is inside.
    spacing_mm
        Voxel spacing in the order of the array's axes (z, y, x).

    Returns
    -------
    dict
        ``METRICS``, and ``empty``: none, reference, candidate or both.

    Raises
    ------
    ValueError
        If the shapes differ or the spacing does not fit them.
    """
    reference, candidate = np.asarray(reference) != 0, np.asarray(candidate) != 0
    if reference.shape != candidate.shape or len(spacing_mm) != reference.ndim:
        raise ValueError(
            f"masks of shape {reference.shape} and {candidate.shape} with spacing {spacing_mm}"
        )
    voxel_ml = float(np.prod(spacing_mm)) / 1000.0
    empty = {
        (False, False): "none",
        (True, False): "reference",
        (False, True): "candidate",
        (True, True): "both",
    }[not reference.any(), not candidate.any()]
    return {
        **_overlap(reference, candidate),
        **surface_distances(reference, candidate, spacing_mm),
        "volume_reference_ml": float(reference.sum()) * voxel_ml,
        "volume_candidate_ml": float(candidate.sum()) * voxel_ml,
        "empty": empty,
    }


def _overlap(reference: np.ndarray, candidate: np.ndarray) -> dict[str, float]:
    both = int((reference & candidate).sum())
    n_reference, n_candidate = int(reference.sum()), int(candidate.sum())
    either = n_reference + n_candidate - both
    outside = reference.size - n_reference
    return {
        "dice": 2 * both / (n_reference + n_candidate) if either else 1.0,
        "iou": both / either if either else 1.0,
        "sensitivity": both / n_reference if n_reference else np.nan,
        "specificity": (reference.size - either) / outside if outside else np.nan,
        "precision": both / n_candidate if n_candidate else np.nan,
    }


def surface_distances(
    reference: np.ndarray, candidate: np.ndarray, spacing_mm: Sequence[float]
) -> dict[str, float]:
    """Return Hausdorff and mean distances between the surfaces of two masks (z, y, x), in mm.

    A surface voxel is a mask voxel with a face neighbour outside the mask; beyond the array is
    outside, and an axis of length one has no neighbours. ``hd95_mm`` is the larger of the two
    directed 95 % quantiles (linear interpolation between order statistics), ``assd_mm`` the mean
    over the surface voxels of both masks together. All are NaN when either mask is empty.

    Source: Maier-Hein et al., Metrics reloaded, Nat Methods 21:195 (2024), HD, HD95 and ASSD.
    """
    reference, candidate = np.asarray(reference) != 0, np.asarray(candidate) != 0
    if not (reference.any() and candidate.any()):
        return dict.fromkeys(DISTANCES, np.nan)
    box = ndimage.find_objects((reference | candidate).astype(np.uint8))[0]
    neighbours = _face_neighbours(reference.shape)
    first, second = (_surface(mask[box], neighbours) for mask in (reference, candidate))
    to_second = ndimage.distance_transform_edt(~second, spacing_mm)[first]
    to_first = ndimage.distance_transform_edt(~first, spacing_mm)[second]
    return {
        "hd95_mm": float(max(np.quantile(to_second, 0.95), np.quantile(to_first, 0.95))),
        "hd_mm": float(max(to_second.max(), to_first.max())),
        "assd_mm": float(np.concatenate([to_second, to_first]).mean()),
    }


def _face_neighbours(shape: tuple[int, ...]) -> np.ndarray:
    cross = ndimage.generate_binary_structure(len(shape), 1)
    for axis, length in enumerate(shape):
        if length == 1:
            edges = np.swapaxes(cross, 0, axis)
            edges[0] = edges[2] = False
    return cross


def _surface(mask: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    if neighbours.sum() == 1:
        return mask  # an array of one voxel
    return mask & ~ndimage.binary_erosion(mask, neighbours)


def pairs_of(raters: Sequence[str], segmenter: str) -> list[tuple[str, str]]:
    """Return (reference, candidate): each rater against the segmenter, then rater against rater."""
    return [(rater, segmenter) for rater in raters] + list(combinations(raters, 2))


def score_masks(
    masks: Mapping[str, Mapping[str, str | Path]],
    pairs: Sequence[tuple[str, str]],
    sheet: pd.DataFrame,
) -> pd.DataFrame:
    """Score pairs of masks of many patients.

    Parameters
    ----------
    masks
        Who drew (rater or segmenter) → patient → file.
    pairs
        (reference, candidate), both keys of ``masks``.
    sheet
        Columns ``patient``, ``set`` and ``fold``; one row a patient, whose order is kept.

    Returns
    -------
    pandas.DataFrame
        ``patient set fold reference candidate``, ``METRICS`` and ``empty``; one row a patient and
        pair.

    Raises
    ------
    BadInput
        If a mask cannot be read or two masks of a patient lie on different grids; every such
        problem is named.
    """
    rows, problems = [], []
    for entry in sheet[["patient", "set", "fold"]].to_dict("records"):
        files = {name: masks[name][entry["patient"]] for pair in pairs for name in pair}
        try:
            drawn = {name: read_mask(file, 1, entry["patient"]) for name, file in files.items()}
        except BadInput as error:
            problems += error.problems
            continue
        for pair in pairs:
            first, second = (drawn[name] for name in pair)
            if differences := grid_differences(first, second):
                problems.append(
                    Problem(
                        f"mask lies on another grid than that of {pair[0]}",
                        patient=entry["patient"],
                        file=str(files[pair[1]]),
                        found="; ".join(differences),
                    )
                )
                continue
            scores = score_pair(
                sitk.GetArrayFromImage(first),
                sitk.GetArrayFromImage(second),
                first.GetSpacing()[::-1],
            )
            rows.append(entry | {"reference": pair[0], "candidate": pair[1]} | scores)
    if problems:
        raise BadInput(problems)
    names = ["patient", "set", "fold", "reference", "candidate", *METRICS, "empty"]
    return pd.DataFrame(rows, columns=names)


def summarise(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return mean, spread and 95 % bootstrap interval of the mean of each score.

    One row for each set, pair and metric; ``n`` counts the patients for whom the metric is
    defined. The interval is the percentile interval of the mean over 2000 resamples of patients;
    with one patient there is none.

    Returns
    -------
    pandas.DataFrame
        ``set reference candidate metric n mean sd ci_low ci_high median``.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    rows = []
    for key, group in scores.groupby(["set", "reference", "candidate"], sort=False):
        for metric in METRICS:
            values = group[metric].dropna().to_numpy(dtype=float)
            rng = np.random.default_rng(derive_seed(seed, *map(str, key), metric))
            rows.append([*key, metric, *_summary(values, rng)])
    names = ["n", "mean", "sd", "ci_low", "ci_high", "median"]
    names = ["set", "reference", "candidate", "metric", *names]
    return pd.DataFrame(rows, columns=names)


def _summary(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    if values.size == 0:
        return [0, *[np.nan] * 5]
    low = high = sd = np.nan
    if values.size > 1:
        sd = float(values.std(ddof=1))
        chosen = rng.integers(values.size, size=(RESAMPLES, values.size))
        low, high = np.quantile(values[chosen].mean(axis=1), [0.025, 0.975]).tolist()
    return [values.size, float(values.mean()), sd, low, high, float(np.median(values))]
