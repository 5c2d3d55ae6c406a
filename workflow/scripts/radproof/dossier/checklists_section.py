"""The reporting checklists as the page shows them: a folded table each."""

from collections.abc import Mapping

import pandas as pd

from radproof.dossier.cells import Table, shown

COLUMNS = ["item", "section", "text", "weight", "answer", "value", "evidence"]


def checklist_tables(tables: Mapping[str, tuple[pd.DataFrame, str]]) -> list[Table]:
    """Return a table for each checklist; none where the run has not filled them."""
    if "checklists" not in tables:
        return []
    filled, file = tables["checklists"]
    return [
        shown(rows, COLUMNS, f"{name}: {_summary(rows)}", file, folded=True)
        for name, rows in filled.groupby("checklist", sort=False)
    ]


def _summary(rows: pd.DataFrame) -> str:
    items = rows[rows["item"] != "score"]
    counts = items["answer"].value_counts(sort=False).items()
    score = rows.loc[rows["item"] == "score", "value"]
    return "; ".join([", ".join(f"{count} {answer}" for answer, count in counts), *score])
