"""Rigid registration by mutual information, started at what the headers say."""

from typing import Any

import SimpleITK as sitk


def register(
    fixed: sitk.Image, moving: sitk.Image, settings: dict[str, Any], seed: int
) -> sitk.Transform:
    """Return the rigid transform from points of the fixed to points of the moving image (mm).

    Mattes mutual information on a seeded sample of voxels, coarse to fine over ``levels`` (each
    halves resolution and smoothing), rotation about the centre of the fixed image, regular steps
    along the gradient. One thread, so that the sums do not depend on the machine.

    Source: Mattes et al., IEEE Trans Med Imaging 22:120 (2003).
    """
    centre = fixed.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in fixed.GetSize()])
    start = sitk.Euler3DTransform()
    start.SetCenter(centre)
    factors = [2**level for level in reversed(range(settings["levels"]))]
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(settings["bins"])
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(settings["sampling"], seed)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0, minStep=1e-3, numberOfIterations=settings["iterations"]
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(factors)
    method.SetSmoothingSigmasPerLevel([factor / 2 if factor > 1 else 0 for factor in factors])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(start, inPlace=True)
    method.Execute(fixed, moving)
    return method.GetInitialTransform()
