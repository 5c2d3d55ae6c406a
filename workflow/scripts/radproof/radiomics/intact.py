"""Images and masks read to their end, with the values that are no numbers."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from radproof.cohort.content import read_voxels
from radproof.volumes import on_grid_of, read_volume

NIFTI = (".nii", ".nii.gz")


def read_intact(path: str | Path) -> sitk.Image:
    """Read an image or mask whole.

    SimpleITK fills what is missing of a truncated NIfTI file with zeros, and makes zeros of values
    that are not finite; such a file is looked at with NiBabel too.

    Raises
    ------
    BadInput
        If the file is missing, cannot be decoded or ends before its voxels do.
    """
    volume = read_volume(path)
    if not str(path).endswith(NIFTI) or volume.GetDimension() != 3:
        return volume
    if volume.GetNumberOfComponentsPerPixel() != 1:
        return volume
    voxels = read_voxels(Path(path), "")
    if np.isfinite(voxels).all():
        return volume
    return on_grid_of(np.ascontiguousarray(voxels.T).astype(np.float64), volume)
