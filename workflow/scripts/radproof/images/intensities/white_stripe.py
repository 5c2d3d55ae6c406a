"""White stripe: a z-score by the voxels around a mode of the histogram.

Source: Shinohara et al., NeuroImage Clin 6:9 (2014), where the stripe is normal-appearing white
matter: the last mode of a T1, the largest of a T2 image, in the brain. Outside the brain, or where
the body holds more than brain, the mode is of whatever tissue has it, and the result is only
white-stripe-like: see which tissue that is before relying on it.
"""

from typing import Any

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from radproof.errors import BadInput, Problem
from radproof.images.percentiles import percentiles_inside, values_inside

BINS = 512
# A standard deviation of 1/64 of the range.
SMOOTHING_BINS = 8.0
TAILS = (0.5, 99.5)
# A mode lower than this share of the largest is of the tail, as in the authors' own software.
RARE = 0.2


def scale(image: sitk.Image, body: sitk.Image, settings: dict[str, Any]) -> sitk.Image:
    """Return the image less the mean of the stripe, over the stripe's standard deviation.

    The stripe is all voxels of the body whose rank lies within ``width`` (a share of the voxels)
    of the rank of the mode, on either side; the mode's rank is the mean of those of its bin's ends.
    Voxels outside are scaled alike.

    Raises
    ------
    BadInput
        If the voxels of the body, or of the stripe, do not differ.
    """
    values = values_inside(image, body)
    start, end = mode_bin(values, percentiles_inside(image, body, TAILS), settings["mode"])
    rank = float((values < start).mean() + (values <= end).mean()) / 2
    ranks = np.clip([rank - settings["width"], rank + settings["width"]], 0, 1)
    lower, upper = np.quantile(values, ranks)
    stripe = values[(lower <= values) & (values <= upper)]
    spread = float(stripe.std())
    if spread == 0:
        raise BadInput(
            Problem(
                "voxels around the mode do not differ",
                found=f"{lower:g} alone",
                remedy="make the width larger, or choose another kind of intensity",
            )
        )
    return (image - float(stripe.mean())) / spread


def mode_bin(values: np.ndarray, limits: np.ndarray, which: str) -> tuple[float, float]:
    """Return the ends of the bin of a mode of the smoothed histogram, in the unit of ``values``.

    512 bins between ``limits``, smoothed by a Gaussian (SD 8 bins). ``largest`` is the highest bin
    (the lowest in value of several), ``last`` the local maximum of largest value that reaches a
    fifth of the highest. Nothing is random.

    Parameters
    ----------
    values
        Shape (voxels,).
    limits
        Two values, the first below the second; voxels beyond are left out of the histogram.
    which
        ``largest`` or ``last``.
    """
    counts, edges = np.histogram(values, BINS, (float(limits[0]), float(limits[1])))
    smooth = gaussian_filter1d(counts.astype(np.float64), SMOOTHING_BINS)
    chosen = int(smooth.argmax())
    if which == "last":
        # Zeros around, so that a maximum at an end counts.
        chosen = int(find_peaks(np.pad(smooth, 1), height=RARE * smooth.max())[0][-1]) - 1
    return float(edges[chosen]), float(edges[chosen + 1])
