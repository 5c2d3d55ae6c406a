"""The body mask: where there is a patient rather than air."""

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import binary_fill_holes

from radproof.volumes import on_grid_of

SMOOTHING_MM = 2.0


def body_mask(image: sitk.Image) -> sitk.Image:
    """Return the body as a 0/1 image of type uint8 on the image's grid.

    The larger of the two classes of Otsu's threshold on the smoothed image (SD 2 mm), its largest
    component, holes filled in each slice. A volume without background is body throughout.

    Source: Otsu, IEEE Trans Syst Man Cybern 9:62 (1979).
    """
    smooth = sitk.SmoothingRecursiveGaussian(sitk.Cast(image, sitk.sitkFloat32), SMOOTHING_MM)
    bright = sitk.OtsuThreshold(smooth, 0, 1)
    components = sitk.RelabelComponent(sitk.ConnectedComponent(bright), sortByObjectSize=True)
    filled = _fill_slices(sitk.Cast(components == 1, sitk.sitkUInt8))
    if not sitk.GetArrayViewFromImage(filled).any():
        return sitk.Cast(bright == bright, sitk.sitkUInt8)
    return filled


def _fill_slices(mask: sitk.Image) -> sitk.Image:
    """Fill holes slice by slice: an airway that is open at the ends of the volume is a hole too."""
    slices = [binary_fill_holes(plane) for plane in sitk.GetArrayViewFromImage(mask)]
    return on_grid_of(np.stack(slices).astype(np.uint8), mask)
