"""A standard scale of intensity: landmarks of a histogram and the values that they are given.

Source: Nyúl, Udupa & Zhang, IEEE Trans Med Imaging 19:143 (2000).
"""

from typing import Any

import numpy as np

from radproof.errors import BadInput, Problem
from radproof.provenance import project_path
from radproof.schema import read_schema, typed, validate
from radproof.tables import read_json

# The range of interest without its rare ends, and the deciles in between.
PERCENTILES = (1.0, *(10.0 * step for step in range(1, 10)), 99.0)


def learn_landmarks(percentile_rows: np.ndarray) -> np.ndarray:
    """Return the standard scale: the mean of the patients' landmarks, each brought to 0..100.

    Parameters
    ----------
    percentile_rows
        The same rising percentiles of each patient, shape (patients, landmarks), in each image's
        own unit. A patient's first becomes 0 and the last 100, so that neither unit nor gain of a
        scanner matters.

    Returns
    -------
    ndarray
        Shape (landmarks,), from 0 to 100, strictly increasing.

    Raises
    ------
    BadInput
        If a patient's percentiles span no range, or the mean of two landmarks is the same.
    """
    rows = np.asarray(percentile_rows, dtype=np.float64)
    lowest, highest = rows[:, :1], rows[:, -1:]
    if not (lowest < highest).all():
        raise BadInput(
            Problem("a patient's percentiles span no range", expected="first below last")
        )
    scale = (100 * ((rows - lowest) / (highest - lowest))).mean(axis=0)
    if not (np.diff(scale) > 0).all():
        raise BadInput(
            Problem(
                "landmarks do not increase",
                found=_listed(scale),
                remedy="see whether the body is full of one value, or has few grey levels",
            )
        )
    return scale


def piecewise_linear(values: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Map values so that ``source`` becomes ``target``, linearly in between.

    Values outside go on with the slopes of the outermost pieces. Landmarks that coincide in
    ``source`` take the mean of their targets.

    Parameters
    ----------
    values
        Any shape.
    source, target
        Shape (landmarks,). ``source`` rises and holds two values that differ, ``target`` rises
        strictly.
    """
    knots, place = np.unique(source, return_inverse=True)
    levels = np.bincount(place, target) / np.bincount(place)
    slopes = np.diff(levels) / np.diff(knots)
    below, above = np.minimum(values - knots[0], 0), np.maximum(values - knots[-1], 0)
    return np.interp(values, knots, levels) + below * slopes[0] + above * slopes[-1]


def read_landmarks(file: str) -> dict[str, Any]:
    """Read a file of landmarks: ``sequence percentiles values patients``.

    Parameters
    ----------
    file
        Path, relative to the project's folder.

    Raises
    ------
    BadInput
        Naming the file: it cannot be read, breaks its schema, or its percentiles and values are
        not as many or do not strictly increase.
    """
    path = str(project_path(file))
    schema = read_schema("landmarks")
    found = _read_object(path)
    problems = validate(found, schema, path)
    if not problems:
        problems = _problems(found, path)
    if problems:
        raise BadInput(problems)
    return typed(found, schema)


def _read_object(path: str) -> Any:
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise BadInput(
            Problem(
                "landmarks cannot be read",
                file=path,
                found=" ".join(str(error).split()),
                remedy="learn them with radproof landmarks",
            )
        ) from error


def _problems(found: dict[str, Any], path: str) -> list[Problem]:
    percentiles, values = found["percentiles"], found["values"]
    if len(percentiles) != len(values):
        numbers = f"{len(values)} for {len(percentiles)} percentiles"
        return [Problem("landmarks are not one value a percentile", file=path, found=numbers)]
    return [
        Problem(
            f"{name} of the landmarks do not increase",
            file=path,
            found=_listed(numbers),
            expected="each above the one before",
        )
        for name, numbers in (("percentiles", percentiles), ("values", values))
        if not (np.diff(numbers) > 0).all()
    ]


def _listed(numbers: Any) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
