"""Tables as the report shows them: text in cells, with a caption and the file they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from radproof.provenance import canonical


@dataclass(frozen=True)
class Table:
    """A table as shown: caption, header, rows of text, and the file it comes from.

    A note stands below it; a folded table shows its caption alone until it is opened.
    """

    caption: str
    columns: list[str]
    rows: list[list[str]]
    file: str = ""
    note: str = ""
    folded: bool = False


def shown(
    table: pd.DataFrame,
    columns: Sequence[str] | None,
    caption: str,
    file: str = "",
    note: str = "",
    folded: bool = False,
) -> Table:
    """Return a table as text; columns without any value are left out."""
    chosen = table if columns is None else table.reindex(columns=list(columns))
    chosen = chosen.dropna(axis="columns", how="all")
    rows = [[text(value) for value in row] for row in chosen.itertuples(index=False)]
    names = [str(name).replace("_", " ") for name in chosen.columns]
    return Table(caption, names, rows, file, note, folded)


def text(value: Any) -> str:
    """Return a cell as text: three decimals, more where there would be nothing but zeros."""
    if isinstance(value, list | dict):
        return canonical(value)
    if value is None or pd.isna(value):
        return "n/a"
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    if value.is_integer() and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.2g}" if abs(value) < 0.001 else f"{value:.3f}"
