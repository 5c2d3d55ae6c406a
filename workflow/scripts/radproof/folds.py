"""Which training folds are left out: ``none``, ``1``, ``1+2``, … and who is then kept."""

from itertools import combinations

import pandas as pd

NONE = "none"
# Stands in no patient's label: a resample names the copies of a patient P01#1, P01#2, ...
COPY = "#"


def patient_of(name: str) -> str:
    """Return the patient that a name is a copy of; a patient's own name where it is none."""
    return name.split(COPY)[0]


def left_out_label(folds: set[str]) -> str:
    """Return the canonical name of the folds left out: sorted and joined by ``+``, or ``none``."""
    return "+".join(sorted(folds)) or NONE


def left_out_subsets(folds: pd.Series) -> list[str]:
    """Return every way of leaving out no fold, one fold or two, as far as somebody is kept.

    Parameters
    ----------
    folds
        Index patient, the fold of each training patient.
    """
    labels = sorted(folds.unique())
    return [
        left_out_label(set(chosen))
        for size in range(3)
        for chosen in combinations(labels, size)
        if size < len(labels)
    ]


def patients_kept(folds: pd.Series, left_out: str) -> pd.Index:
    """Return the patients whose fold is not left out, in the order of ``folds``."""
    gone = set() if left_out == NONE else set(left_out.split("+"))
    return folds.index[~folds.isin(gone)]
