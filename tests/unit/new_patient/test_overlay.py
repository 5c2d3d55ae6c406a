"""The overlay of a new patient: a panel a sequence, outlines named, empty ones said."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from radproof.new_patient.overlay import draw_overlay, write_overlay
from radproof.volumes import write_volume


def written(path: Path, array: np.ndarray) -> Path:
    write_volume(sitk.GetImageFromArray(array), path)
    return path


@pytest.mark.parametrize("empty", [False, True])
def test_overlay_shows_the_largest_slice_of_each_sequence(tmp_path, empty):
    noise = np.random.default_rng(1).normal(size=(2, 5, 40, 40)).astype(np.float32)
    images = {
        name: written(tmp_path / f"{name}.nii.gz", array)
        for name, array in zip(("T1w", "T2w"), noise, strict=True)
    }
    mask = np.zeros((5, 40, 40), np.uint8)
    if not empty:
        mask[2, 10:20, 12:22], mask[3, 12:18, 14:18] = 1, 1
    masks = {"unet": written(tmp_path / "mask.nii.gz", mask)}
    figure = draw_overlay("P1", images, masks, simulated=True)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["T1w", "T2w"]
    assert figure.axes[0].get_xlabel() == f"Patient P1, slice {1 if empty else 3}"
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said == (["unet: empty mask"] * 2 if empty else [])
    assert "Simulated cohort" in [text.get_text() for text in figure.texts]
    for name in ("one", "two"):
        again = draw_overlay("P1", images, masks, simulated=True)
        write_overlay(again, tmp_path / f"{name}.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
