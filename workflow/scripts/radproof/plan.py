"""The study plan: one complete file that says all there is to a study."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radproof.errors import BadInput, Problem
from radproof.kinds import available_kinds
from radproof.plan_checks import plan_problems
from radproof.schema import read_schema, read_yaml, typed, validate

Plan = dict[str, Any]

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
    "subgroups",
    "evaluation",
    "seed",
]


def load_plan(path: str | Path) -> Plan:
    """Read, validate and type a study plan.

    Raises
    ------
    BadInput
        With every problem found: unknown or missing settings, wrong values, unknown kinds, names
        that refer to nothing, features that there are not, predictors known only after the
        decision, settings without a mark.
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
    radiomics = read_schema("radiomics")
    for name, model in plan["models"].items():
        if "radiomics" in model:
            problems += validate(model["radiomics"], radiomics, file, f"models.{name}.radiomics")
    if "simulation" in plan:
        simulation = read_schema("simulation")
        problems += validate(plan["simulation"], simulation, file, "simulation")
        plan["simulation"] = typed(plan["simulation"], simulation)
    if problems:
        raise BadInput(problems)
    problems = plan_problems(plan, file)
    if problems:
        raise BadInput(problems)
    unmarked = [place for place, mark in marks(plan).items() if mark is None]
    if unmarked:
        what = "settings without a mark of origin"
        raise BadInput(
            Problem(what, file=file, found=", ".join(unmarked), remedy="name them under marks")
        )
    return plan


def kind_entries(plan: Plan) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield (dotted place, family, what holds it, key or index) of every entry with a kind."""
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
    for name, model in plan["models"].items():
        steps = model.get("selection", [])
        for index, step in enumerate(steps if isinstance(steps, list) else []):
            # What is none was said of the model itself, by then.
            if isinstance(step, dict) and "kind" in step:
                yield f"models.{name}.selection.{index}", "selection", steps, index
    if plan["harmonisation"] is not None:
        yield "harmonisation", "harmonisation", plan, "harmonisation"
    for name, segmenter in plan["segmenters"].items():
        training = segmenter.get("training")
        loss = training.get("loss") if isinstance(training, dict) else None
        # None where the segmenter itself is wrong, which has been said by then.
        if isinstance(loss, dict) and "kind" in loss:
            yield f"segmenters.{name}.training.loss", "loss", training, "loss"


def _check_kind(place: str, family: str, holder: Any, key: Any, file: str) -> list[Problem]:
    kind, known = holder[key]["kind"], available_kinds(family)
    if kind not in known:
        expected = f"one of {', '.join(known)}"
        return [Problem(f"unknown kind at {place}", file=file, found=kind, expected=expected)]
    schema = read_schema(f"{family}/{kind}")
    problems = validate(holder[key], schema, file, place)
    if not problems:
        holder[key] = typed(holder[key], schema)
    return problems


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


def harmonisation_of(plan: Plan, model: str) -> dict[str, Any] | None:
    """Return the harmonisation of a model's features, covariates as entries; None without one."""
    settings = plan["harmonisation"]
    if settings is None or "radiomics" not in plan["models"][model]:
        return None
    entries = {variable["name"]: variable for variable in plan["clinical"]}
    return settings | {"covariates": [entries[name] for name in settings["covariates"]]}
