"""The body mask: where there is a patient rather than air."""

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import binary_fill_holes, gaussian_filter

from radproof.volumes import on_grid_of

SMOOTHING_MM = 2.0
BRIGHTEST_PERCENTILE = 99.0


def body_mask(image: sitk.Image) -> sitk.Image:
    """Return the body as a 0/1 image of type uint8 on the image's grid.

    What is brighter than the lowest of Otsu's two thresholds on the smoothed image (SD 2 mm), its
    largest component, holes filled in each slice. Three classes, because with two the threshold of
    a T1 image falls between muscle and fat. A volume without background is body throughout.

    Source: Otsu, IEEE Trans Syst Man Cybern 9:62 (1979).
    """
    array = sitk.GetArrayFromImage(image).astype(np.float32)
    deviations = [SMOOTHING_MM / step for step in reversed(image.GetSpacing())]
    smooth = gaussian_filter(array, deviations, truncate=3.0, mode="nearest")
    # A few very bright voxels (a vessel, a hot lesion) would take a class of their own.
    smooth = np.minimum(smooth, np.percentile(smooth, BRIGHTEST_PERCENTILE))
    if smooth.min() == smooth.max():
        return on_grid_of(np.ones(array.shape, np.uint8), image)
    bright = on_grid_of((smooth > _lowest_threshold(smooth)).astype(np.uint8), image)
    components = sitk.RelabelComponent(sitk.ConnectedComponent(bright), sortByObjectSize=True)
    return _fill_slices(components == 1)


def _lowest_threshold(array: np.ndarray) -> float:
    otsu = sitk.OtsuMultipleThresholdsImageFilter()
    otsu.SetNumberOfThresholds(2)
    otsu.Execute(sitk.GetImageFromArray(array))
    return float(otsu.GetThresholds()[0])


def _fill_slices(mask: sitk.Image) -> sitk.Image:
    """Fill holes slice by slice: an airway that is open at the ends of the volume is a hole too."""
    slices = [binary_fill_holes(plane) for plane in sitk.GetArrayViewFromImage(mask)]
    return on_grid_of(np.stack(slices).astype(np.uint8), mask)
