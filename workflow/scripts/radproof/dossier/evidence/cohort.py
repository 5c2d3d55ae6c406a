"""What a run says of its patients."""

import pandas as pd

from radproof.dossier.evidence.run import Evidence, Run, listed, settings_of

PATIENTS = "cohort/patients.tsv"
DESCRIPTION = "cohort/description.tsv"
TABLE_1 = "cohort/table1.tsv"
UNMEASURED = "radiomics/*/unmeasured-*.tsv"


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


INTERNAL, EXTERNAL, MIXED = "centres of training alone", "other centres alone", "of both"


def _tested(run: Run, wanted: str) -> Evidence | None:
    """Look for a held-out set of such centres; one of both is for a human to judge."""
    found = _centres(run)
    if found is None or "train" not in found:
        return None
    training = found.pop("train")
    kinds = {name: _kind_of(own, training) for name, own in found.items()}
    value = f"{_counts(run)}; {listed(kinds) or 'no held-out set'}"
    met = True if wanted in kinds.values() else None if MIXED in kinds.values() else False
    return Evidence(value, [PATIENTS], met=met)


def _kind_of(centres: set[str], training: set[str]) -> str:
    if centres <= training:
        return INTERNAL
    return EXTERNAL if centres.isdisjoint(training) else MIXED


def internal_testing(run: Run) -> Evidence | None:
    """A held-out set whose centres are all centres of training patients."""
    return _tested(run, INTERNAL)


def external_testing(run: Run) -> Evidence | None:
    """A held-out set none of whose centres is one of training patients."""
    return _tested(run, EXTERNAL)


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
    """Missing values by variable and of features by mask, and what each model does with them."""
    table = run.table(DESCRIPTION)
    gaps = table[table["missing"] > 0] if "missing" in table else table
    counts = {
        f"{row['variable']} ({row['set']})": row["missing"] for row in gaps.to_dict("records")
    }
    unmeasured = _unmeasured(run)
    handled = {
        name: entry["missing"] for name, entry in run.plan["models"].items() if "missing" in entry
    }
    value = f"missing: {listed(counts | unmeasured) or 'none of the described variables'}"
    value += f"; filled by: {listed(handled)}" if handled else ""
    if unmeasured:
        value += "; missing features take their median in the patients that a model is fitted on"
    return Evidence(value, run.places(DESCRIPTION, UNMEASURED, "models/*/model.json"))


def _unmeasured(run: Run) -> dict[str, str]:
    """Return how many patients of each set lack features of a mask, in any region."""
    tables = [run.table(place) for place in run.places(UNMEASURED)]
    found = pd.concat(tables) if tables else pd.DataFrame()
    if found.empty:
        return {}
    counts = found.groupby(["mask", "set"], sort=False)["patient"].nunique().reset_index()
    return {
        f"features of {row['mask']} ({row['set']})": f"in {row['patient']} patients"
        for row in counts.to_dict("records")
    }


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
