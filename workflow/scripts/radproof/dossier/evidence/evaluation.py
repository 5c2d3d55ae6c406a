"""What a run says of the performance of its models."""

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


def _place(name: str) -> str:
    return f"evaluation/{name}.tsv"


def _there(run: Run, *names: str) -> list[str]:
    return [_place(name) for name in names if not run.table(_place(name)).empty]


def _areas(run: Run) -> pd.DataFrame:
    """Return areas of predictions for patients that a model was not fitted on."""
    table = run.table(_place("discrimination"))
    if table.empty:
        return table
    return table[(table["kind"] != "apparent") & table["auc"].notna()]


def measures(run: Run) -> Evidence:
    """Measures that were computed; why these is in the page."""
    places = _there(run, *TABLES)
    words = [text for name, text in TABLES.items() if _place(name) in places]
    return Evidence(", ".join(words) or "none", [*places, settings_of("evaluation")])


def discrimination(run: Run) -> Evidence | None:
    """Areas with their intervals, of patients that a model was not fitted on."""
    areas = {
        f"{row.model}, {row.set}, {str(row.kind).replace('_', ' ')}": (
            f"AUC {row.auc:.3f} ({row.ci_low:.3f}–{row.ci_high:.3f}), n = {row.n}"
        )
        for row in _areas(run).itertuples()
    }
    places = _there(run, "discrimination", "calibration", "subgroups")
    return Evidence(listed(areas), places) if areas else None


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
    """Slopes of calibration of patients that a model was not fitted on."""
    table = run.table(_place("calibration"))
    if table.empty:
        return None
    rows = table[(table["kind"] != "apparent") & table["slope"].notna()]
    slopes = {
        f"{row.model}, {row.set}, {str(row.kind).replace('_', ' ')}": f"slope {row.slope:.2f}"
        for row in rows.itertuples()
    }
    value = listed(slopes) or "no slope could be computed"
    return Evidence(value, [_place("calibration"), *run.figure("calibration")], met=bool(slopes))


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
    tested = table if table.empty else table[(table["kind"] != "apparent") & table["p"].notna()]
    found = {
        f"{row['first']} less {row['second']}, {row['set']}, "
        f"{str(row['kind']).replace('_', ' ')}": f"{row['difference']:+.3f}, p {row['p']:.3f}"
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
    *(measures, discrimination, suitable_measures, uncertainty, calibration, output),
    *(comparisons, non_radiomic, subgroups),
)
