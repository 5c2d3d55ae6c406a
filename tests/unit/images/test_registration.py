"""Registration finds known transforms, from whatever start, and the same one every time."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.images.alignment import coarsened
from radproof.images.bias_fields import n4
from radproof.images.body import body_mask
from radproof.images.quality import motion, negative_mutual_information
from radproof.images.registrations import affine, rigid
from radproof.images.threads import one_thread
from radproof.volumes import on_grid_of

from tests.unit.images.phantoms import head

SETTINGS: dict[str, Any] = {
    "kind": "rigid",
    "initial": "headers",
    "search_deg": 8,
    "resolutions_mm": [4, 2, 1],
    "samples": 20000,
    "bins": 32,
    "iterations": 100,
}
PLACES = np.array([[-20.0, 0.0, 0.0], [15.0, 10.0, 8.0], [0.0, -18.0, -6.0], [4.0, 6.0, 10.0]])


def centre_mm(image: sitk.Image) -> np.ndarray:
    middle = [(count - 1) / 2 for count in image.GetSize()]
    return np.array(image.TransformContinuousIndexToPhysicalPoint(middle))


def turned(angles_deg: tuple[float, ...], shift_mm: tuple[float, ...]) -> sitk.Euler3DTransform:
    angles = [float(angle) for angle in np.radians(angles_deg)]
    return sitk.Euler3DTransform(centre_mm(head()).tolist(), *angles, shift_mm)


def moved(truth: sitk.Transform) -> sitk.Image:
    """The head in another contrast, where ``truth`` takes each of its points."""
    image = sitk.Resample(head(), head(), truth.GetInverse(), sitk.sitkBSpline, 2.0)
    return 400 - 1.5 * image


def error_mm(found: sitk.Transform, truth: sitk.Transform) -> float:
    """The largest distance between where both take points of the body."""
    points = (PLACES + centre_mm(head())).tolist()
    distances = [
        np.linalg.norm(np.subtract(found.TransformPoint(point), truth.TransformPoint(point)))
        for point in points
    ]
    return float(max(distances))


@pytest.mark.parametrize(
    ("angles_deg", "shift_mm"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((0.0, 0.0, 8.0), (6.0, -8.0, 0.0)),
        ((4.0, -4.0, -6.0), (-7.0, 3.0, 3.0)),
    ],
)
def test_a_known_motion_is_found_to_a_voxel(
    angles_deg: tuple[float, ...], shift_mm: tuple[float, ...]
) -> None:
    truth = turned(angles_deg, shift_mm)
    found = rigid.register(head(), moved(truth), SETTINGS, 1)
    assert error_mm(found, truth) < 1.1


@pytest.mark.parametrize("initial", ["geometry", "moments"])
def test_headers_that_place_images_apart_need_another_start(initial: str) -> None:
    far = sitk.TranslationTransform(3, (300.0, 0.0, 0.0))
    image = sitk.Image(400 - 1.5 * head())
    image.SetOrigin((np.array(image.GetOrigin()) + far.GetOffset()).tolist())
    with pytest.raises(RuntimeError):
        rigid.register(head(), image, SETTINGS, 1)
    found = rigid.register(head(), image, SETTINGS | {"initial": initial}, 1)
    assert error_mm(found, far) < 1.1


def test_the_same_seed_gives_the_same_transform() -> None:
    image = moved(turned((0.0, 0.0, 5.0), (3.0, 0.0, 0.0)))
    with one_thread():
        found = {
            rigid.register(head(), image, SETTINGS | {"samples": 3000}, 7).GetParameters()
            for _ in range(4)
        }
    assert len(found) == 1


def test_affine_finds_scale_and_is_never_worse_than_rigid() -> None:
    truth = sitk.AffineTransform(3)
    truth.SetCenter(centre_mm(head()).tolist())
    truth.Scale((1.06, 0.96, 1.0))
    image = moved(truth)
    stiff = rigid.register(head(), image, SETTINGS, 1)
    found = affine.register(head(), image, SETTINGS | {"kind": "affine"}, 1)
    metrics = [negative_mutual_information(head(), image, each) for each in (found, stiff)]
    assert metrics[0] < metrics[1]
    assert error_mm(found, truth) < error_mm(stiff, truth)


def test_the_rotation_of_an_affine_transform_leaves_its_scale_out() -> None:
    transform = sitk.AffineTransform(3)
    transform.Scale(1.3)
    transform.Rotate(0, 1, float(np.radians(5.0)))
    assert motion(transform, head())["rotation_deg"] == pytest.approx(5.0, abs=1e-6)


def test_blocks_of_voxels_stay_where_they_are() -> None:
    image = head()
    coarse = coarsened(image, 4.0)
    assert np.allclose(coarse.GetSpacing(), (4.4, 4.4, 3.3))
    assert np.allclose(centre_mm(coarse), centre_mm(image))
    assert coarsened(image, 0.5).GetSize() == image.GetSize()


def test_n4_takes_a_smooth_field_out_of_the_body() -> None:
    image = head()
    body = body_mask(image)
    inside = sitk.GetArrayFromImage(body) > 0
    x = np.linspace(-0.4, 0.4, image.GetSize()[0], dtype=np.float32)
    even = np.where(inside, 100, 2).astype(np.float32)
    shaded = on_grid_of(even * np.exp(np.broadcast_to(x, even.shape)), image)
    settings = {"shrink_factor": 2, "fitting_levels": 3, "iterations": 30, "convergence": 1e-4}
    corrected = sitk.GetArrayFromImage(n4.correct(shaded, body, settings))[inside]
    before = sitk.GetArrayFromImage(shaded)[inside]
    assert corrected.std() / corrected.mean() < 0.3 * before.std() / before.mean()
