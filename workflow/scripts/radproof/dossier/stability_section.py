"""What the report says of stability: how many features pass, and how far perturbed masks lie."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from radproof.dossier.cells import Table, shown
from radproof.folds import NONE

Source = tuple[pd.DataFrame, str]

COUNTS_NOTE = (
    "Judged on all training patients by {form}: its {bound} must reach {threshold:g}. For every"
    " out-of-fold prediction this was repeated without the held-out fold. n: the patients with a"
    " value from every mask, from the feature with fewest to that with most."
)
BOUNDS = {"estimate": "estimate", "lower": "lower 95 % bound"}
DICE_NOTE = "Dice coefficient of each perturbed mask with the one that it was made of."


def stability_tables(tables: Mapping[str, Source], stability: Mapping[str, Any]) -> list[Table]:
    """Return what is shown of the stability of each extractor's features of each region.

    Parameters
    ----------
    tables
        Each table with its path from the report, by its place in the results, such as
        ``radiomics/pyradiomics/stability-whole.tsv``. Those of other stages are passed over.
    stability
        The plan's section.
    """
    own: dict[tuple[str, str], dict[str, Source]] = {}
    for place, source in tables.items():
        stage, *rest = PurePosixPath(place).with_suffix("").parts
        if stage == "radiomics":
            name, _, region = rest[-1].rpartition("-")
            own.setdefault((rest[0], region), {})[name] = source
    return [
        table
        for (extractor, region), sources in own.items()
        if "stability" in sources
        for table in _tables_of(f"{extractor}, {region}".replace("_", " "), sources, stability)
    ]


def _tables_of(
    subject: str, sources: Mapping[str, Source], stability: Mapping[str, Any]
) -> list[Table]:
    bound = BOUNDS[stability["bound"]]
    note = COUNTS_NOTE.format(**{**stability, "bound": bound})
    counts, file = _counts(sources, stability["between"]), sources["stability"][1]
    summary, summary_file = sources["stability-summary"]
    classes = f"Stable features by comparison, sequence, filter and class: {subject}"
    result = [
        shown(counts, None, f"Stable features: {subject}", file, note),
        shown(summary, None, classes, summary_file, folded=True),
    ]
    if "perturbations" in sources:
        dice, dice_file = sources["perturbations"]
        result.append(shown(dice, None, f"Perturbed masks: {subject}", dice_file, DICE_NOTE))
    return result


def _counts(sources: Mapping[str, Source], between: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row a comparison, and one of what all that decide leave."""
    correlations, verdict = (sources[name][0] for name in ("icc", "stability"))
    correlations = correlations[correlations["left_out"] == NONE]
    verdict = verdict[verdict["left_out"] == NONE]
    rows = []
    for name in sorted(between, key=lambda name: not between[name]["decides"]):
        own = correlations[correlations["between"] == name]
        role = "decides" if between[name]["decides"] else "reported only"
        masks = ", ".join(between[name]["masks"])
        rows.append(_row(name, masks, role, own, own["passed"]))
    rows.append(_row("all that decide", "", "kept", verdict, verdict["kept"]))
    return pd.DataFrame(rows)


def _row(name: str, masks: str, role: str, rows: pd.DataFrame, passed: pd.Series) -> dict[str, Any]:
    fewest, most = int(rows["n"].min()), int(rows["n"].max())
    return {
        "comparison": name.replace("_", " "),
        "masks": masks,
        "role": role,
        "n": str(most) if fewest == most else f"{fewest}–{most}",
        "features": len(rows),
        "passed": int(passed.sum()),
        "median_icc": float(rows["icc"].median()),
    }
