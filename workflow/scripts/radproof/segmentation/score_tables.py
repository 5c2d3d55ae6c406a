"""The table of scores: every patient, the segmenter against each rater, rater against rater."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.segmentation.scores import METRICS, score_pair
from radproof.volumes import grid_differences, read_mask


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
    rows: list[dict[Any, Any]] = []
    problems: list[Problem] = []
    for entry in sheet[["patient", "set", "fold"]].to_dict("records"):
        patient = entry["patient"]
        files = {name: str(masks[name][patient]) for pair in pairs for name in pair}
        try:
            scored = _score_patient(patient, files, pairs)
        except BadInput as error:
            problems += error.problems
        else:
            rows += [{**entry, **row} for row in scored]
    if problems:
        raise BadInput(problems)
    names = ["patient", "set", "fold", "reference", "candidate", *METRICS, "empty"]
    return pd.DataFrame(rows, columns=names)


def _score_patient(
    patient: str, files: Mapping[str, str], pairs: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return a row for each pair of one patient; raises BadInput with all that is wrong."""
    drawn = {name: read_mask(file, 1, patient) for name, file in files.items()}
    problems = [
        Problem(
            f"mask lies on another grid than that of {first}",
            patient=patient,
            file=files[second],
            found="; ".join(differences),
        )
        for first, second in pairs
        if (differences := grid_differences(drawn[first], drawn[second]))
    ]
    if problems:
        raise BadInput(problems)
    arrays = {name: sitk.GetArrayFromImage(mask) for name, mask in drawn.items()}
    return [
        {
            "reference": first,
            "candidate": second,
            **score_pair(arrays[first], arrays[second], drawn[first].GetSpacing()[::-1]),
        }
        for first, second in pairs
    ]
