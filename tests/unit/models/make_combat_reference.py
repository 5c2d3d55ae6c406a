"""Write combat_reference.json: ComBat of a seeded input by neuroCombat, an implementation not ours.

In an environment of its own, not the project's:

    python -m pip install neuroCombat==0.2.12 numpy==2.4.6 pandas==3.1.1
    python tests/unit/models/make_combat_reference.py
"""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

CHANGES = [
    "iterated to a relative change of 1e-13; its own default stops at 1e-4",
    "np.int, which NumPy has dropped and ref_batch needs, is int",
]
CASES = {
    "plain": {},
    "covariates": {"covariates": True},
    "by the others": {"parametric": False},
    "means": {"mean_only": True},
    "means by the others": {"mean_only": True, "parametric": False},
    "reference": {"ref_batch": "B"},
    "reference and covariates": {"ref_batch": "B", "covariates": True},
}


def make_input(seed: int) -> pd.DataFrame:
    """Return 30 patients of three centres with age, sex and eight features of their own units."""
    rng = np.random.default_rng(seed)
    center = np.repeat(["A", "B", "C"], [8, 10, 12])
    table = pd.DataFrame({"center": center, "age": rng.integers(30, 80, 30).astype(float)})
    table["sex"] = rng.choice(["F", "M"], 30)
    place = np.repeat([0, 1, 2], [8, 10, 12])
    for number in range(8):
        shift, scale = rng.normal(0, 1.5, 3), rng.uniform(0.5, 2.0, 3)
        value = rng.normal(size=30) * scale[place] + shift[place] + 0.03 * table["age"]
        table[f"f{number}"] = 10.0 ** rng.integers(-2, 4) * (value + rng.normal(0, 5))
    return table


def harmonised(table: pd.DataFrame, case: dict) -> list[list[float]]:
    """Return the features as neuroCombat harmonises them, one row a patient."""
    choice = {key: value for key, value in case.items() if key != "covariates"}
    if case.get("covariates"):
        choice |= {"categorical_cols": ["sex"], "continuous_cols": ["age"]}
    features = table.filter(regex="^f").to_numpy(float).T
    result = library.neuroCombat(features, table[["center", "age", "sex"]], "center", **choice)
    return result["data"].T.tolist()


library = import_module("neuroCombat.neuroCombat")
np.int = int
library.it_sol.__defaults__ = (1e-13,)
table = make_input(seed=8118)
written = {
    "library": f"neuroCombat {version('neuroCombat')}",
    "command": "python tests/unit/models/make_combat_reference.py",
    "changes": CHANGES,
    "input": table.to_dict("list"),
    "cases": [
        {"case": name, "settings": case, "harmonised": harmonised(table, case)}
        for name, case in CASES.items()
    ],
}
place = Path(__file__).with_name("combat_reference.json")
place.write_text(json.dumps(written, indent=None, separators=(", ", ": ")) + "\n")
