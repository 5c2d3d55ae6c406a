"""Claims and verdicts as text for people: a block a claim, no line longer than a terminal."""

from collections.abc import Hashable, Mapping
from textwrap import fill
from typing import Any

import pandas as pd

from radproof.dossier.cells import text

WIDTH = 100


def as_text(table: pd.DataFrame) -> str:
    """Return what `radproof.dossier.claims.check_claims` gives as blocks, and counts of verdicts.

    A block has the verdict and the claim, the numbers that there are, and the reason.
    """
    if table.empty:
        return "no claims"
    blocks = [_block(row) for row in table.to_dict("records")]
    counts = table["verdict"].value_counts(sort=False).items()
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts)
    return "\n\n".join([*blocks, f"{len(table)} claims: {summary}"])


def _block(row: Mapping[Hashable, Any]) -> str:
    head = f"{row['verdict'].upper()}  {row['statement']} [{row['id']}; {row['mark']}]"
    lines = [line for line in (_numbers(row), row["reason"]) if line]
    wrapped = [_wrapped(line, "    ") for line in lines]
    return "\n".join([_wrapped(head, ""), *wrapped])


def _numbers(row: Mapping[Hashable, Any]) -> str:
    ours, limits = ("ours", "95 % interval") if row["check"] == "data" else ("implied", "range")
    named = {"published": row["published"], ours: row["ours"]}
    parts = [f"{name} {text(value)}" for name, value in named.items() if _there(value)]
    if _there(row["ci_low"]) and row["ci_low"] != row["ci_high"]:
        parts.append(f"{limits} {text(row['ci_low'])} to {text(row['ci_high'])}")
    return "; ".join([*parts, f"n {text(row['n'])}"] if _there(row["n"]) else parts)


def _wrapped(line: str, indent: str) -> str:
    return fill(
        line, WIDTH, initial_indent=indent, subsequent_indent="    ", break_on_hyphens=False
    )


def _there(value: Any) -> bool:
    return pd.notna(value) and value != ""
