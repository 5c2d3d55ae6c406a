"""What ``model.json`` says of a fit beside what was learned."""

import hashlib
from typing import Any

import pandas as pd

from radproof.models.design import Sources
from radproof.models.sample_size import usual_sample_size
from radproof.models.selecting import Path, Selected


def describe_model(
    name: str, sources: Sources, outcome: pd.Series, learned: dict[str, Any], path: Path
) -> dict[str, Any]:
    """Return the model with what it was fitted on and the whole path of selection.

    Candidate parameters are counted before the first step of selection; so are events per
    parameter and the least sample size by them.

    Parameters
    ----------
    name, sources
        Of the model.
    outcome
        Index patient, 0 or 1, of everybody fitted on.
    learned
        As the learner returns it.
    path
        The steps of selection before the learner; is told which features the learner then reads.
    """
    events, candidates = int(outcome.sum()), learned["n_candidate_parameters"]
    if "radiomics" in sources.settings:
        candidates += path.n_candidates - len(path.kept)
        unread = [feature for feature in path.kept if feature not in learned["features"]]
        weightless = dict.fromkeys(unread, "no weight in the model")
        path.add(sources.settings["kind"], Selected(learned["features"], weightless, {}))
    return {
        "name": name,
        "kind": sources.settings["kind"],
        **learned,
        "selection": [*path.steps, *learned["selection"]],
        "clinical": sources.clinical,
        "n": len(outcome),
        "n_events": events,
        "n_parameters": len(learned["terms"]),
        "n_candidate_parameters": candidates,
        "events_per_parameter": events / candidates if candidates else None,
        "sample_size": usual_sample_size(events / len(outcome), candidates),
        "patients_sha256": patients_hash(outcome.index),
    }


def patients_hash(patients: pd.Index) -> str:
    """Return the sha256 of the sorted patients, one a line."""
    text = "\n".join(sorted(map(str, patients)))
    return hashlib.sha256(text.encode()).hexdigest()
