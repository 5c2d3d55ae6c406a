"""Description of the cohort: the values of each set, as table 1 of a paper shows them."""

from typing import Any

import pandas as pd

from radproof.models.design import by_patient, plan_columns
from radproof.tables import as_level


def describe(patients: pd.DataFrame, clinical: list[dict[str, Any]]) -> pd.DataFrame:
    """Return ``variable level set n value missing``: mean (SD) of numbers, n (%) of categories.

    Percentages are of the patients with a known value.

    Raises
    ------
    BadInput
        If a value is none that the plan allows.
    """
    plan_columns(by_patient(patients), clinical)
    rows = []
    for name, group in patients.groupby("set", sort=False):
        rows.append(_counts("outcome", "1", str(name), group["outcome"]))
        for variable in clinical:
            values = group[variable["name"]]
            if variable["kind"] == "number":
                rows.append(_moments(variable, str(name), values))
            else:
                rows += [
                    _counts(variable["name"], level, str(name), values)
                    for level in variable["levels"]
                ]
    return pd.DataFrame(rows, columns=["variable", "level", "set", "n", "value", "missing"])


def _moments(variable: dict[str, Any], set_name: str, values: pd.Series) -> list[Any]:
    known = values.dropna().astype(float)
    text = f"{known.mean():.2f} ({known.std():.2f})" if len(known) > 1 else ""
    unit = variable.get("unit", "")
    label = f"mean (SD), {unit}" if unit else "mean (SD)"
    return [variable["name"], label, set_name, len(known), text, int(values.isna().sum())]


def _counts(name: str, level: str, set_name: str, values: pd.Series) -> list[Any]:
    known = values.dropna().map(as_level)
    count = int((known == level).sum())
    text = f"{count} ({100 * count / len(known):.1f} %)" if len(known) else ""
    return [name, level, set_name, len(known), text, int(values.isna().sum())]
