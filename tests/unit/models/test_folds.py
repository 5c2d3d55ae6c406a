"""Names of the folds left out, and who is kept."""

import pandas as pd
from radproof.folds import left_out_subsets, patients_kept

FOLDS = pd.Series(["2", "1", "3", "1"], index=["a", "b", "c", "d"])


def test_no_fold_each_fold_and_each_pair() -> None:
    assert left_out_subsets(FOLDS) == ["none", "1", "2", "3", "1+2", "1+3", "2+3"]


def test_somebody_is_always_kept() -> None:
    assert left_out_subsets(FOLDS[FOLDS != "3"]) == ["none", "1", "2"]


def test_kept_are_those_of_other_folds() -> None:
    assert list(patients_kept(FOLDS, "none")) == ["a", "b", "c", "d"]
    assert list(patients_kept(FOLDS, "1+3")) == ["a"]
