"""Masks: any size, the grid of the images, no other patient's influence, empty allowed."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.segmentation.inference import largest_component, segment
from radproof.segmentation.scores import score_pair
from radproof.volumes import grid_differences, read_mask, read_volume

from tests.unit.segmentation.phantoms import SETTINGS, write_phantoms

pytestmark = pytest.mark.usefixtures("tensorflow_ready")
INFERENCE = SETTINGS["inference"]


def test_unseen_patients_of_any_size_are_drawn_on_their_own_grid(trained, tmp_path: Path) -> None:
    _, _, model, _ = trained
    images, masks = write_phantoms(tmp_path, ["u1", "u2"])
    for patient, shape in (("wide", (5, 32, 47)), ("small", (7, 29, 30))):
        files, drawn = write_phantoms(tmp_path, [patient], shape)
        images |= files
        masks |= drawn
    found = dict(segment([model, model], images, INFERENCE))
    assert [*found] == [*images]
    for patient, mask in found.items():
        assert grid_differences(mask, read_volume(images[patient][0])) == []
        assert mask.GetPixelID() == sitk.sitkUInt8
        reference = sitk.GetArrayFromImage(read_mask(masks[patient]))
        scores = score_pair(reference, sitk.GetArrayFromImage(mask), (3, 0.9, 0.8))
        assert scores["dice"] > 0.8, patient


def test_a_mask_depends_on_no_other_patient(trained, tmp_path: Path) -> None:
    _, _, model, _ = trained
    images, _ = write_phantoms(tmp_path, ["u1"])
    others, _ = write_phantoms(tmp_path, ["u2"], (3, 40, 70))
    alone = dict(segment([model], images, INFERENCE))["u1"]
    together = dict(segment([model], others | images, INFERENCE))["u1"]
    np.testing.assert_array_equal(*map(sitk.GetArrayFromImage, (alone, together)))


def test_an_empty_mask_is_a_result(trained, tmp_path: Path) -> None:
    _, _, model, _ = trained
    images, _ = write_phantoms(tmp_path, ["u1"])
    never = {**INFERENCE, "threshold": 1.5}
    mask = dict(segment([model], images, never))["u1"]
    assert sitk.GetArrayFromImage(mask).sum() == 0
    assert grid_differences(mask, read_volume(images["u1"][0])) == []


def test_a_network_for_other_sequences_is_refused(trained, tmp_path: Path) -> None:
    _, _, model, _ = trained
    images, _ = write_phantoms(tmp_path, ["u1"])
    with pytest.raises(BadInput, match=r"another number of sequences.*found 2, expected 1"):
        next(segment([model], {"u1": images["u1"][:1]}, INFERENCE))


def test_only_the_largest_component_is_kept() -> None:
    array = np.zeros((3, 6, 6), np.uint8)
    array[0, 0, 0] = array[1, 1, 1] = 1
    array[2, 3:5, 3:5] = 1
    kept = sitk.GetArrayFromImage(largest_component(sitk.GetImageFromArray(array)))
    assert kept.sum() == 4
    assert kept[2, 3:5, 3:5].all()
