"""What a study is made of: groups of folds, and files that it needs beside the scans."""

import shutil
from pathlib import Path

import pytest
import yaml
from radproof.errors import BadInput
from radproof.provenance import PROJECT
from radproof.schema import read_yaml
from radproof.study import load_study


def study_with(folder: Path, folds_per_job: int = 1, weights: str = "none"):
    """The default study with a few changes to its segmenter."""
    plan = read_yaml(PROJECT / "config/studies/otscc-simulated.yaml")
    segmenter = plan["segmenters"]["unet"]
    segmenter["folds_per_job"] = folds_per_job
    segmenter["network"]["encoder_weights"] = weights
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, sort_keys=False))
    return load_study(path, None)


@pytest.mark.parametrize(
    ("size", "groups"),
    [(1, ["1", "2", "3", "4", "5"]), (2, ["12", "34", "5"]), (9, ["12345"])],
)
def test_folds_are_trained_in_groups_of_the_plan_s_size(tmp_path, size, groups) -> None:
    assert ["".join(folds) for folds in study_with(tmp_path, size).fold_groups("unet")] == groups


def test_a_file_of_encoder_weights_must_be_there_before_any_job(tmp_path) -> None:
    file = tmp_path / "encoder.weights.h5"
    with pytest.raises(BadInput, match="file of encoder weights is not there"):
        study_with(tmp_path, weights=str(file))
    shutil.copy(__file__, file)
    assert study_with(tmp_path, weights=str(file)).encoder_weights("unet") == [str(file)]
    assert study_with(tmp_path, weights="imagenet").encoder_weights("unet") == []


@pytest.mark.parametrize("batch_size", [1, 2, 4, 24])
def test_each_patient_is_segmented_once_by_networks_that_have_not_seen_them(
    tmp_path, batch_size
) -> None:
    study = study_with(tmp_path)
    study.plan["batch_size"] = batch_size
    groups = study.segmented_groups
    segmented = [patient for group in groups.values() for patient in group.patients]
    assert sorted(segmented) == sorted(study.patients())
    assert max(len(group.patients) for group in groups.values()) <= 10 * batch_size
    for group in groups.values():
        for patient in group.patients:
            inside = [fold for fold in study.folds if patient in study.patients(fold=fold)]
            assert group.folds == (inside or study.folds)
    assert (len(groups) == 6) == (batch_size >= 5)


def test_groups_of_few_patients_are_called_by_their_fold_or_set(tmp_path) -> None:
    study = study_with(tmp_path)
    assert list(study.segmented_groups) == [*(f"fold-{fold}" for fold in "12345"), "test"]
    study.plan["batch_size"] = 4
    del study.__dict__["segmented_groups"]
    assert [name for name in study.segmented_groups if "_" in name] == ["test_001", "test_002"]
