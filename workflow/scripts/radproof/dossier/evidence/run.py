"""A run as checklists see it: its plan, its tables and its models, by place in the results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

REPORT = "dossier/report.html"
CRATE = "dossier/ro-crate-metadata.json"


@dataclass(frozen=True)
class Evidence:
    """What a run says to an item, and the files that show it.

    ``met``: True where the item is answered or its criterion met, False where the criterion is not
    met, None where the run knows a part and a human has to judge or add the rest.
    """

    value: str
    files: list[str]
    met: bool | None = True


@dataclass(frozen=True)
class Run:
    """The plan of a run, and its tables and models by place in the results folder."""

    plan: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether the patients are simulated."""
        return "simulation" in self.plan

    @property
    def measuring(self) -> dict[str, Any]:
        """The extractors that measure scans."""
        return {
            name: entry for name, entry in self.plan["extractors"].items() if "tables" not in entry
        }

    @property
    def radiomic(self) -> dict[str, Any]:
        """The models that select among radiomic features."""
        return {name: entry for name, entry in self.plan["models"].items() if "radiomics" in entry}

    def table(self, place: str) -> pd.DataFrame:
        """Return a table; an empty one where the run has none."""
        return self.tables.get(place, pd.DataFrame())

    def places(self, *patterns: str) -> list[str]:
        """Return the places of tables and models that there are, by pattern, in their order."""
        known = [*self.tables, *self.models]
        return [place for pattern in patterns for place in known if fnmatchcase(place, pattern)]

    def figure(self, name: str) -> list[str]:
        """Return the drawings of a figure whose plotted numbers are among the tables."""
        found = self.places(f"figures/{name}.tsv")
        return [f"{place.removesuffix('.tsv')}.svg" for place in found]

    def has_radiomics(self, model: str) -> bool:
        """Say whether a model uses features, itself or by the scores it takes."""
        return not {model, *self.scores_of(model)}.isdisjoint(self.radiomic)

    def scores_of(self, model: str) -> list[str]:
        """Return the models whose scores a model takes, and those whose scores they take."""
        taken = self.plan["models"][model].get("scores", [])
        return list(
            dict.fromkeys([*taken, *(name for one in taken for name in self.scores_of(one))])
        )


def settings_of(stage: str) -> str:
    """Return where the page lists every setting of a stage, with its mark of origin."""
    return f"{REPORT}#{stage}"


def listed(parts: Mapping[Any, Any]) -> str:
    """Return named values as text."""
    return "; ".join(f"{name}: {value}" for name, value in parts.items())
