"""Closed schemas: what a plan may say, and one clear message for each thing it may not."""

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from yaml.constructor import ConstructorError

from radproof.errors import BadInput, Problem
from radproof.provenance import PROJECT
from radproof.safety import text_fault

SCHEMAS = PROJECT / "config" / "schema"
# Far beyond any plan; a few lines of aliases could name more than a memory holds.
MOST_VALUES, MOST_NESTED = 200_000, 40


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML without code, and without a key that stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1 and key != "<<"})
        if repeated:
            mark = node.start_mark
            raise yaml.YAMLError(f"key {repeated[0]!r} stands twice, line {mark.line + 1}")
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Construct a value; one that is not what it looks like (``2024-13-45``) has its line."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            what = f"value {str(node.value)[:40]!r} cannot be read"
            raise ConstructorError(None, None, what, node.start_mark) from error


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file safely; duplicate keys are refused.

    Raises
    ------
    BadInput
        If the file is missing, is not YAML, is nested more than ``MOST_NESTED`` deep, or holds more
        than ``MOST_VALUES`` values, each alias counted.
    """
    try:
        value = yaml.load(Path(path).read_text(encoding="utf-8"), _UniqueKeyLoader)
        _refuse_boundless(value)
        return value
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        found = " ".join(str(error).split())
        raise BadInput(Problem("file cannot be read", file=str(path), found=found)) from error


def _refuse_boundless(value: Any) -> None:
    """Raise where aliases make a value larger than it looks, or part of itself."""
    waiting, count = [(value, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MOST_VALUES or depth > MOST_NESTED:
            raise yaml.YAMLError(
                f"more than {MOST_VALUES} values, or nested more than {MOST_NESTED} deep"
            )
        items = part.values() if isinstance(part, dict) else part
        if isinstance(part, dict | list | set):
            waiting += [(item, depth + 1) for item in items]


def read_schema(name: str) -> dict[str, Any]:
    """Return the schema ``config/schema/<name>.yaml``."""
    return read_yaml(SCHEMAS / f"{name}.yaml")


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Check text against a pattern, in which ``$`` is the very end, not before a last newline."""
    ended = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(instance, str) and not re.search(ended, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})


def validate(value: Any, schema: dict[str, Any], file: str, place: str = "") -> list[Problem]:
    """Return every way in which ``value`` breaks the schema; ``place`` is where it stands."""
    errors = _Validator(schema).iter_errors(value)
    ordered = sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])
    wrong = [_problem(error, file, place) for error in ordered]
    return wrong + [
        Problem(f"setting {where} {fault}", file=file, found=ascii(leaf), expected=expected)
        for where, leaf in _leaves(value, place)
        for fault, expected in [_fault(leaf)]
        if fault
    ]


def _fault(leaf: Any) -> tuple[str, str]:
    """Return what no rule of a schema keeps out, and what is expected; nothing if all is well."""
    if isinstance(leaf, float) and not math.isfinite(leaf):
        return "is wrong", "a number"
    fault = text_fault(leaf) if isinstance(leaf, str) else ""
    return fault, "text" if fault else ""


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield every value, and every key, with its dotted place."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            inner = f"{place}.{key}".strip(".")
            if isinstance(value, dict):
                yield inner, key
            yield from _leaves(item, inner)
    else:
        yield place, value


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
        unknown = sorted(map(str, set(instance) - set(known)))
        return Problem(
            f"unknown setting at {where}",
            file=file,
            found=", ".join(unknown),
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
