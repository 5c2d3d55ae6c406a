"""What a run says of the performance of its models."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from radproof.dossier.evidence.run import Evidence, Run, listed, settings_of

TABLES = {
    "discrimination": "area under the ROC curve",
    "calibration": "calibration",
    "classification": "sensitivity and specificity",
    "thresholds": "net benefit",
    "optimism": "optimism",
    "reclassification": "reclassification",
    "subgroups": "subgroups",
}
KINDS = {
    "apparent": "of patients fitted on",
    "out_of_fold": "out of fold",
    "held_out": "of held-out patients",
}


def _place(name: str) -> str:
    return f"evaluation/{name}.tsv"


def _there(run: Run, *names: str) -> list[str]:
    return [_place(name) for name in names if not run.table(_place(name)).empty]


def _areas(run: Run) -> pd.DataFrame:
    """Return areas of predictions for patients that a model was not fitted on."""
    table = run.table(_place("discrimination"))
    return table if table.empty else _of_others(table, "auc")


def _of_others(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of patients that a model was not fitted on, with a value in the column."""
    return table[(table["kind"] != "apparent") & table[column].notna()]


def _named(rows: pd.DataFrame, value: Callable[[Any], str]) -> str:
    """Return the value of each model, set and kind as text."""
    return listed(
        {
            f"{row.model}, {row.set}, {str(row.kind).replace('_', ' ')}": value(row)
            for row in rows.itertuples()
        }
    )


def _area(row: Any) -> str:
    return f"AUC {row.auc:.3f} ({row.ci_low:.3f}–{row.ci_high:.3f}), n = {row.n}"


def measures(run: Run) -> Evidence:
    """Measures that were computed; why these is in the page."""
    places = _there(run, *TABLES)
    words = [text for name, text in TABLES.items() if _place(name) in places]
    return Evidence(", ".join(words) or "none", [*places, settings_of("evaluation")])


def performance(run: Run) -> Evidence | None:
    """Areas with their intervals, calibration and subgroups; a human adds what there is not."""
    areas = _areas(run)
    if areas.empty:
        return None
    missing = [
        name
        for name, found in (("calibration", calibration(run)), ("subgroups", subgroups(run)))
        if found is None or found.met is False
    ]
    value = _named(areas, _area) + "".join(f"; no {name}" for name in missing)
    places = _there(run, "discrimination", "calibration", "subgroups")
    return Evidence(value, places, met=None if missing else True)


def every_set(run: Run) -> Evidence | None:
    """Areas of training, validation and test patients; a human adds what there is not."""
    table = run.table(_place("discrimination"))
    if table.empty:
        return None
    rows = table[table["auc"].notna()]
    missing = [words for kind, words in KINDS.items() if kind not in set(rows["kind"])]
    value = _named(rows, _area) + "".join(f"; none {words}" for words in missing)
    return Evidence(value, [_place("discrimination")], met=None if missing else True)


def suitable_measures(run: Run) -> Evidence | None:
    """Areas and counts of right and wrong; with a network, its curves of training."""
    places = _there(run, "discrimination", "classification")
    curves = run.figure("training-*")
    met = len(places) == 2 and (bool(curves) or not run.plan["segmenters"])
    return Evidence(measures(run).value, [*places, *curves], met=met)


def uncertainty(run: Run) -> Evidence | None:
    """95 % intervals of areas of patients that a model was not fitted on."""
    areas = _areas(run)
    if areas.empty:
        return None
    bounded = areas[["ci_low", "ci_high"]].notna().all(axis=1)
    value = f"95 % intervals of {int(bounded.sum())} of {len(areas)} areas"
    places = _there(run, "discrimination", "optimism", "calibration")
    places += run.places("null/summary.tsv")
    return Evidence(value, places, met=bool(bounded.all()))


def calibration(run: Run) -> Evidence | None:
    """Slopes of calibration wherever a model was judged; of some alone is for a human to judge."""
    table = run.table(_place("calibration"))
    if table.empty:
        return None
    rows = _of_others(table, "slope")
    judged, has_slope = (
        dict.fromkeys(found[["model", "set", "kind"]].itertuples(index=False, name=None))
        for found in (_areas(run), rows)
    )
    without = [
        f"{model}, {name}, {kind.replace('_', ' ')}"
        for model, name, kind in judged
        if (model, name, kind) not in has_slope
    ]
    value = _named(rows, lambda row: f"slope {row.slope:.2f}") or "no slope could be computed"
    value += f"; no slope of: {'; '.join(without)}" if has_slope and without else ""
    met = False if rows.empty else None if without else True
    return Evidence(value, [_place("calibration"), *run.figure("calibration")], met=met)


def output(run: Run) -> Evidence:
    """Probabilities, and the thresholds at which they were classified."""
    places = _there(run, "classification", "thresholds")
    value = "probabilities; classified at thresholds by Youden's index of training patients and at"
    return Evidence(f"{value} the thresholds of the table", places)


def comparisons(run: Run) -> Evidence:
    """Paired comparisons of the plan."""
    table = run.table(_place("comparisons"))
    if table.empty:
        return Evidence("none is planned", [settings_of("evaluation")])
    pairs = table[["first", "second"]].drop_duplicates().itertuples(index=False)
    names = ", ".join(f"{first} and {second}" for first, second in pairs)
    value = f"DeLong's paired test, p values by Holm, equivalence within the margin: {names}"
    return Evidence(value, _there(run, "comparisons", "mcnemar", "reclassification"))


def non_radiomic(run: Run) -> Evidence:
    """Comparisons of a model that uses features with one that does not."""
    table = run.table(_place("comparisons"))
    tested = table if table.empty else _of_others(table, "p_holm")
    found = {
        f"{row['first']} less {row['second']}, {row['set']}, "
        f"{str(row['kind']).replace('_', ' ')}": (
            f"{row['difference']:+.3f}, p {row['p_holm']:.3f} by Holm"
        )
        for row in tested.to_dict("records")
        if run.has_radiomics(row["first"]) != run.has_radiomics(row["second"])
    }
    places = [_place("comparisons"), *_there(run, "thresholds")] if found else []
    value = listed(found) or "no such comparison was tested"
    return Evidence(value, places or [settings_of("evaluation")], met=bool(found))


def subgroups(run: Run) -> Evidence | None:
    """Subgroups of the plan; whether that is fair is for a human."""
    table = run.table(_place("subgroups"))
    if table.empty:
        return None
    names = ", ".join(table["subgroup"].drop_duplicates())
    return Evidence(f"by {names}", _there(run, "subgroups", "interactions"), met=None)


EVALUATION = (
    *(measures, performance, every_set, suitable_measures, uncertainty, calibration, output),
    *(comparisons, non_radiomic, subgroups),
)
