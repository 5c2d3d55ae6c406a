"""Tables of the report's evaluation: the short ones open, the long ones folded."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from radproof.dossier.captions import table_caption
from radproof.dossier.cells import Table, shown

KEYS = ["model", "set", "kind"]
PAIR = ["first", "second", "set", "kind"]
INTERVAL = ["ci_low", "ci_high"]
# By name of the file: caption (None: it stands in workflow/report), the columns shown (the linked
# file holds all), whether folded.
TABLES: dict[str, tuple[str | None, list[str] | None, bool]] = {
    "discrimination": (
        None,
        [*KEYS, "n", "n_events", "auc", *INTERVAL, "ci_method", "note"],
        False,
    ),
    "optimism": (
        "Optimism by bootstrap: the whole fitting repeated on resampled training patients;"
        " corrected is apparent less optimism",
        [
            *("model", "measure", "apparent", "optimism", "corrected", "monte_carlo_se"),
            *("outside", "n_resamples", "n_used", "note"),
        ],
        False,
    ),
    "comparisons": (
        None,
        [
            *(*PAIR, "n", "difference", *INTERVAL, "p"),
            *("p_holm", "margin", "p_equivalence", "smallest_margin", "verdict", "note"),
        ],
        False,
    ),
    "ablations": (
        "What parts of a model add: areas of models of the plan with and without them",
        ["full", "without", "reduced", "set", "kind", "n", "difference", *INTERVAL, "p", "note"],
        False,
    ),
    "reclassification": (
        "Reclassification from the second to the first model: net reclassification improvement"
        " (continuous, and by categories of risk) and integrated discrimination improvement",
        [*PAIR, "measure", "estimate", *INTERVAL, "p", "note"],
        True,
    ),
    "mcnemar": (
        "Patients judged right by one model alone, each at its own threshold: McNemar's test",
        [
            *(*PAIR, "n", "first_right", "second_right", "accuracy_difference", *INTERVAL),
            *("exact_p", "exact_p_holm", "mid_p", "note"),
        ],
        True,
    ),
    "calibration": (
        "Calibration",
        [
            *(*KEYS, "n", "brier", "slope", "slope_ci_low", "slope_ci_high", "intercept"),
            *("intercept_ci_low", "intercept_ci_high", "eo_ratio", "ici", "note"),
        ],
        False,
    ),
    "classification": (
        "Rates at the threshold of Youden's index, set out of fold on training patients, with"
        " exact 95 % intervals",
        [*KEYS, "threshold", "metric", "value", *INTERVAL, "count", "total", "note"],
        True,
    ),
    "thresholds": (
        "Thresholds of risk in steps of a tenth: who is flagged, found and missed",
        [
            *(*KEYS, "threshold", "flagged_share", "sensitivity", "specificity", "ppv", "npv"),
            *("net_benefit", "note"),
        ],
        True,
    ),
    "interactions": (
        "Subgroups compared: difference of their areas (unpaired), and whether the slope of the"
        " score differs; p adjusted by Holm over subgroups",
        [
            *(*KEYS, "subgroup", "groups", "n", "difference", *INTERVAL),
            *("areas_p_holm", "interaction_p_holm", "note"),
        ],
        False,
    ),
    "subgroups": (
        "Areas in subgroups",
        [*KEYS, "subgroup", "group", "n", "n_events", "auc", *INTERVAL, "note"],
        True,
    ),
    "null/summary.tsv": (
        "Negative control: where areas lie when the outcome is dealt anew among patients (null),"
        " and the true area (auc); p = (permutations that reach it + 1) / (permutations + 1)."
        " Leaky: features first chosen on the outcomes of all patients; optimism is the area that"
        " this bought",
        [
            *("arm", *KEYS, "auc", "permutations", "null_mean", "null_low", "null_high"),
            *("contains_half", "above_half", "p", "optimism", "null_optimism", "note"),
        ],
        False,
    ),
    "oracle": (
        "Simulated truth: the area that an oracle who knows each true risk reaches",
        None,
        False,
    ),
}


def evaluation_tables(tables: Mapping[str, tuple[pd.DataFrame, str]]) -> list[Table]:
    """Return the tables of the evaluation that there are, without those of no row.

    Apparent predictions, which flatter, stand in the linked files of long tables alone.
    """
    result = []
    for name, (caption, columns, folded) in TABLES.items():
        if name not in tables or tables[name][0].empty:
            continue
        table, file = tables[name]
        words = caption or table_caption(name)
        result.append(shown(_brief(name, table, folded), columns, words, file, folded=folded))
    return result


def _brief(name: str, table: pd.DataFrame, folded: bool) -> pd.DataFrame:
    if folded and "kind" in table:
        table = table[table["kind"] != "apparent"]
    if name == "thresholds":
        tenths = 10 * table["threshold"]
        table = table[np.isclose(tenths, tenths.round())]
    return table
