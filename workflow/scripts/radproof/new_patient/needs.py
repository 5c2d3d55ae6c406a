"""What a model asks of a new patient: clinical values, sequences, masks, features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from radproof.errors import BadInput, Problem
from radproof.plan import Plan


class Measurement(NamedTuple):
    """One table of features: by which extractor, in which mask, of which region."""

    extractor: str
    mask: str
    region: str


@dataclass(frozen=True)
class Needs:
    """What a model and those whose scores it takes read of a patient.

    Attributes
    ----------
    chain
        The models, each after those whose scores it takes; the last is the one asked for.
    clinical
        Names of clinical variables, in the order of the plan.
    sequences
        Sequence → what it is needed for, in the order of the plan; none without radiomics.
    measurements
        Which models read it.
    segmenters, raters
        Whose masks are measured.
    center
        Whether features are harmonised by center.
    """

    chain: list[str]
    clinical: list[str]
    sequences: dict[str, list[str]]
    measurements: dict[Measurement, list[str]]
    segmenters: list[str]
    raters: list[str]
    center: bool


def chain_of(plan: Plan, model: str) -> list[str]:
    """Return a model after those whose scores it takes.

    Raises
    ------
    BadInput
        If the study has no such model.
    """
    if model not in plan["models"]:
        expected = nearest(model, list(plan["models"]))
        raise BadInput(Problem("study has no such model", found=model, expected=expected))
    upstream = [
        one for name in plan["models"][model].get("scores", []) for one in chain_of(plan, name)
    ]
    return list(dict.fromkeys([*upstream, model]))


def needs_of(plan: Plan, models: Mapping[str, Mapping[str, Any]]) -> Needs:
    """Return what models need together; ``models`` is the chain, name → fitted model.

    Raises
    ------
    BadInput
        If features were measured elsewhere and read from a table: nothing of them is in scans.
    """
    entries = {name: plan["models"][name] for name in models}
    measurements = _measurements(entries)
    tables = [name for name in plan["extractors"] if "tables" in plan["extractors"][name]]
    for one, readers in measurements.items():
        if one.extractor in tables:
            what = f"{readers[0]} reads features that were measured elsewhere"
            found = f"extractor {one.extractor} takes them from a table"
            remedy = "name a model of clinical variables, or measure and predict in a study"
            raise BadInput(Problem(what, found=found, remedy=remedy))
    masks = list(dict.fromkeys(one.mask for one in measurements))
    segmenters = [name for name in masks if name in plan["segmenters"]]
    harmonised = [model["harmonisation"] for model in models.values() if model.get("harmonisation")]
    clinical = {name for entry in entries.values() for name in entry.get("clinical", [])}
    clinical |= {one["name"] for fitted in harmonised for one in fitted["clinical"]}
    return Needs(
        chain=list(models),
        clinical=[one["name"] for one in plan["clinical"] if one["name"] in clinical],
        sequences=_sequences(plan, models, measurements, segmenters),
        measurements=measurements,
        segmenters=segmenters,
        raters=[name for name in masks if name not in segmenters],
        center=bool(harmonised),
    )


def _measurements(entries: Mapping[str, Mapping[str, Any]]) -> dict[Measurement, list[str]]:
    found: dict[Measurement, list[str]] = {}
    for name, entry in entries.items():
        if source := entry.get("radiomics"):
            key = Measurement(source["extractor"], source["mask"], source["region"])
            found.setdefault(key, []).append(name)
    return found


def _sequences(
    plan: Plan,
    models: Mapping[str, Mapping[str, Any]],
    measurements: Mapping[Measurement, Sequence[str]],
    segmenters: Sequence[str],
) -> dict[str, list[str]]:
    if not measurements:
        return {}
    names = [entry["name"] for entry in plan["sequences"]]
    reasons: dict[str, list[str]] = {name: [] for name in names}
    reasons[names[0]].append("the grid of analysis")
    for reader in dict.fromkeys(one for readers in measurements.values() for one in readers):
        for sequence in {feature.split("__")[0] for feature in models[reader]["features"]}:
            if sequence in reasons:
                reasons[sequence].append(f"features of {reader}")
    for name in names:
        reasons[name] += [f"the outline by {segmenter}" for segmenter in segmenters]
    return {name: found for name, found in reasons.items() if found}


def nearest(name: str, known: Sequence[str]) -> str:
    """Name what is spelled most alike, whatever the case of letters; else everything there is."""
    by_lower = {other.lower(): other for other in known}
    near = get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)
    chosen = [by_lower[other] for other in near] or list(known)
    return " or ".join(chosen) if chosen else "none, the model reads none"
