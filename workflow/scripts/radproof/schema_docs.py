"""The plan's reference, written from the schemas so that it cannot drift from them."""

from typing import Any

from radproof.kinds import FAMILIES, available_kinds
from radproof.schema import read_schema

INTRODUCTION = """# Configuration

Written from the schemas in `config/schema/` by `make docs`; do not edit it by hand.

- `config.yaml` holds what is true of this machine only: which plan, where data sets lie, where runs
  are tracked.
- `studies/<study>.yaml` is a plan: one complete file, never merged with another. Unknown settings
  are refused, and each setting has a mark of origin (stated, inferred, field custom, our choice).
- `cohorts/<study>.tsv` is the sheet: `patient`, `dataset`, `center`, `set`, `fold`. Made once by
  `radproof split`, edited by hand where needed. Only the set `train` is ever fitted.
- `landmarks/<name>.json` is a standard scale of intensity where a plan names one: `sequence`,
  `percentiles`, `values` and the `patients` it was learned on. Made by `radproof landmarks`.
- `claims/<study>.yaml` holds published numbers and statements to be checked.
"""


def configuration_reference() -> str:
    """Return ``config/README.md`` as text."""
    parts = [INTRODUCTION, "## The plan", _table(read_schema("plan"))]
    parts += ["## `simulation`", _table(read_schema("simulation"))]
    parts += ["## `radiomics` of a model", _table(read_schema("radiomics"))]
    for family, folder in FAMILIES.items():
        for kind in available_kinds(family):
            parts.append(f"## {family.replace('_', ' ')}: kind `{kind}`")
            parts.append(f"Module `{folder}/{kind}.py`.")
            parts.append(_table(read_schema(f"{family}/{kind}")))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(schema: dict[str, Any]) -> str:
    rows = ["| setting | values | unit | meaning |", "|---|---|---|---|"]
    rows += [f"| {' | '.join(cells)} |" for cells in _rows(schema, "", schema)]
    return "\n".join(rows)


def _rows(schema: dict[str, Any], place: str, root: dict[str, Any]) -> list[list[str]]:
    rows: list[list[str]] = []
    for name, part in schema.get("properties", {}).items():
        part = _resolved(part, root)
        here = f"{place}.{name}".strip(".")
        item = _resolved(part.get("items", {}), root)
        rows.append([f"`{here}`", _values(part), part.get("unit", ""), part.get("description", "")])
        rows += _rows(part, here, root) + _rows(item, f"{here}[]", root)
        # Entries that the plan names itself, where their settings stand in this schema.
        entry = part.get("additionalProperties")
        if isinstance(entry, dict) and "$ref" not in entry:
            rows += _rows(entry, f"{here}.*", root)
    return rows


def _resolved(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    return root["$defs"][part["$ref"].rsplit("/", 1)[1]] | part


def _values(part: dict[str, Any]) -> str:
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    kinds = part.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    limits = [
        f"{words} {part[key]}"
        for key, words in (
            ("minimum", "from"),
            ("exclusiveMinimum", "above"),
            ("maximum", "to"),
            ("exclusiveMaximum", "below"),
        )
        if key in part
    ]
    return " ".join([text, *limits])
