"""A shell around the tumour: the peritumoral tissue."""

from typing import Any

import SimpleITK as sitk


def derive(mask: sitk.Image, settings: dict[str, Any], body: sitk.Image) -> sitk.Image:
    """Return the voxels whose distance from the tumour's surface lies in a range, inside the body.

    ``inner_mm`` < distance ≤ ``outer_mm``, in world units whatever the voxel; negative distances
    are inside the tumour. An empty mask has an empty shell.

    Source: signed distances by Maurer et al., IEEE Trans Pattern Anal 25:265 (2003).
    """
    if not sitk.GetArrayViewFromImage(mask).any():
        return mask
    distance = sitk.SignedMaurerDistanceMap(
        mask, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    shell = (distance > settings["inner_mm"]) & (distance <= settings["outer_mm"])
    return sitk.Cast(shell & (body > 0), sitk.sitkUInt8)
