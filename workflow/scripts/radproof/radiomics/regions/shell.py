"""A shell around the tumour: the peritumoral tissue."""

from typing import Any

import SimpleITK as sitk

# ITK's distances are rounded by some 1e-4 mm, differently from place to place.
ROUNDING_MM = 1e-3


def derive(mask: sitk.Image, settings: dict[str, Any], body: sitk.Image) -> sitk.Image:
    """Return the voxels whose distance from the tumour's rim lies in a range, inside the body.

    The range is ``inner_mm`` < distance ≤ ``outer_mm``, in world units whatever the voxel. The
    distance is that of a voxel's centre from the centre of the nearest voxel of the rim: the
    tumour's voxels that touch another, by a corner at least, outside it. It is 0 on the rim,
    negative inside the tumour, and beyond the edge of the image nothing is outside. So a shell from
    0 begins with the first voxel outside the tumour, and one that is thinner than a voxel in some
    direction has none there. An empty mask, and one without anything outside it, has an empty
    shell.

    Source: signed distances by Maurer et al., IEEE Trans Pattern Anal 25:265 (2003).
    """
    if not sitk.GetArrayViewFromImage(mask).any():
        return mask
    distance = sitk.SignedMaurerDistanceMap(
        mask, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    beyond = distance > settings["inner_mm"] + ROUNDING_MM
    shell = beyond & (distance <= settings["outer_mm"] + ROUNDING_MM)
    return sitk.Cast(shell & (body > 0), sitk.sitkUInt8)
