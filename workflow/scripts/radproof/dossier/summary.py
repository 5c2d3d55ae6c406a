"""What a study came to, in one table: masks, areas of models, and models compared."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from radproof.dossier.cells import Table, shown
from radproof.figures.style import judged_groups, kind_label, rows_of

CAPTION = "Main results: patients whom neither network nor model had seen"


def summary_table(plan: Mapping[str, Any], tables: Mapping[str, tuple[pd.DataFrame, str]]) -> Table:
    """Return a row a result, with the patients, the value, its 95 % interval and what it means.

    Held-out sets; of a study that has none, training patients by fits without their fold.

    Parameters
    ----------
    plan
        The study plan.
    tables
        As for `radproof.dossier.report.report_context`.
    """
    found = {name: table for name, (table, _) in tables.items()}
    groups = judged_groups(found["discrimination"]) if "discrimination" in found else []
    rows = [row for group in groups for row in _results(plan, found, group)]
    return shown(pd.DataFrame(rows), None, CAPTION)


def _results(
    plan: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], group: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    label = kind_label(*group)
    for name, entry in plan["segmenters"].items():
        if f"segmentation/{name}/summary.tsv" in tables:
            scores = tables[f"segmentation/{name}/summary.tsv"]
            wanted = {"set": group[0], "reference": entry["rater"], "candidate": name}
            wanted["metric"] = "dice"
            own = scores[(scores[list(wanted)] == pd.Series(wanted)).all(axis=1)]
            for row in own.to_dict("records"):
                yield _row(f"mean Dice of {name} with {entry['rater']}", label, row, row["mean"])
    for row in rows_of(tables["discrimination"], group).to_dict("records"):
        yield _row(f"AUC of {row['model']}", label, row, row["auc"])
    if "comparisons" in tables:
        for row in rows_of(tables["comparisons"], group).to_dict("records"):
            what = f"AUC of {row['first']} less that of {row['second']}"
            yield _row(what, label, row, row["difference"]) | {"verdict": row["verdict"]}


def _row(what: str, patients: str, row: Mapping[Any, Any], value: float) -> dict[str, Any]:
    found = {"result": what, "patients": patients, "n": row["n"], "value": value}
    return found | {"from": row["ci_low"], "to": row["ci_high"], "verdict": None}
