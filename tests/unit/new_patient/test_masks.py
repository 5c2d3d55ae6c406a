"""Masks of a new patient: the very bytes of the study's way, and one on the patient's own scan."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from radproof.new_patient.needs import Needs
from radproof.new_patient.steps import write_masks
from radproof.volumes import grid_differences, read_volume, write_volume

NEEDS = Needs(["m"], [], {"T1w": []}, {}, ["unet"], [], False)


def tilted(angle: float, spacing_mm: float, size: int) -> sitk.Image:
    image = sitk.Image([size] * 3, sitk.sitkUInt8)
    image.SetSpacing([spacing_mm] * 3)
    turned = sitk.Euler3DTransform((0, 0, 0), angle, 0.7 * angle, 0.3 * angle)
    image.SetDirection(turned.GetMatrix())
    return image


def rounded_once_more(work: Path) -> sitk.Image:
    """Write a mask whose header would differ if it were read and written again."""
    for step in range(1, 200):
        mask = tilted(step * 0.0137, 1.0, 12)
        mask[3:8, 4:9, 2:7] = 1
        write_volume(mask, work / "mask-unet.nii.gz")
        write_volume(read_volume(work / "mask-unet.nii.gz"), work / "again.nii.gz")
        if (work / "mask-unet.nii.gz").read_bytes() != (work / "again.nii.gz").read_bytes():
            return mask
    raise AssertionError("every header survives")


def test_the_mask_keeps_its_bytes_and_lies_on_the_patients_own_scan_too(tmp_path):
    mask = rounded_once_more(tmp_path)
    scan = sitk.Image([24] * 3, sitk.sitkFloat32)
    scan.SetSpacing([0.5] * 3)
    scan.SetDirection(mask.GetDirection())
    write_volume(scan, tmp_path / "scan.nii.gz")
    target = tmp_path / "out"
    target.mkdir()
    write_masks(NEEDS, tmp_path / "scan.nii.gz", "nearest", tmp_path, target)
    written = (target / "mask.nii.gz").read_bytes()
    assert written == (tmp_path / "mask-unet.nii.gz").read_bytes()
    native = read_volume(target / "mask-native.nii.gz")
    assert not grid_differences(native, scan)
    volume = [sitk.GetArrayFromImage(one).sum() * s**3 for one, s in ((native, 0.5), (mask, 1.0))]
    assert np.isclose(*volume, rtol=0.15)
