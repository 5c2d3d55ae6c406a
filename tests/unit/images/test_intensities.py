"""Intensities: what each kind maps where, whatever the unit, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from radproof.errors import BadInput
from radproof.images.body import body_mask
from radproof.images.intensities import (
    landmarks,
    none,
    percentile,
    scale,
    white_stripe,
    window,
    zscore,
)
from radproof.images.standard_scale import learn_landmarks, piecewise_linear

from tests.unit.images.phantoms import head

FACTORS, OFFSETS = st.floats(0.1, 50), st.floats(-100, 100)
PERCENTILE = {"lower": 2.0, "upper": 98.0, "clip": False}
STANDARD = {
    "sequence": "t1",
    "percentiles": [1, 25, 50, 75, 99],
    "values": [0, 20.5, 50, 70, 100],
    "patients": ["P1", "P2"],
}


def write_standard(folder: Path, **changes: Any) -> dict[str, Any]:
    """Write a file of landmarks; return the settings that name it."""
    path = folder / "t1.json"
    path.write_text(json.dumps(STANDARD | changes))
    return {"file": str(path)}


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return write_standard(tmp_path_factory.mktemp("landmarks"))


def tissues(shares: list[float], means: list[float], spread: float = 6.0) -> sitk.Image:
    """Voxels of several tissues, 40 x 40 x 40; the shares sum to 1."""
    generator = np.random.default_rng(5)
    chosen = generator.choice(means, size=(40, 40, 40), p=shares)
    return sitk.GetImageFromArray(chosen + generator.normal(0, spread, chosen.shape))


def everywhere(image: sitk.Image) -> sitk.Image:
    return sitk.Cast(image * 0 + 1, sitk.sitkUInt8)


def values(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        (zscore, {}),
        (percentile, PERCENTILE),
        (percentile, PERCENTILE | {"clip": True}),
        (white_stripe, {"mode": "largest", "width": 0.1}),
        (white_stripe, {"mode": "last", "width": 0.1}),
        (landmarks, None),
    ],
)
@settings(max_examples=20, deadline=None)
@given(factor=FACTORS, offset=OFFSETS)
def test_a_relative_scale_does_not_depend_on_the_unit(
    kind: Any, chosen: dict[str, Any] | None, standard: dict[str, Any], factor: float, offset: float
) -> None:
    image = head()
    body = body_mask(image)
    plain, changed = (
        values(kind.scale(each, body, chosen or standard))
        for each in (image, image * factor + offset)
    )
    assert np.allclose(plain, changed, atol=1e-3 * np.ptp(plain))


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        (none, {}),
        (zscore, {}),
        (scale, {"divisor": 5.0}),
        (window, {"lower": 0.0, "upper": 100.0}),
        (percentile, PERCENTILE),
        (white_stripe, {"mode": "last", "width": 0.05}),
        (landmarks, None),
    ],
)
def test_every_kind_gives_the_same_bytes_again(
    kind: Any, chosen: dict[str, Any] | None, standard: dict[str, Any]
) -> None:
    image = head()
    body = body_mask(image)
    first, again = (kind.scale(image, body, chosen or standard) for _ in range(2))
    assert sitk.Hash(first) == sitk.Hash(again)
    assert first.GetDirection() == image.GetDirection()


def test_none_leaves_the_image_as_it_is() -> None:
    image = head()
    assert sitk.Hash(none.scale(image, body_mask(image), {})) == sitk.Hash(image)


def test_zscores_have_mean_0_and_deviation_1_in_the_body() -> None:
    image = head()
    body = body_mask(image)
    inside = values(zscore.scale(image, body, {}))[values(body) > 0]
    assert inside.mean() == pytest.approx(0, abs=1e-4)
    assert inside.std() == pytest.approx(1, abs=1e-4)


def test_window_and_scale() -> None:
    image = sitk.GetImageFromArray(np.array([[[-1000.0, -150.0, 50.0, 250.0, 3000.0]]]))
    found = values(window.scale(image, image, {"lower": -150.0, "upper": 250.0}))
    assert found.ravel().tolist() == [-1, -1, 0, 1, 1]
    assert values(scale.scale(image, image, {"divisor": 50.0})).ravel()[2] == 1


def test_percentiles_become_0_and_1_and_only_the_body_counts() -> None:
    image = sitk.GetImageFromArray(np.arange(-50.0, 102.0).reshape(1, 1, -1))
    body = sitk.Cast((image >= 0) & (image <= 100), sitk.sitkUInt8)
    chosen = {"lower": 10.0, "upper": 60.0, "clip": False}
    found = values(percentile.scale(image, body, chosen)).ravel()
    assert found[[50, 60, 110, 150]] == pytest.approx([-0.2, 0, 1, 1.8])
    clipped = values(percentile.scale(image, body, chosen | {"clip": True})).ravel()
    assert clipped == pytest.approx(np.clip(found, 0, 1))


@pytest.mark.parametrize(("lower", "upper"), [(50.0, 50.0), (60.0, 40.0)])
def test_an_empty_range_of_percentiles_is_refused(lower: float, upper: float) -> None:
    image = head()
    with pytest.raises(BadInput, match="range of percentiles is empty"):
        percentile.scale(image, body_mask(image), PERCENTILE | {"lower": lower, "upper": upper})


def test_a_constant_body_has_no_range(standard: dict[str, Any]) -> None:
    flat = head() * 0 + 3
    stripe = {"mode": "last", "width": 0.1}
    for kind, chosen in ((percentile, PERCENTILE), (white_stripe, stripe), (landmarks, standard)):
        with pytest.raises(BadInput, match=r"inside the body are equal \(found 3 at"):
            kind.scale(flat, everywhere(flat), chosen)


@pytest.mark.parametrize(("mode", "mean"), [("largest", 100.0), ("last", 200.0)])
def test_the_stripe_lies_around_the_chosen_mode(mode: str, mean: float) -> None:
    image = tissues([0.6, 0.36, 0.04], [100.0, 200.0, 300.0])
    scaled = values(white_stripe.scale(image, everywhere(image), {"mode": mode, "width": 0.05}))
    assert scaled[np.abs(values(image) - mean) < 0.2].mean() == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("width", [0.02, 0.1, 0.3])
def test_the_width_is_a_share_of_the_voxels_on_either_side(width: float) -> None:
    image = tissues([1.0], [50.0])
    ranked = np.sort(values(image), axis=None)
    mode = np.mean(
        white_stripe.mode_bin(ranked, np.percentile(ranked, white_stripe.TAILS), "largest")
    )
    middle, half = np.searchsorted(ranked, mode), round(width * ranked.size)
    stripe = ranked[middle - half : middle + half]
    found = white_stripe.scale(image, everywhere(image), {"mode": "largest", "width": width})
    assert values(found) == pytest.approx((values(image) - stripe.mean()) / stripe.std(), abs=0.1)


def test_a_stripe_of_one_value_is_refused() -> None:
    array = np.repeat([0.0, 10.0, 20.0], [100, 800, 100]).reshape(10, 10, 10)
    image = sitk.GetImageFromArray(array)
    with pytest.raises(BadInput, match=r"around the mode do not differ \(found 10 alone\)"):
        white_stripe.scale(image, everywhere(image), {"mode": "largest", "width": 0.1})


def test_landmarks_of_the_body_take_the_values_of_the_file(standard: dict[str, Any]) -> None:
    image = head()
    body = body_mask(image)
    inside = values(landmarks.scale(image, body, standard))[values(body) > 0]
    found = np.percentile(inside, STANDARD["percentiles"])
    assert found == pytest.approx(STANDARD["values"], abs=0.05)


def test_outermost_slopes_go_on() -> None:
    source, target = np.array([0.0, 10.0, 20.0]), np.array([0.0, 10.0, 40.0])
    found = piecewise_linear(np.array([-5.0, 0, 5, 15, 20, 30]), source, target)
    assert found.tolist() == [-5, 0, 5, 25, 40, 70]


def test_landmarks_that_coincide_take_the_mean_of_their_values() -> None:
    source, target = np.array([0.0, 4.0, 4.0, 8.0]), np.array([0.0, 20.0, 40.0, 100.0])
    assert piecewise_linear(np.array([2.0, 4, 6]), source, target).tolist() == [15, 30, 65]


def test_the_standard_scale_is_the_mean_of_scales_from_0_to_100() -> None:
    rows = np.array([[10.0, 20.0, 30.0], [-4.0, 12.0, 16.0]])
    assert learn_landmarks(rows).tolist() == [0, 65, 100]


@settings(deadline=None)
@given(factor=FACTORS, offset=OFFSETS, seed=st.integers(0, 1000))
def test_the_standard_scale_knows_no_unit_and_rises(
    factor: float, offset: float, seed: int
) -> None:
    rows = np.random.default_rng(seed).gamma(2, size=(4, 6)).cumsum(axis=1)
    changed = rows * np.array([[1], [factor], [1], [1]]) + np.array([[0], [0], [offset], [0]])
    assert learn_landmarks(changed) == pytest.approx(learn_landmarks(rows), abs=1e-6)
    assert (np.diff(learn_landmarks(rows)) > 0).all()


@pytest.mark.parametrize(
    ("rows", "said"),
    [([[0, 1, 2], [3, 3, 3]], "span no range"), ([[0, 0, 1], [2, 2, 3]], "do not increase")],
)
def test_landmarks_that_do_not_rise_are_not_learned(rows: list[list[int]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        learn_landmarks(np.array(rows))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"values": [0, 20, 20, 70, 100]}, "values of the landmarks do not increase"),
        ({"percentiles": [1, 25, 75, 50, 99]}, "percentiles of the landmarks do not increase"),
        ({"values": [0, 20, 50, 70, float("inf")]}, "setting values.4 is wrong"),
        ({"values": [0, 100]}, "not one value a percentile"),
        ({"colour": "red"}, "unknown setting"),
        ({"patients": []}, "patients"),
        ({"percentiles": [1, 25, 50, 75, 101]}, "at most 100"),
    ],
)
def test_a_file_of_landmarks_that_cannot_be_used_is_named(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    chosen = write_standard(tmp_path, **changes)
    image = head()
    with pytest.raises(BadInput, match=rf"t1\.json: .*{said}"):
        landmarks.scale(image, body_mask(image), chosen)


@pytest.mark.parametrize("text", [None, "{", "[]", "[1, 2"])
def test_a_file_that_is_missing_or_no_landmarks_is_named(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "t1.json"
    if text is not None:
        path.write_text(text)
    image = head()
    with pytest.raises(BadInput, match=r"t1\.json"):
        landmarks.scale(image, body_mask(image), {"file": str(path)})
