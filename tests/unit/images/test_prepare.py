"""Preparation: masks stay where they are, registration recovers and never degrades."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.images.body import body_mask
from radproof.images.grids import analysis_grid, resample_image, resample_mask
from radproof.images.intensities import scale, window, zscore
from radproof.images.prepare import prepare_patient
from radproof.plan import load_plan
from radproof.provenance import PROJECT
from radproof.volumes import read_mask, read_volume, write_volume

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


def oblique(image: sitk.Image, angle: float = 0.2) -> sitk.Image:
    cos, sin = np.cos(angle), np.sin(angle)
    image.SetDirection((cos, -sin, 0, sin, cos, 0, 0, 0, 1))
    image.SetOrigin((-30.0, 12.0, 7.0))
    return image


def head(seed: int = 0) -> sitk.Image:
    """A textured ball on a dark background, 1.1 x 1.1 x 3.3 mm."""
    z, y, x = np.mgrid[:14, :44, :44]
    inside = ((x - 22) / 18) ** 2 + ((y - 20) / 16) ** 2 + ((z - 7) / 6.5) ** 2 < 1
    noise = np.random.default_rng(seed).normal(size=inside.shape).astype(np.float32)
    texture = sitk.GetArrayFromImage(sitk.DiscreteGaussian(sitk.GetImageFromArray(noise), 4.0))
    array = np.where(inside, 100 + 200 * texture, 2).astype(np.float32)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.1, 1.1, 3.3))
    return oblique(image)


def corner_mask(image: sitk.Image) -> sitk.Image:
    array = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    array[4:9, 10:26, 12:20] = 1
    array[4:6, 10:14, 20:27] = 1
    mask = sitk.GetImageFromArray(array)
    mask.CopyInformation(image)
    return mask


def centroid_mm(mask: sitk.Image) -> np.ndarray:
    voxels = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1].mean(axis=0)
    return np.array(mask.TransformContinuousIndexToPhysicalPoint(voxels.tolist()))


@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_an_asymmetric_mask_in_an_oblique_frame_stays_put(interpolation: str) -> None:
    mask = corner_mask(head())
    grid = analysis_grid(mask, [0.55, 0.55, 1.1], None)
    moved = resample_mask(mask, grid, interpolation)
    assert np.abs(centroid_mm(moved) - centroid_mm(mask)).max() < 0.1
    ratio = sitk.GetArrayViewFromImage(moved).sum() * 0.55 * 0.55 * 1.1
    assert ratio == pytest.approx(
        sitk.GetArrayViewFromImage(mask).sum() * 1.1 * 1.1 * 3.3, rel=0.02
    )


@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_a_mask_already_on_the_grid_is_unchanged(interpolation: str) -> None:
    mask = corner_mask(head())
    grid = analysis_grid(mask, list(mask.GetSpacing()), None)
    assert grid.GetSize() == mask.GetSize()
    same = resample_mask(mask, grid, interpolation)
    assert np.array_equal(*(sitk.GetArrayFromImage(each) for each in (mask, same)))


def test_the_grid_keeps_centre_and_axes() -> None:
    image = head()
    grid = analysis_grid(image, [1.0, 1.0, 3.0], [40, 40, 14])
    centres = [
        each.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in each.GetSize()])
        for each in (image, grid)
    ]
    assert np.allclose(*centres)
    assert grid.GetDirection() == image.GetDirection()


def write_patient(folder: Path, motion: sitk.Euler3DTransform) -> tuple[dict, dict]:
    reference = head()
    moving = sitk.Resample(reference, reference, motion.GetInverse(), sitk.sitkBSpline, 2.0)
    images = {"t1": folder / "t1.nii.gz", "t2": folder / "t2.nii.gz"}
    write_volume(reference, images["t1"])
    write_volume(400 - 1.5 * moving, images["t2"])
    write_volume(corner_mask(reference), folder / "mask.nii.gz")
    return images, {"rater1": folder / "mask.nii.gz"}


def sequences(registration: dict[str, Any]) -> list[dict[str, Any]]:
    common = {"bias_field": NONE, "intensity": {"kind": "zscore"}}
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


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.1, 50), offset=st.floats(-100, 100))
def test_zscores_do_not_depend_on_the_unit(factor: float, offset: float) -> None:
    image = head()
    body = body_mask(image)
    plain, changed = (
        sitk.GetArrayFromImage(zscore.scale(each, body, {}))
        for each in (image, image * factor + offset)
    )
    inside = sitk.GetArrayFromImage(body) > 0
    assert plain[inside].mean() == pytest.approx(0, abs=1e-4)
    assert plain[inside].std() == pytest.approx(1, abs=1e-4)
    assert np.allclose(plain, changed, atol=1e-2)


def test_window_and_scale() -> None:
    image = sitk.GetImageFromArray(np.array([[[-1000.0, -150.0, 50.0, 250.0, 3000.0]]]))
    found = sitk.GetArrayFromImage(window.scale(image, image, {"lower": -150.0, "upper": 250.0}))
    assert found.ravel().tolist() == [-1, -1, 0, 1, 1]
    halved = sitk.GetArrayFromImage(scale.scale(image, image, {"divisor": 50.0}))
    assert halved.ravel()[2] == 1


def test_the_body_has_no_holes_and_leaves_the_background_out() -> None:
    image = head()
    image[20:24, 20:24, 6:8] = 0
    body = sitk.GetArrayFromImage(body_mask(image))
    assert body[7, 21, 21] == 1
    assert body[0, 0, 0] == 0


def test_what_lies_outside_the_image_takes_its_least_value() -> None:
    image = head()
    wide = analysis_grid(image, [1.1, 1.1, 3.3], [80, 80, 20])
    found = sitk.GetArrayFromImage(resample_image(image, wide, sitk.Transform(), "linear"))
    assert found[0, 0, 0] == pytest.approx(sitk.GetArrayFromImage(image).min())


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
