"""The study plan: one complete file that says all there is to a study."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radproof.errors import BadInput, Problem
from radproof.kinds import available_kinds
from radproof.provenance import PROJECT
from radproof.schema import read_schema, read_yaml, typed, validate

Plan = dict[str, Any]

MOMENTS = ["baseline", "imaging", "surgery", "pathology", "follow_up"]
MARKED_SECTIONS = [
    "simulation",
    "outcome",
    "decision",
    "cohort",
    "sequences",
    "raters",
    "clinical",
    "images",
    "segmenters",
    "regions",
    "extractors",
    "stability",
    "harmonisation",
    "models",
    "comparisons",
    "seed",
]


def load_plan(path: str | Path) -> Plan:
    """Read, validate and type a study plan.

    Raises
    ------
    BadInput
        With every problem found: unknown or missing settings, wrong values, unknown kinds, names
        that refer to nothing, predictors known only after the decision, settings without a mark.
    """
    plan = read_yaml(path)
    file = str(path)
    schema = read_schema("plan")
    problems = validate(plan, schema, file)
    if problems:
        raise BadInput(problems)
    plan = typed(plan, schema)
    problems = []
    for place, family, holder, key in kind_entries(plan):
        problems += _check_kind(place, family, holder, key, file)
    if "simulation" in plan:
        simulation = read_schema("simulation")
        problems += validate(plan["simulation"], simulation, file, "simulation")
        plan["simulation"] = typed(plan["simulation"], simulation)
    if problems:
        raise BadInput(problems)
    problems = _dangling_names(plan, file) + _late_predictors(plan, file)
    problems += _contradictions(plan, file) + _wrong_harmonisation(plan, file)
    if problems:
        raise BadInput(problems)
    unmarked = [place for place, mark in marks(plan).items() if mark is None]
    if unmarked:
        what = "settings without a mark of origin"
        raise BadInput(
            Problem(what, file=file, found=", ".join(unmarked), remedy="name them under marks")
        )
    return plan


def kind_entries(plan: Plan) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Yield (dotted place, family, holding mapping, key) of every entry that chooses a kind."""
    for sequence in plan["sequences"]:
        for family in ("bias_field", "registration", "intensity"):
            yield f"sequences.{sequence['name']}.{family}", family, sequence, family
    for section, family in (
        ("segmenters", "segmenter"),
        ("regions", "region"),
        ("extractors", "extractor"),
        ("models", "model"),
    ):
        for name in plan[section]:
            yield f"{section}.{name}", family, plan[section], name
    if plan["harmonisation"] is not None:
        yield "harmonisation", "harmonisation", plan, "harmonisation"
    for name, segmenter in plan["segmenters"].items():
        # Not there where the segmenter itself is wrong, which has been said by then.
        if "kind" in segmenter.get("training", {}).get("loss", {}):
            place = f"segmenters.{name}.training.loss"
            yield place, "loss", segmenter["training"], "loss"


def _check_kind(
    place: str, family: str, holder: dict[str, Any], key: str, file: str
) -> list[Problem]:
    kind, known = holder[key]["kind"], available_kinds(family)
    if kind not in known:
        expected = f"one of {', '.join(known)}"
        return [Problem(f"unknown kind at {place}", file=file, found=kind, expected=expected)]
    schema = read_schema(f"{family}/{kind}")
    problems = validate(holder[key], schema, file, place)
    if not problems:
        holder[key] = typed(holder[key], schema)
    return problems


Reference = tuple[str, str, list[str]]


def _dangling_names(plan: Plan, file: str) -> list[Problem]:
    """Return the names in a plan that refer to nothing in it."""
    raters = [rater["name"] for rater in plan["raters"]]
    references: list[Reference] = [
        (f"segmenters.{name}.rater", segmenter["rater"], raters)
        for name, segmenter in plan["segmenters"].items()
    ]
    references += [("stability.between", name, raters) for name in plan["stability"]["between"]]
    perturbations = plan["stability"]["perturbations"]
    if perturbations:
        references.append(("stability.perturbations.rater", perturbations["rater"], raters))
    clinical = [variable["name"] for variable in plan["clinical"]]
    covariates = (plan["harmonisation"] or {}).get("covariates", [])
    references += [("harmonisation.covariates", name, clinical) for name in covariates]
    for name in plan["models"]:
        references += _references_of_model(name, plan)
    for index, comparison in enumerate(plan["comparisons"]):
        for side in ("first", "second"):
            references.append((f"comparisons.{index}.{side}", comparison[side], [*plan["models"]]))
    return [
        Problem(
            f"{place} names nothing in the plan",
            file=file,
            found=name,
            expected=f"one of {', '.join(known)}",
        )
        for place, name, known in references
        if name not in known
    ]


def _references_of_model(name: str, plan: Plan) -> list[Reference]:
    """Return what a model refers to; the score of a model that itself uses scores is refused."""
    model, place = plan["models"][name], f"models.{name}"
    clinical = [variable["name"] for variable in plan["clinical"]]
    first_level = [other for other in plan["models"] if not plan["models"][other].get("scores")]
    references = [(f"{place}.clinical", item, clinical) for item in model.get("clinical", [])]
    references += [(f"{place}.scores", item, first_level) for item in model.get("scores", [])]
    source = model.get("radiomics")
    if source:
        masks = [rater["name"] for rater in plan["raters"]] + [*plan["segmenters"]]
        sequences = [sequence["name"] for sequence in plan["sequences"]]
        references += [
            (f"{place}.radiomics.mask", source["mask"], masks),
            (f"{place}.radiomics.region", source["region"], [*plan["regions"]]),
            (f"{place}.radiomics.extractor", source["extractor"], [*plan["extractors"]]),
        ]
        references += [
            (f"{place}.radiomics.sequences", item, sequences) for item in source["sequences"]
        ]
    return references


def _late_predictors(plan: Plan, file: str) -> list[Problem]:
    decision = MOMENTS.index(plan["decision"])
    return [
        Problem(
            f"clinical variable {variable['name']} is known only after the decision",
            file=file,
            found=f"available at {variable['available']}",
            expected=f"at or before {plan['decision']}",
            remedy="take it out of the plan",
        )
        for variable in plan["clinical"]
        if MOMENTS.index(variable["available"]) > decision
    ]


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every setting as (dotted path, value); entries of lists go by their names."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{place}.{key}".strip("."))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from leaves(item, f"{place}.{item.get('name', index)}")
    else:
        yield place, value


def marks(plan: Plan) -> dict[str, str | None]:
    """Return the mark of each setting, that of its longest marked prefix; None without one."""
    marked = {place: mark for mark, places in plan["marks"].items() for place in places}

    def mark_of(place: str) -> str | None:
        parts = place.split(".")
        prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        return next((marked[prefix] for prefix in prefixes if prefix in marked), None)

    sections = {name: plan[name] for name in MARKED_SECTIONS if name in plan}
    return {place: mark_of(place) for place, _ in leaves(sections)}


def _contradictions(plan: Plan, file: str) -> list[Problem]:
    """Return settings of segmenters that each may have, but not together."""
    problems = []
    for name, segmenter in plan["segmenters"].items():
        place, training = f"segmenters.{name}", segmenter["training"]
        epochs, warm_up, patience = (
            training[key] for key in ("epochs", "warm_up_epochs", "patience")
        )
        if warm_up >= epochs:
            what, expected = f"{place}.training warms up to its end", f"fewer than {epochs} epochs"
            problems.append(Problem(what, file=file, found=f"{warm_up} epochs", expected=expected))
        if patience and training["keep"] == "last":
            what = f"{place}.training stops after the best epoch and keeps a later one"
            problems.append(Problem(what, file=file, expected="keep best, or patience null"))
        flips = set(segmenter["inference"]["flips"]) - set(training["augmentation"]["flip"])
        if flips:
            what = f"{place}.inference mirrors along an axis that training does not"
            problems.append(Problem(what, file=file, found=", ".join(sorted(flips))))
    return problems


def _wrong_harmonisation(plan: Plan, file: str) -> list[Problem]:
    """Return why features cannot be harmonised: by the outcome, or to a reference not named."""
    settings = plan["harmonisation"]
    if settings is None:
        return []
    outcome = plan["outcome"]["name"]
    columns = {entry["name"]: entry.get("column", entry["name"]) for entry in plan["clinical"]}
    problems = [
        Problem(
            "the outcome is a covariate of harmonisation",
            file=file,
            found=name,
            remedy="take it out: features would tell the outcome of whoever they were fitted on",
        )
        for name in settings["covariates"]
        if outcome in (name, columns.get(name))
    ]
    if settings["unseen"] == "reference" and settings["reference"] is None:
        what = "harmonisation.unseen maps to a reference, and there is none"
        expected = "a center under harmonisation.reference, or unseen: refuse"
        problems.append(Problem(what, file=file, expected=expected))
    return problems


def harmonisation_of(plan: Plan, model: str) -> dict[str, Any] | None:
    """Return the harmonisation of a model's features, covariates as entries; None without one."""
    settings = plan["harmonisation"]
    if settings is None or "radiomics" not in plan["models"][model]:
        return None
    entries = {variable["name"]: variable for variable in plan["clinical"]}
    return settings | {"covariates": [entries[name] for name in settings["covariates"]]}


def canonical(value: Any) -> str:
    """Return settings as text that does not depend on the order in which keys were written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def project_path(path: str) -> Path:
    """Return a path of the plan, taken from the project's folder unless it is absolute."""
    return Path(path) if Path(path).is_absolute() else PROJECT / path
