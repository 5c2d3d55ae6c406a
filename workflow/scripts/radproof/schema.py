"""Closed schemas: what a plan may say, and one clear message for each thing it may not."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from radproof.errors import BadInput, Problem
from radproof.provenance import PROJECT

SCHEMAS = PROJECT / "config" / "schema"


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML without code, and without a key that stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1 and key != "<<"})
        if repeated:
            mark = node.start_mark
            raise yaml.YAMLError(f"key {repeated[0]!r} stands twice, line {mark.line + 1}")
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file safely; duplicate keys are refused.

    Raises
    ------
    BadInput
        If the file is missing or is not YAML.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), _UniqueKeyLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        found = " ".join(str(error).split())
        raise BadInput(Problem("file cannot be read", file=str(path), found=found)) from error


def read_schema(name: str) -> dict[str, Any]:
    """Return the schema ``config/schema/<name>.yaml``."""
    return read_yaml(SCHEMAS / f"{name}.yaml")


def validate(value: Any, schema: dict[str, Any], file: str, place: str = "") -> list[Problem]:
    """Return every way in which ``value`` breaks the schema; ``place`` is where it stands."""
    errors = Draft202012Validator(schema).iter_errors(value)
    ordered = sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])
    wrong = [_problem(error, file, place) for error in ordered]
    # No bound of a schema keeps out what is no number.
    return wrong + [
        Problem(f"setting {where} is wrong", file=file, found=str(number), expected="a number")
        for where, number in _numbers(value, place)
        if not math.isfinite(number)
    ]


def _numbers(value: Any, place: str) -> Iterator[tuple[str, float]]:
    """Yield every fraction with its dotted place."""
    if isinstance(value, float):
        yield place, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _numbers(item, f"{place}.{key}".strip("."))


def typed(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return ``value`` with numbers of the type that the schema states (4 becomes 4.0)."""
    root = schema if root is None else root
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]] | {
            key: part for key, part in schema.items() if key != "$ref"
        }
    types = schema.get("type")
    if isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        fallback = other if isinstance(other, dict) else {}
        return {key: typed(item, known.get(key, fallback), root) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, schema.get("items", {}), root) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and "number" in _as_list(types):
        return float(value)
    return value


def _as_list(types: str | list[str] | None) -> list[str]:
    return [types] if isinstance(types, str) else list(types or [])


def _problem(error: ValidationError, file: str, place: str) -> Problem:
    rule: Any = error.validator_value
    instance: Any = error.instance
    path = ".".join([place, *map(str, error.absolute_path)]).strip(".")
    where = path or "the top level"
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        known = sorted(schema.get("properties", {}))
        unknown = sorted(set(instance) - set(known))
        return Problem(
            f"unknown setting at {where}",
            file=file,
            found=", ".join(map(str, unknown)),
            expected=f"only {', '.join(known)}",
            remedy="remove it or correct its spelling",
        )
    if error.validator == "required":
        missing: Iterable[str] = [key for key in rule if key not in instance]
        return Problem(
            f"missing setting at {where}",
            file=file,
            expected=", ".join(missing),
            remedy="a plan is complete: add it",
        )
    return Problem(
        f"setting {where} is wrong", file=file, found=repr(error.instance), expected=_rule(error)
    )


def _rule(error: ValidationError) -> str:
    value = error.validator_value
    words = {
        "enum": f"one of {', '.join(map(str, value))}" if isinstance(value, list) else "",
        "type": f"type {value}",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"more than {value}",
        "pattern": f"text matching {value}",
        "const": repr(value),
    }
    return words.get(str(error.validator), error.message)
