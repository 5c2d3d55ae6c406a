"""Forms of the report that work a nomogram out for one patient, by the model's own numbers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from radproof.models.calculator import calculator

NO_INTERVAL = (
    "There is no interval: the coefficients have no covariance, either because no maximum of the"
    " likelihood was found, or because a ridge penalty has shrunk them."
)
INTERVAL = (
    "The 95 % interval is Wald's, from the covariance of the coefficients by {method}{pooled}. It"
    " counts the uncertainty of these coefficients alone: neither that of a score among them nor"
    " what may differ in other patients."
)
POOLED = ", pooled over imputed tables by Rubin's rules, with Student's t"


def nomogram_forms(
    plan: Mapping[str, Any], models: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the forms show, one a logistic model that takes scores of other models.

    Parameters
    ----------
    plan
        The study plan.
    models
        The models' JSON.

    Returns
    -------
    list of dict
        ``name``, ``title``, ``interval`` (a sentence) and ``model``: the numbers of
        :func:`radproof.models.calculator.calculator`, each variable with its ``label``, its
        ``range`` in training, its ``help`` and, of a category, its ``choices``.
    """
    forms = []
    for model in models:
        scores = plan["models"][model["name"]].get("scores", [])
        if model["kind"] == "logistic" and scores:
            forms.append(_form(dict(model), scores))
    return forms


def _form(model: dict[str, Any], scores: Sequence[str]) -> dict[str, Any]:
    frozen = calculator(model)
    entries = {entry["name"]: entry for entry in model["clinical"]}
    for variable in frozen["variables"]:
        name = variable["variable"]
        variable |= _wording(variable, entries.get(name, {}), name in scores)
    pooled = POOLED if "pooled" in model else ""
    said = INTERVAL.format(method=model["method"], pooled=pooled)
    return {
        "name": model["name"],
        "title": model["name"].replace("_", " "),
        "interval": said if frozen["covariance"] else NO_INTERVAL,
        "model": frozen,
    }


def _wording(variable: Mapping[str, Any], entry: Mapping[str, Any], score: bool) -> dict[str, Any]:
    """Return the words of a variable's control, and its choices in the order of the plan."""
    name = str(variable["variable"])
    label = name.replace("_", " ")
    if variable["kind"] == "category":
        choices = entry.get("levels", [*variable["levels"], *variable["merged"]])
        merged = [
            f"{level}: not seen in training, counts as {other}"
            for level, other in variable["merged"].items()
        ]
        help_text = "; ".join([*merged, if_unknown(variable)])
        return {"label": label, "choices": choices, "help": help_text}
    # A name may end with its unit.
    unit = entry.get("unit", "")
    label = label.removesuffix(f" {unit}") + (f", {unit}" if unit else "")
    span = f"{_number(variable['minimum'])} to {_number(variable['maximum'])}"
    parts = [f"{span} in training", if_unknown(variable)]
    if score:
        label = f"score of {label}"
        parts.insert(0, f"column score less column score_mean of models/{name}/predictions.tsv")
    return {"label": label, "range": span, "help": "; ".join(parts)}


def _number(value: float) -> str:
    return f"{value:.4g}"


def if_unknown(variable: Mapping[str, Any]) -> str:
    """Say what becomes of a patient of whom a variable of a model is not known."""
    if variable["refuse"]:
        return "must be known: the model refuses a patient without it"
    if variable["fill"] is None:
        return "if not known, what the other values let expect"
    fill = variable["fill"] if variable["kind"] == "category" else _number(variable["fill"])
    own = ", with a weight for being unknown" if variable["indicator"] else ""
    return f"if not known, taken as {fill}{own}"
