"""The table of main results is of patients whom nothing had seen."""

import pandas as pd
from radproof.dossier.summary import summary_table

KINDS = [("train", "apparent"), ("train", "out_of_fold"), ("test", "held_out")]


def tables() -> dict[str, tuple[pd.DataFrame, str]]:
    found = {"ci_low": 0.6, "ci_high": 0.9, "n": 40}
    areas = [
        {"model": "clinical", "set": name, "kind": kind, "auc": place / 10, **found}
        for place, (name, kind) in enumerate(KINDS)
    ]
    pairs = [
        {"first": "a", "second": "b", "set": name, "kind": kind, "verdict": "inconclusive"}
        | {"difference": 0.1, **found}
        for name, kind in KINDS
    ]
    scores = [
        {"set": name, "reference": reference, "candidate": "unet", "metric": metric}
        | {"mean": 0.8, **found}
        for name in ("train", "test")
        for reference in ("rater1", "rater2")
        for metric in ("dice", "iou")
    ]
    named = {"discrimination": areas, "comparisons": pairs, "segmentation/unet/summary.tsv": scores}
    return {name: (pd.DataFrame(rows), f"../{name}") for name, rows in named.items()}


PLAN = {"segmenters": {"unet": {"rater": "rater1"}}}


def test_it_holds_held_out_masks_areas_and_differences_alone() -> None:
    shown = summary_table(PLAN, tables())
    assert [row[:4] for row in shown.rows] == [
        ["mean Dice of unet with rater1", "test, held out", "40", "0.800"],
        ["AUC of clinical", "test, held out", "40", "0.200"],
        ["AUC of a less that of b", "test, held out", "40", "0.100"],
    ]
    assert shown.rows[-1][-1] == "inconclusive"


def test_without_a_held_out_set_it_is_out_of_fold() -> None:
    trained = {name: (table[table["set"] == "train"], f) for name, (table, f) in tables().items()}
    shown = summary_table(PLAN, trained)
    assert {row[1] for row in shown.rows} == {"train, out of fold"}
    assert ["AUC of clinical", "train, out of fold", "40", "0.100"] in [r[:4] for r in shown.rows]


def test_a_study_without_tables_has_none() -> None:
    assert summary_table(PLAN, {}).rows == []
