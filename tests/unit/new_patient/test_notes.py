"""What is said of a prediction: values that training patients did not have, masks, files."""

import numpy as np
import pandas as pd
import pytest
from radproof.models.learners.logistic import fit
from radproof.new_patient import notes
from radproof.tables import write_table

from tests.unit.models.cohort import LOGISTIC
from tests.unit.models.test_multiple import training

VALUES = pd.Series({"T1w__a": 5.0, "T1w__b": 0.5, "T2w__c": np.nan, "T2w__d": -9.0})
TRAINING = pd.DataFrame([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], columns=VALUES.index)
MODEL = {"name": "radiomics", "features": ["T1w__a", "T1w__b", "T2w__c"]}


def test_features_beyond_training_are_counted_and_those_read_are_named():
    table = notes.with_ranges(VALUES, TRAINING[VALUES.index[::-1]])
    assert list(table["beyond"]) == [True, False, False, True]
    beyond, missing = notes.feature_notes(MODEL, table)
    assert beyond == (
        "2 of 4 features lie beyond what training patients have; of them read by radiomics:"
        " T1w__a (5, training 0 to 1)."
    )
    assert missing.endswith("taken as the median of training patients: T2w__c.")
    (beyond,) = notes.feature_notes(MODEL | {"features": ["T1w__b"]}, table)
    assert beyond.endswith("none of them read by radiomics.")


def test_without_a_table_of_training_nothing_is_compared_and_that_is_said():
    table = notes.with_ranges(VALUES, None)
    assert not table["beyond"].any()
    assert "were not compared" in notes.feature_notes(MODEL, table)[0]


def test_variables_say_what_the_model_has_not_met():
    table, outcome = training()
    model = fit(table, outcome, LOGISTIC, seed=1) | {"name": "clinical"}
    top = model["variables"][0]["maximum"]
    read = pd.Series({"age": top + 1, "stage": None})
    beyond, unknown = notes.variable_notes(model, read)
    assert beyond.startswith(f"age is {top + 1:.4g}, beyond the ")
    assert unknown.startswith("stage is not given: taken as ")
    assert not notes.variable_notes(model, pd.Series({"age": top, "stage": "1"}))


def test_files_of_the_studys_own_patients_are_recognised(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    shas = [notes.sha256_of(tmp_path / name) for name in ("one", "two")]
    files = pd.DataFrame({"patient": ["P1", "P2"], "sha256": shas})
    write_table(files, tmp_path / "cohort" / "files.tsv")
    patients = pd.DataFrame({"patient": ["P1", "P2"], "set": ["train", "test"]})
    write_table(patients, tmp_path / "cohort" / "patients.tsv")
    trained, held_out = notes.familiar_notes(tmp_path, [tmp_path / "one", tmp_path / "two"])
    assert "P1, set train: the model was fitted on this patient" in trained
    assert held_out == "Files are those of the study's own patient P2, set test."
    assert not notes.familiar_notes(tmp_path / "copied", [tmp_path / "one"])


@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_mask_says_that_nothing_was_measured(empty):
    row = {"empty": empty, "most_probable": 0.2, "threshold": 0.5}
    said = notes.mask_notes({"unet": row})
    assert bool(said) == empty
    assert not empty or "says nothing of this tumour" in said[0]
