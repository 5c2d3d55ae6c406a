"""PyRadiomics' own parameter file: read, checked, and completed with PyRadiomics' defaults."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radproof.errors import BadInput, Problem
from radproof.radiomics.extractor_checks import extractor_problems
from radproof.radiomics.features import read_dictionary
from radproof.radiomics.grey_levels import FEWEST, MOST
from radproof.schema import read_schema, read_yaml, validate

KIND = "pyradiomics"
BIN_WIDTH = 25.0
# Settings on how masks are read, which a plan has no use for: its masks are prepared.
READING: dict[str, dict[str, Any]] = {
    "label": {"type": "integer", "minimum": 1},
    "label_channel": {"type": "integer", "minimum": 0},
    "correctMask": {"type": "boolean"},
    "geometryTolerance": {"type": "number", "exclusiveMinimum": 0},
    "additionalInfo": {"type": "boolean"},
}


@dataclass(frozen=True)
class Parameters:
    """What a parameter file says.

    Attributes
    ----------
    settings
        As an extractor's entry of a plan: ``kind setting imageType featureClass``.
    label, label_channel
        Value of the mask's voxels; component of a mask that has several.
    correct_mask
        Whether a mask on another grid is resampled to that of the image.
    tolerance_voxels
        Largest difference of grids that is none, in voxels; None for the usual 0.001 mm.
    """

    settings: dict[str, Any]
    label: int
    label_channel: int
    correct_mask: bool
    tolerance_voxels: float | None


def read_parameters(path: str | Path) -> Parameters:
    """Read a parameter file of PyRadiomics, YAML or JSON.

    What is missing is as in PyRadiomics: the unfiltered image, every class but shape2D, every
    feature of a class, bins of width 25, label 1.

    Raises
    ------
    BadInput
        If the file cannot be read or, naming all of them, has settings, image types, classes or
        features that there are not.
    """
    file = str(path)
    given = _read(path)
    if not isinstance(given, dict):
        expected = "setting, imageType, featureClass"
        raise BadInput(Problem("settings are no mapping", file=file, expected=expected))
    for part in ("setting", "imageType", "featureClass"):
        if not isinstance(given.get(part) or {}, dict | list):
            what, found = f"{part} is no mapping", repr(given[part])
            raise BadInput(Problem(what, file=file, found=found, remedy="indent its settings"))
    if isinstance(given.get("setting"), list):
        raise BadInput(Problem("setting is no mapping", file=file, found="a list"))
    if "voxelSetting" in given:
        what = "settings ask for features of every voxel"
        raise BadInput(Problem(what, file=file, found="voxelSetting", remedy="remove it"))
    settings = _completed(given)
    own = {key: settings["setting"].pop(key) for key in READING if key in settings["setting"]}
    problems = validate(own, {"type": "object", "properties": READING}, file, "setting")
    problems += validate(settings, read_schema(f"extractor/{KIND}"), file)
    problems = problems or extractor_problems(settings, file, "")
    if problems:
        raise BadInput(problems)
    return Parameters(
        settings,
        own.get("label", 1),
        own.get("label_channel", 0),
        own.get("correctMask", False),
        own.get("geometryTolerance"),
    )


def _read(path: str | Path) -> Any:
    if Path(path).suffix != ".json":
        return read_yaml(path)
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(Problem("file cannot be read", file=str(path), found=str(error))) from error


def _completed(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with what is missing; an empty value is PyRadiomics' default."""
    setting = _without_empty(given.get("setting") or {})
    if isinstance(setting, dict) and not {"binWidth", "binCount"} & set(setting):
        setting["binWidth"] = BIN_WIDTH
    classes = [name for name in read_dictionary()["class"].unique() if name != "shape2D"]
    return {
        "kind": KIND,
        # One patient tells too little to refuse: what is unusual is said as a warning.
        "grey_levels": {"minimum": FEWEST, "maximum": MOST, "share": 1.0},
        **given,
        "setting": setting,
        "imageType": _each_or(given.get("imageType") or ["Original"], {}),
        "featureClass": _each_or(given.get("featureClass") or classes, []),
    }


def _without_empty(value: Any) -> Any:
    """Return a mapping without its empty values; only of the interpolator None is a choice."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if item is not None or key == "interpolator"}


def _each_or(value: Any, usual: Any) -> Any:
    """Return a mapping or a list of names as a mapping, ``usual`` standing where nothing does."""
    if isinstance(value, list):
        return {name: usual for name in value}
    if not isinstance(value, dict):
        return value
    return {name: usual if item is None else _without_empty(item) for name, item in value.items()}
