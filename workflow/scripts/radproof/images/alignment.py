"""Alignment of two images by mutual information, whatever the kind of transform."""

from itertools import product
from typing import Any

import numpy as np
import SimpleITK as sitk

FIRST_STEP, LAST_STEP = 1.0, 1e-3
CONVERGENCE, WINDOW = 1e-5, 10


def centre_of(image: sitk.Image) -> tuple[float, ...]:
    """Return the middle of an image's volume, x y z in mm."""
    middle = [(count - 1) / 2 for count in image.GetSize()]
    return tuple(image.TransformContinuousIndexToPhysicalPoint(middle))


def initial_rigid(fixed: sitk.Image, moving: sitk.Image, initial: str) -> sitk.Euler3DTransform:
    """Return the shift to start at: none (``headers``), or centre onto centre.

    Centres are the middle of each volume (``geometry``) or of its intensities (``moments``). The
    transform turns about the centre of the fixed image.
    """
    start = sitk.Euler3DTransform()
    start.SetCenter(centre_of(fixed))
    if initial == "headers":
        return start
    way = getattr(sitk.CenteredTransformInitializerFilter, initial.upper())
    # Moments weigh with intensity, which is negative in air on CT.
    fixed, moving = (_from_zero(image) for image in (fixed, moving))
    shift = sitk.CenteredTransformInitializer(fixed, moving, sitk.Euler3DTransform(), way)
    start.SetTranslation(np.subtract(shift.TransformPoint(centre_of(fixed)), centre_of(fixed)))
    return start


def _from_zero(image: sitk.Image) -> sitk.Image:
    image = sitk.Cast(image, sitk.sitkFloat32)
    return image - float(sitk.GetArrayViewFromImage(image).min())


def turned_starts(start: sitk.Euler3DTransform, angle_deg: float) -> list[sitk.Transform]:
    """Return a start and the same turned by plus and minus an angle about each axis."""
    starts: list[sitk.Transform] = [start]
    for axis, sign in product(range(3), (-1, 1)) if angle_deg else ():
        turned = sitk.Euler3DTransform(start)
        angles = [sign * np.radians(angle_deg) if axis == each else 0.0 for each in range(3)]
        turned.SetRotation(*map(float, angles))
        starts.append(turned)
    return starts


def best_aligned(
    fixed: sitk.Image,
    moving: sitk.Image,
    starts: list[sitk.Transform],
    settings: dict[str, Any],
    seed: int,
) -> sitk.Transform:
    """Return the transform that aligns best, from points of the fixed to the moving image (mm).

    Coarse to fine over ``resolutions_mm``. The coarsest is run from every start, the finer ones
    from where the metric was best after it: from a single start, a patient turned by 8 degrees may
    end in a local optimum.

    Raises
    ------
    RuntimeError
        If the images do not overlap, from any start.
    """
    for resolution_mm in settings["resolutions_mm"]:
        coarse, moved = (coarsened(image, resolution_mm) for image in (fixed, moving))
        method = _mutual_information(coarse, settings, seed)
        starts = [_best_end(method, coarse, moved, starts)]
    return starts[0]


def coarsened(image: sitk.Image, resolution_mm: float) -> sitk.Image:
    """Return the means of blocks of voxels, as many along each axis as the resolution holds.

    A thick slice is left as it is, so that all axes come near the same resolution. Where an axis
    is no whole number of blocks the last voxels are left out; every mean lies where its block did.
    """
    steps = zip(image.GetSpacing(), image.GetSize(), strict=True)
    factors = [min(max(round(resolution_mm / step), 1), size) for step, size in steps]
    return sitk.BinShrink(sitk.Cast(image, sitk.sitkFloat32), factors)


def _mutual_information(
    fixed: sitk.Image, settings: dict[str, Any], seed: int
) -> sitk.ImageRegistrationMethod:
    """Return a descent along Mattes mutual information on a seeded sample of voxels."""
    method = sitk.ImageRegistrationMethod()
    # Sums split over threads would depend on the machine.
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(settings["bins"])
    share = settings["samples"] / fixed.GetNumberOfPixels()
    if share < 1:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(share, seed)
    method.SetInterpolator(sitk.sitkLinear)
    steps = settings["iterations"]
    if settings["kind"] == "rigid":
        method.SetOptimizerAsRegularStepGradientDescent(FIRST_STEP, LAST_STEP, steps)
    else:
        # With twelve parameters steps of fixed length wander off; near the optimum, where it
        # starts, a search along the line does not.
        method.SetOptimizerAsGradientDescentLineSearch(FIRST_STEP, steps, CONVERGENCE, WINDOW)
    method.SetOptimizerScalesFromPhysicalShift()
    return method


def _best_end(
    method: sitk.ImageRegistrationMethod,
    fixed: sitk.Image,
    moving: sitk.Image,
    starts: list[sitk.Transform],
) -> sitk.Transform:
    ends, failure = [], None
    for start in starts:
        end = type(start)(start)
        method.SetInitialTransform(end, inPlace=True)
        try:
            method.Execute(fixed, moving)
        except RuntimeError as error:
            failure = error
        else:
            ends.append((method.GetMetricValue(), end))
    if failure and not ends:
        raise failure
    return min(ends, key=lambda end: end[0])[1]
