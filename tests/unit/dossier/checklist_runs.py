"""Made-up runs for checklists: of scans, of a table of features, and simulated."""

from typing import Any

import pandas as pd
from radproof.dossier.evidence.run import Run
from radproof.plan import load_plan
from radproof.provenance import PROJECT

SIZE = {"n": 381, "n_events": 173}


def _model(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    steps = [step["kind"] for step in entry.get("selection", [])]
    return {
        "name": name,
        "kind": entry["kind"],
        "n": 95,
        "n_events": 43,
        "n_candidate_parameters": 3,
        "events_per_parameter": 14.3,
        "sample_size": SIZE,
        "selection": [{"step": step, "n": 9} for step in ("candidates", *steps)],
        "terms": [{"term": "a", "coefficient": 1.0} | ({"sd": 1.0} if steps else {})],
    }


def _cohort(plan: dict[str, Any], test: bool) -> dict[str, pd.DataFrame]:
    rows = [
        {"patient": str(i), "set": "test" if test and i > 7 else "train", "fold": str(i % 2)}
        | {"center": "A" if i < 8 else "B", "outcome": i % 2}
        for i in range(12)
    ]
    variables = ["outcome", *(entry["name"] for entry in plan["clinical"])]
    described = [{"variable": name, "set": "train", "missing": 0} for name in variables]
    compared = [{"comparison": "sets", "variable": "age"}] if test else []
    return {
        "cohort/patients.tsv": pd.DataFrame(rows),
        "cohort/description.tsv": pd.DataFrame(described),
        "cohort/table1.tsv": pd.DataFrame(compared, columns=["comparison", "variable"]),
    }


def _evaluation(plan: dict[str, Any], test: bool) -> dict[str, pd.DataFrame]:
    base = {"set": "train", "kind": "out_of_fold", "n": 12}
    judged = [base | {"kind": "apparent"}, base]
    judged += [{"set": "test", "kind": "held_out", "n": 4}] if test else []
    area = {"auc": 0.8, "ci_low": 0.7, "ci_high": 0.9}
    areas = [one | area | {"model": name} for one in judged for name in plan["models"]]
    slopes = [one | {"model": name, "slope": 0.9} for one in judged for name in plan["models"]]
    pairs = [
        base
        | {"first": entry["first"], "second": entry["second"], "difference": 0.1}
        | {"p": 0.04, "p_holm": 0.12}
        for entry in plan["comparisons"]
    ]
    columns = ["first", "second", "set", "kind", "difference", "p", "p_holm"]
    return {
        "evaluation/discrimination.tsv": pd.DataFrame(areas),
        "evaluation/calibration.tsv": pd.DataFrame(slopes),
        "evaluation/classification.tsv": pd.DataFrame(areas),
        "evaluation/thresholds.tsv": pd.DataFrame(areas),
        "evaluation/comparisons.tsv": pd.DataFrame(pairs, columns=columns),
        "evaluation/subgroups.tsv": pd.DataFrame(
            [{"subgroup": entry["name"]} for entry in plan["subgroups"]], columns=["subgroup"]
        ),
        "evaluation/interactions.tsv": pd.DataFrame({"subgroup": []}),
    }


def _measured(plan: dict[str, Any]) -> dict[str, pd.DataFrame]:
    tables = {}
    for name in plan["extractors"]:
        row = {"sequence": "ct", "class": "shape", "standardised": "yes"}
        tables[f"radiomics/{name}/dictionary.tsv"] = pd.DataFrame([row, row])
        if plan["stability"]:
            passed = {"between": ["raters"], "n_features": [10], "n_passed": [7]}
            place = f"radiomics/{name}/stability-summary-whole.tsv"
            tables[place] = pd.DataFrame(passed)
    for name, entry in plan["segmenters"].items():
        score = {"set": "train", "reference": entry["rater"], "candidate": name, "metric": "dice"}
        tables[f"segmentation/{name}/summary.tsv"] = pd.DataFrame([score | {"mean": 0.7}])
    return tables


def run_of(study: str, test: bool = False) -> Run:
    """Return a made-up run of one of our plans."""
    plan = load_plan(PROJECT / "config" / "studies" / f"{study}.yaml")
    figures = {f"figures/{name}.tsv": pd.DataFrame({"step": [1]}) for name in plan["figures"]}
    tables = {**_cohort(plan, test), **figures, **_evaluation(plan, test), **_measured(plan)}
    models = {
        f"models/{name}/model.json": _model(name, entry) for name, entry in plan["models"].items()
    }
    return Run(plan, tables, models)
