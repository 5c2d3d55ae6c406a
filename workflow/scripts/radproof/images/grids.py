"""The analysis grid of a patient, and the one resampling onto it."""

import numpy as np
import SimpleITK as sitk

INTERPOLATORS = {"linear": sitk.sitkLinear, "bspline": sitk.sitkBSpline}
LABEL_INTERPOLATORS = {
    "nearest": sitk.sitkNearestNeighbor,
    "label_gaussian": sitk.sitkLabelGaussian,
}


def analysis_grid(
    reference: sitk.Image, spacing_mm: list[float], size: list[int] | None
) -> sitk.Image:
    """Return an empty image with the reference's axes and centre, at the given spacing.

    Parameters
    ----------
    reference
        The reference sequence as scanned; its axes are kept, so masks are never turned.
    spacing_mm
        Voxel size of the grid, x y z.
    size
        Voxels x y z around the centre of the image; None covers the whole image. Never centred on
        the tumour, which is not known for a new patient.
    """
    spacing = np.array(spacing_mm)
    extent = np.array(reference.GetSize()) * np.array(reference.GetSpacing())
    # A whisker less than the ratio, so that rounding of a header adds no slice outside the image.
    whole = np.maximum(np.ceil(extent / spacing - 1e-3), 1).astype(int)
    voxels = whole if size is None else np.array(size)
    middle = [(count - 1) / 2 for count in reference.GetSize()]
    centre = np.array(reference.TransformContinuousIndexToPhysicalPoint(middle))
    axes = np.reshape(reference.GetDirection(), (3, 3))
    grid = sitk.Image([int(count) for count in voxels], sitk.sitkUInt8)
    grid.SetSpacing([float(step) for step in spacing])
    grid.SetDirection(reference.GetDirection())
    grid.SetOrigin((centre - axes @ ((voxels - 1) / 2 * spacing)).tolist())
    return grid


def resample_image(
    image: sitk.Image, grid: sitk.Image, transform: sitk.Transform, interpolation: str
) -> sitk.Image:
    """Return an image on the grid, as float32; what lies outside takes the image's least value.

    ``transform`` maps points of the grid to points of the image (mm). Cubic B-splines (order 3) may
    overshoot at edges.
    """
    image = sitk.Cast(image, sitk.sitkFloat32)
    least = float(sitk.GetArrayViewFromImage(image).min())
    interpolator = INTERPOLATORS[interpolation]
    return sitk.Resample(image, grid, transform, interpolator, least, sitk.sitkFloat32)


def resample_mask(mask: sitk.Image, grid: sitk.Image, interpolation: str) -> sitk.Image:
    """Return a 0/1 mask on the grid: nearest voxel, half of a linear or of a Gaussian weight.

    A mask that is already on the grid comes back bit for bit, but not by ``label_gaussian``: its SD
    is one voxel of the mask whatever the grid (cut off at one SD), so that corners are rounded off
    (a box of 16 x 8 x 5 voxels loses a tenth of its volume) and what is one voxel thin is lost.
    Where voxels of the grid lie midway between the mask's (spacings in a ratio of 2), ``nearest``
    and ``label_gaussian`` take the same side each time and may move a mask by up to half of its
    voxel; ``linear`` takes both.
    """
    if interpolation in LABEL_INTERPOLATORS:
        interpolator = LABEL_INTERPOLATORS[interpolation]
        return sitk.Resample(mask, grid, sitk.Transform(), interpolator, 0)
    soft = sitk.Cast(mask, sitk.sitkFloat32)
    soft = sitk.Resample(soft, grid, sitk.Transform(), sitk.sitkLinear, 0.0)
    return sitk.Cast(soft >= 0.5, sitk.sitkUInt8)


def field_of_view(
    image: sitk.Image, grid: sitk.Image, transform: sitk.Transform | None = None
) -> sitk.Image:
    """Return which voxels of the grid have their centre inside the image, 0/1 of type uint8."""
    everywhere = sitk.Image(image.GetSize(), sitk.sitkUInt8) + 1
    everywhere.CopyInformation(image)
    identity = sitk.Transform()
    return sitk.Resample(everywhere, grid, transform or identity, sitk.sitkNearestNeighbor, 0)
