"""The methods of a study in prose, written from its plan, each value with its mark of origin.

The words stand in ``methods/``: a template for each stage, and one for each kind under the name of
its family. They are no part of the kinds' modules, so that a better word reruns the report alone.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from radproof.dossier.settings import alike, listed, marked, plural
from radproof.dossier.templates import templates_in

WORDS = Path(__file__).with_name("methods")
STAGES = ["cohort", "images", "segmentation", "radiomics", "models", "evaluation"]
# What models of one method may differ in.
PREDICTORS = {"radiomics", "clinical", "scores"}


def methods_of(plan: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    """Return each stage with its paragraph, as HTML; whatever comes from the plan is escaped."""
    environment = phrase_book()
    tree = marked(plan)
    return [
        (stage, _tidy(environment.get_template(f"{stage}.j2").render(plan=tree)))
        for stage in STAGES
    ]


def phrase_book() -> Environment:
    """Return the templates, with the functions that they use.

    ``phrase(family, entry)`` is the phrase of an entry's kind, ``by_setting(entries, key)`` and
    ``by_method(models)`` what entries have in common, each with the names of those that have it.
    """
    environment = templates_in(WORDS)
    environment.filters.update(listed=listed, plural=plural, code=Markup("<code>{}</code>").format)
    environment.globals.update(
        phrase=partial(phrase, environment), by_setting=by_setting, by_method=by_method
    )
    return environment


def phrase(environment: Environment, family: str, entry: Mapping[str, Any], **more: Any) -> Markup:
    """Return the phrase of the kind of an entry; its template sees the entry as ``s``."""
    template = environment.get_template(f"{family}/{entry['kind'].value}.j2")
    return _tidy(template.render(s=entry, **more))


def by_setting(entries: Iterable[Mapping[str, Any]], key: str) -> list[tuple[list[Any], Any]]:
    """Return one setting of named entries, each value once, with the names of who has it."""
    return alike([(entry["name"], entry[key]) for entry in entries])


def by_method(models: Mapping[str, Mapping[str, Any]]) -> list[tuple[list[Any], Any]]:
    """Return how models are made whatever their predictors, with the names of those made so."""
    methods = {
        name: {key: value for key, value in model.items() if key not in PREDICTORS}
        for name, model in models.items()
    }
    return alike(methods.items())


def _tidy(text: str) -> Markup:
    """Return HTML without the white space that templates leave in excess and around stops."""
    return Markup(re.sub(r"(?<=\() | (?=[,.;:)])", "", " ".join(text.split())))
