"""A frozen model as MLflow serves it: numbers in JSON, applied by this package, never a pickle."""

from pathlib import Path
from typing import Any

import pandas as pd

from radproof.kinds import load_kind
from radproof.models.predicting import predictors_of
from radproof.tables import read_json

MODEL, SETTINGS = "model.json", "settings.json"


def input_columns(model: dict[str, Any], settings: dict[str, Any]) -> dict[str, str]:
    """Return what a frozen model asks of a patient: column to ``double`` or ``string``.

    Clinical variables (a category is a string), the features it kept, the centre and covariates
    where features are harmonised, and each upstream model's score less its ``score_mean``.
    """
    entries = list(model["clinical"])
    columns = {}
    if "radiomics" in settings:
        columns = dict.fromkeys(model["features"], "double")
        if "harmonisation" in model:
            columns["center"] = "string"
            entries += model["harmonisation"]["clinical"]
    for entry in entries:
        columns[entry["name"]] = "double" if entry["kind"] == "number" else "string"
    return columns | dict.fromkeys(settings.get("scores", []), "double")


class ServedModel:
    """Predicts from one table that holds all of :func:`input_columns`."""

    def __init__(self, model: dict[str, Any], settings: dict[str, Any]) -> None:
        self.model, self.settings = model, settings

    def predict(self, table: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return ``probability`` of each row; ``params`` are MLflow's, and there are none.

        Raises
        ------
        BadInput
            If a value is none of the plan's, or missing where the model refuses that.
        """
        rows = table.reset_index(drop=True)
        features = rows if "radiomics" in self.settings else None
        scores = rows[self.settings.get("scores", [])]
        read = predictors_of(self.model, self.settings, rows, features, scores)
        predicted = load_kind("model", self.settings["kind"]).predict(self.model, read)
        return predicted[["probability"]].set_index(table.index)


def _load_pyfunc(folder: str) -> ServedModel:
    """Load the model from its folder; MLflow asks for a function of this name."""
    frozen, settings = (read_json(Path(folder) / name) for name in (MODEL, SETTINGS))
    return ServedModel(frozen, settings)
