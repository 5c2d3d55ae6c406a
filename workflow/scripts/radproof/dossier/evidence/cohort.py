"""What a run says of its patients."""

import pandas as pd

from radproof.dossier.evidence.run import Evidence, Run, listed, settings_of

PATIENTS = "cohort/patients.tsv"
DESCRIPTION = "cohort/description.tsv"
TABLE_1 = "cohort/table1.tsv"


def _by_set(run: Run) -> dict[str, pd.DataFrame]:
    return {str(name): rows for name, rows in run.table(PATIENTS).groupby("set", sort=False)}


def _counts(run: Run) -> str:
    return listed(
        {
            name: f"{len(rows)} patients, {int(rows['outcome'].sum())} events"
            for name, rows in _by_set(run).items()
        }
    )


def cohort_size(run: Run) -> Evidence:
    """Patients and events of each set, and of each analysis."""
    places = [PATIENTS, *run.places("evaluation/discrimination.tsv")]
    return Evidence(_counts(run), places)


def flow(run: Run) -> Evidence | None:
    """Patients that each step left."""
    steps = run.table("figures/flow.tsv")
    if steps.empty:
        return None
    value = f"{_counts(run)}; {len(steps)} steps counted"
    return Evidence(value, ["figures/flow.tsv", *run.figure("flow")])


def characteristics(run: Run) -> Evidence | None:
    """Description of the patients of each set."""
    variables = run.table(DESCRIPTION)["variable"].nunique() if DESCRIPTION in run.tables else 0
    if variables < 2:
        return None  # The outcome alone does not describe a patient.
    return Evidence(f"{variables} variables described by set", run.places(DESCRIPTION, TABLE_1))


def set_differences(run: Run) -> Evidence | None:
    """Other sets against training."""
    table = run.table(TABLE_1)
    rows = table[table["comparison"] == "sets"] if "comparison" in table else table
    if rows.empty:
        return None
    return Evidence(f"{rows['variable'].nunique()} variables compared with training", [TABLE_1])


def _centres(run: Run) -> dict[str, set[str]] | None:
    patients = run.table(PATIENTS)
    if "center" not in patients or patients["center"].isna().any():
        return None
    return {name: set(rows["center"].astype(str)) for name, rows in _by_set(run).items()}


def centres(run: Run) -> Evidence | None:
    """Number of centres; setting and place are for the authors."""
    found = _centres(run)
    if found is None:
        return None
    counts = {f"centres of {name}": len(own) for name, own in found.items()}
    return Evidence(listed(counts), [PATIENTS], met=None)


def multi_centre(run: Run) -> Evidence | None:
    """More than one centre."""
    found = _centres(run)
    if found is None:
        return None
    number = len(set().union(*found.values()))
    return Evidence(f"centres: {number}", [PATIENTS], met=number > 1)


def _tested(run: Run) -> tuple[set[str], set[str]] | None:
    """Return the centres of training and of all other sets; None where they are not known."""
    found = _centres(run)
    if found is None or "train" not in found:
        return None
    others = [own for name, own in found.items() if name != "train"]
    return found["train"], set().union(*others)


def internal_testing(run: Run) -> Evidence | None:
    """Held-out patients of a centre of the training patients."""
    tested = _tested(run)
    if tested is None:
        return None
    return Evidence(_counts(run), [PATIENTS], met=bool(tested[0] & tested[1]))


def external_testing(run: Run) -> Evidence | None:
    """Held-out patients of centres that no training patient is of."""
    tested = _tested(run)
    if tested is None:
        return None
    return Evidence(_counts(run), [PATIENTS], met=bool(tested[1] - tested[0]))


def outcome(run: Run) -> Evidence:
    """What the plan calls the event; how it was assessed is for the authors."""
    return Evidence(run.plan["outcome"]["description"], [settings_of("cohort")], met=None)


def partition(run: Run) -> Evidence:
    """Sets and folds, fixed before anything is fitted; how they were drawn is for the authors."""
    folds = run.table(PATIENTS).query("set == 'train'")["fold"].nunique()
    value = (
        f"{_counts(run)}; {folds} folds of training patients; each patient in one set and one fold;"
        " nothing is fitted on patients of another set"
    )
    return Evidence(value, [PATIENTS, "dossier/lineage.json"], met=None)


def missing_values(run: Run) -> Evidence:
    """Missing values by variable, and what each model does with them."""
    table = run.table(DESCRIPTION)
    gaps = table[table["missing"] > 0] if "missing" in table else table
    counts = {
        f"{row['variable']} ({row['set']})": row["missing"] for row in gaps.to_dict("records")
    }
    handled = {
        name: entry["missing"] for name, entry in run.plan["models"].items() if "missing" in entry
    }
    value = f"missing: {listed(counts) or 'none of the described variables'}"
    value += f"; filled by: {listed(handled)}" if handled else ""
    return Evidence(value, run.places(DESCRIPTION, "models/*/model.json"))


def class_balance(run: Run) -> Evidence:
    """Share of events, and which models weight classes."""
    shares = {
        name: f"{100 * rows['outcome'].mean():.1f} % events" for name, rows in _by_set(run).items()
    }
    weighted = [
        name
        for name, entry in run.plan["models"].items()
        if entry.get("class_weight", "none") != "none"
    ]
    value = f"{listed(shares)}; no class is over- or undersampled; weighted in: "
    return Evidence(value + (", ".join(weighted) or "none"), [PATIENTS, settings_of("models")])


COHORT = (
    *(cohort_size, flow, characteristics, set_differences, centres, multi_centre),
    *(internal_testing, external_testing, outcome, partition, missing_values, class_balance),
)
