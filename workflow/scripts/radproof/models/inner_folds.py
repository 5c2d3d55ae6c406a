"""Folds of a fit's own cross-validation, which chooses a penalty or calibrates a score."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from radproof.folds import patient_of


@dataclass(frozen=True)
class InnerFolds:
    """The fold, 0 to ``count`` - 1, of each row, (n,); with a ``count`` below 2 there are none."""

    labels: np.ndarray
    count: int
    warnings: list[str]


def deal_inner_folds(outcome: pd.Series, wanted: int, seed: int) -> InnerFolds:
    """Deal patients to folds, each class evenly; fewer folds where a class has fewer patients.

    Rows of one patient, the copies of a resample, are of one fold: apart, they would show a fit
    the patient on whom it is judged.

    Parameters
    ----------
    outcome
        Index patient or copy of one, 0 or 1.
    wanted
        Number of folds that the plan asks for.
    seed
        Of the dealing.
    """
    person, patients = pd.factorize(np.array([patient_of(str(name)) for name in outcome.index]))
    classes = np.empty(len(patients), dtype=int)
    classes[person] = outcome.to_numpy()
    smaller_class = int(min(classes.sum(), (1 - classes).sum()))
    count = min(wanted, smaller_class)
    if count < 2:
        warning = "a class of one patient cannot be cross-validated"
        return InnerFolds(np.zeros(len(outcome), dtype=int), count, [warning])
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(np.flatnonzero(classes == value)) for value in (1, 0)])
    folds = np.empty(len(patients), dtype=int)
    folds[order] = np.arange(len(patients)) % count
    warnings = []
    if count < wanted:
        warnings.append(
            f"cross-validated in {count} folds, not {wanted}: "
            f"the smaller class has {smaller_class} patients"
        )
    return InnerFolds(folds[person], count, warnings)
