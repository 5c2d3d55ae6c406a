"""The shared reference folder: inputs, what R found, and how far a result may be off."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "r"


def names(item: str) -> list[Any]:
    """Names of the cases of an item; one skipped case where the folder is not there."""
    if not (FOLDER / item).is_dir():
        return [pytest.param("", marks=pytest.mark.skip("shared reference folder not present"))]
    return sorted(path.name for path in (FOLDER / item).iterdir())


def read_case(item: str, name: str) -> tuple[pd.DataFrame, dict[str, Any], dict[str, Any]]:
    """Return input table, parameters and expected values of a case."""
    folder = FOLDER / item / name
    params = json.loads((folder / "params.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    return pd.read_csv(next(folder.glob("input.csv*"))), params, expected


def number(value: Any) -> float:
    """Return a value of the JSON files as a number; null and "NaN" are NaN."""
    return math.nan if value is None else float(value)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings and lists under paths like ``/a/b[0]``."""
    if isinstance(value, dict):
        parts = [flat(part, f"{path}/{key}") for key, part in value.items()]
    elif isinstance(value, list):
        parts = [flat(part, f"{path}[{index}]") for index, part in enumerate(value)]
    else:
        return {path: value}
    return {key: leaf for part in parts for key, leaf in part.items()}


def assert_agrees(item: str, expected: Any, result: Any, path: str = "") -> None:
    """Compare every leaf of ``result`` with that of ``expected`` at the item's tolerances."""
    rules = json.loads((FOLDER / "tolerances.json").read_text())[item]
    wanted, wrong = flat(expected, path), []
    for key, got in flat(result, path).items():
        absolute, relative = next((a, r) for rule, a, r in rules if re.search(rule, key))
        assert absolute is not None, f"{key} is not compared"
        ours, theirs = number(got), number(wanted[key])
        alike = ours == theirs or (math.isnan(ours) and math.isnan(theirs))
        if not alike and not abs(ours - theirs) <= absolute + relative * abs(theirs):
            wrong.append(f"{key}: {ours!r}, R has {theirs!r}")
    assert not wrong, "\n".join(wrong)
