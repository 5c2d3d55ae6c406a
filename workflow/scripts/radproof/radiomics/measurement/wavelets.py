"""PyRadiomics' wavelets, of no more of the image than is needed, one at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pywt
import SimpleITK as sitk

from radproof.radiomics.measurement.placing import Placed


def wavelets(image: np.ndarray, arguments: dict[str, Any]) -> Iterator[tuple[np.ndarray, str]]:
    """Yield the details of each level, and the approximation of the last.

    PyRadiomics' own function makes two copies of every one of them before it yields the first.

    Parameters
    ----------
    image
        (z, y, x).
    arguments
        PyRadiomics' ``wavelet start_level level force2D force2Ddimension``.

    Source: ``radiomics.imageoperations.getWaveletImage`` 3.0.1.
    """
    axes = [2, 1, 0]
    if arguments.get("force2D", False):
        axes.remove(arguments.get("force2Ddimension", 0))
    wavelet = pywt.Wavelet(arguments.get("wavelet", "coif1"))
    # The transform takes even lengths alone.
    whole = tuple(slice(size) for size in image.shape)
    data = np.pad(image, [(0, size % 2) for size in image.shape], "wrap")
    approximation = "a" * len(axes)

    def transform(data: np.ndarray) -> dict[str, np.ndarray]:
        return pywt.swtn(data, wavelet, level=1, start_level=0, axes=axes)[0]

    for _ in range(arguments.get("start_level", 0)):
        data = transform(data)[approximation]
    levels = arguments.get("level", 1)
    prefix = ""
    for level in range(1, levels + 1):
        prefix = f"wavelet{level if level > 1 else ''}"
        parts = transform(data)
        data = parts.pop(approximation)
        for name in list(parts):
            letters = name.replace("a", "L").replace("d", "H")
            yield parts.pop(name)[whole], f"{prefix}-{letters}"
    yield data[whole], f"{prefix}-{'L' * len(axes)}"


def within_reach(
    image: sitk.Image, masks: list[Placed], arguments: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return where what the wavelets inside the masks depend on starts (x y z), and its array.

    A filter reaches half its length at each level. An axis that leaves no room for that is kept
    whole, because the transform wraps around at the ends of the image; any other is cut to an even
    length, which is not padded.
    """
    length = pywt.Wavelet(arguments.get("wavelet", "coif1")).dec_len
    reach = length * (arguments.get("start_level", 0) + arguments.get("level", 1))
    boxes = np.array([placed.box for placed in masks])
    size = np.array(image.GetSize())
    low = boxes[:, 0::2].min(axis=0) - reach
    high = boxes[:, 1::2].max(axis=0) + 1 + reach
    high += (high - low) % 2
    whole = (low < 0) | (high > size)
    low, high = np.where(whole, 0, low), np.where(whole, size, high)
    box = tuple(slice(low[axis], high[axis]) for axis in (2, 1, 0))
    return low, sitk.GetArrayViewFromImage(image)[box]
