"""N4 bias-field correction."""

from typing import Any

import SimpleITK as sitk


def correct(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image divided by a smooth field fitted inside the body mask.

    The field is fitted on a copy shrunk in-plane by ``shrink_factor`` and evaluated at full
    resolution; ``fitting_levels`` of ``iterations`` each.

    Source: Tustison et al., N4ITK, IEEE Trans Med Imaging 29:1310 (2010).
    """
    image = sitk.Cast(image, sitk.sitkFloat32)
    factor = settings["shrink_factor"]
    factors = [factor, factor, 1]
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([settings["iterations"]] * settings["fitting_levels"])
    corrector.SetConvergenceThreshold(settings["convergence"])
    corrector.Execute(sitk.Shrink(image, factors), sitk.Shrink(body, factors))
    return image / sitk.Exp(corrector.GetLogBiasFieldAsImage(image))
