"""Preparation: registration recovers and never degrades, bytes repeat, masks are all there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.images.body import body_mask
from radproof.images.prepare import prepare_patient
from radproof.plan import load_plan
from radproof.provenance import PROJECT
from radproof.volumes import read_mask, read_volume, write_volume

from tests.unit.images.phantoms import centroid_mm, corner_mask, head

STS = PROJECT.parent / "shared" / "data" / "sts"
RIGID: dict[str, Any] = {
    "kind": "rigid",
    "initial": "headers",
    "search_deg": 0,
    "resolutions_mm": [4, 2, 1],
    "samples": 20000,
    "bins": 32,
    "iterations": 100,
}
NONE = {"kind": "none"}
SETTINGS: dict[str, Any] = {
    "spacing_mm": [1.0, 1.0, 3.0],
    "size": [40, 40, 14],
    "interpolation": "linear",
    "mask_interpolation": "linear",
}


def write_patient(folder: Path, motion: sitk.Euler3DTransform) -> tuple[dict, dict]:
    reference = head()
    moving = sitk.Resample(reference, reference, motion.GetInverse(), sitk.sitkBSpline, 2.0)
    images = {"t1": folder / "t1.nii.gz", "t2": folder / "t2.nii.gz"}
    write_volume(reference, images["t1"])
    write_volume(400 - 1.5 * moving, images["t2"])
    write_volume(corner_mask(reference), folder / "mask.nii.gz")
    return images, {"rater1": folder / "mask.nii.gz"}


def sequences(registration: dict[str, Any]) -> list[dict[str, Any]]:
    common = {"bias_field": NONE, "intensity": {"kind": "zscore"}, "flags": {}}
    return [
        {"name": "t1", "registration": NONE, **common},
        {"name": "t2", "registration": registration, **common},
    ]


def motion(angle_deg: float, shift_mm: tuple[float, float, float]) -> sitk.Euler3DTransform:
    image = head()
    centre = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    return sitk.Euler3DTransform(centre, 0, 0, float(np.radians(angle_deg)), shift_mm)


def test_a_known_motion_is_recovered(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(3.0, (2.0, -1.5, 0.0)))
    found = prepare_patient("P", images, masks, sequences(RIGID), {"rater1": 1}, SETTINGS, 1)
    row = found.qc.set_index("sequence").loc["t2"]
    assert row["moved"]
    assert row["metric_after"] < row["metric_before"]
    assert row["translation_mm"] == pytest.approx(2.5, abs=0.6)
    assert row["rotation_deg"] == pytest.approx(3.0, abs=1.0)


def test_registration_that_does_not_improve_is_not_kept(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(0.0, (0.0, 0.0, 0.0)))
    hasty = RIGID | {"iterations": 1, "samples": 200, "resolutions_mm": [1]}
    found = prepare_patient("P", images, masks, sequences(hasty), {"rater1": 1}, SETTINGS, 1)
    rows = found.qc.set_index("sequence")
    assert rows.loc["t2", "metric_after"] <= rows.loc["t2", "metric_before"]
    assert rows.loc["t1", "translation_mm"] == 0
    assert not rows.loc["t1", "moved"]


def test_preparing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(2.0, (1.0, 0.0, 0.0)))
    first, again = (
        prepare_patient("P", images, masks, sequences(RIGID), {"rater1": 1}, SETTINGS, 1)
        for _ in range(2)
    )
    for name in ("t1", "t2"):
        assert sitk.Hash(first.images[name]) == sitk.Hash(again.images[name])
        assert first.images[name].GetSize() == (40, 40, 14)
        assert first.images[name].GetPixelID() == sitk.sitkFloat32


def test_a_mask_beyond_the_grid_is_bad_input_and_partly_beyond_is_counted(tmp_path: Path) -> None:
    images, masks = write_patient(tmp_path, motion(0.0, (0.0, 0.0, 0.0)))
    small = SETTINGS | {"size": [4, 4, 2]}
    half = SETTINGS | {"size": [20, 14, 14]}
    found = prepare_patient("P", images, masks, sequences(NONE), {"rater1": 1}, half, 1)
    assert 0 < found.qc["mask_outside"].iloc[0] < 1
    edge = corner_mask(head()) * 0
    edge[1:3, 1:3, 1:3] = 1
    write_volume(edge, masks["rater1"])
    with pytest.raises(BadInput, match=r"patient P: .*mask is empty on the analysis grid"):
        prepare_patient("P", images, masks, sequences(NONE), {"rater1": 1}, small, 1)


def test_the_body_has_no_holes_and_leaves_the_background_out() -> None:
    image = head()
    image[20:24, 20:24, 6:8] = 0
    body = sitk.GetArrayFromImage(body_mask(image))
    assert body[7, 21, 21] == 1
    assert body[0, 0, 0] == 0


@pytest.mark.skipif(not STS.is_dir(), reason="shared data folder not present")
def test_a_real_patient_is_prepared() -> None:
    plan = load_plan(PROJECT / "config/studies/sts.yaml")
    patient = "STS008"
    images = {s["name"]: STS / s["file"].format(patient=patient) for s in plan["sequences"]}
    masks = {"manual": STS / plan["raters"][0]["file"].format(patient=patient)}
    found = prepare_patient(
        patient, images, masks, plan["sequences"], {"manual": 1}, plan["images"], 1
    )
    reference = read_volume(images["T1w"])
    raw, prepared = read_mask(masks["manual"]), found.masks["manual"]
    assert prepared.GetDirection() == reference.GetDirection()
    assert np.abs(centroid_mm(prepared) - centroid_mm(raw)).max() < 0.2
    volumes = [
        sitk.GetArrayViewFromImage(mask).sum() * np.prod(mask.GetSpacing())
        for mask in (raw, prepared)
    ]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.05)
