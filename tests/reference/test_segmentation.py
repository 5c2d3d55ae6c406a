"""Scores of masks agree with R on every case of the shared reference folder."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from radproof.segmentation.scores import score_pair

CASES = Path(__file__).resolve().parents[3] / "shared" / "reference" / "r" / "segmentation"
if not CASES.is_dir():
    pytest.skip("shared reference folder not present", allow_module_level=True)

OURS = {
    "dice": "dice",
    "iou": "iou",
    "hd": "hd_mm",
    "hd95_max_of_directed": "hd95_mm",
    "assd_pooled": "assd_mm",
}
VOLUMES = {"volume_a_mm3": "volume_reference_ml", "volume_b_mm3": "volume_candidate_ml"}
COUNTS = {"voxels_a", "voxels_b", "surface_voxels_a", "surface_voxels_b"}
OTHER_DEFINITIONS = {"hd95_pooled", "assd_mean_of_directed"}


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_scores_agree_with_r(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    params = json.loads((case / "params.json").read_text())
    voxels = pd.read_csv(case / "input.csv")
    masks = np.zeros((2, *params["shape"][::-1]), dtype=np.uint8)
    masks[:, voxels["z"], voxels["y"], voxels["x"]] = voxels[["a", "b"]].to_numpy().T
    scores = score_pair(masks[0], masks[1], params["spacing"][::-1])
    for theirs, ours in OURS.items():
        value = np.nan if expected[theirs] == "NaN" else expected[theirs]
        assert scores[ours] == pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True), ours
    for theirs, ours in VOLUMES.items():
        assert scores[ours] == pytest.approx(expected[theirs] / 1000, rel=1e-12)
    error_ml = (expected["volume_b_mm3"] - expected["volume_a_mm3"]) / 1000
    assert scores["volume_error_ml"] == pytest.approx(error_ml, rel=1e-12)
    covered = {"meta", *OURS, *VOLUMES, *COUNTS, *OTHER_DEFINITIONS}
    assert set(OURS) | set(VOLUMES) <= set(expected) <= covered
