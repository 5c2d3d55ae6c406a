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
