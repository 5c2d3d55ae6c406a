"""What a network is shown of a volume: whole slices or windows, as they are and mirrored."""

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from radproof.segmentation.slices import canvas, inner, padded

# From (slice, y, x, channel) to probabilities (slice, y, x).
Predict = Callable[[np.ndarray], np.ndarray]
AXES = {"y": 1, "x": 2}


def probabilities(predict: Predict, volume: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Return the mean probabilities of a volume as it is and mirrored in every combination of axes.

    Parameters
    ----------
    predict
        Of slices whose rows and columns are multiples of 32.
    volume
        float32, (z, y, x, channel), of any size.
    settings
        ``window`` (x and y in voxels, or None for whole slices), ``flips`` (axes to mirror along)
        and the ``size`` of training (x and y).

    Returns
    -------
    numpy.ndarray
        (z, y, x), 0 to 1.
    """
    axes = sorted(AXES[name] for name in settings["flips"])
    mirrors = [chosen for count in range(len(axes) + 1) for chosen in combinations(axes, count)]
    total = np.zeros(volume.shape[:3], np.float32)
    for chosen in mirrors:
        # Mirrored before it is padded, so that the result mirrors with the volume.
        total += np.flip(_one_view(predict, np.flip(volume, chosen), settings), chosen)
    return total / len(mirrors)


def _one_view(predict: Predict, volume: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    extent = volume.shape[1:3]
    if settings["window"] is None:
        shown = padded(volume, *canvas(extent, settings["size"]))
        found = predict(shown)
    else:
        window = tuple(reversed(settings["window"]))
        shown = padded(volume, *map(max, extent, window))
        found = blended(predict, shown, window)
    return found[inner(extent, shown.shape[1:3])]


def blended(predict: Predict, slices: np.ndarray, window: Sequence[int]) -> np.ndarray:
    """Return probabilities (z, y, x) of slices (z, y, x, channel) from overlapping windows.

    ``window`` has rows and columns, no more than the slices. Where windows overlap, the mean is
    weighted by `fading`, so that no edge of a window shows.
    """
    weight = fading(window)
    total = np.zeros(slices.shape[:3], np.float32)
    weights = np.zeros(slices.shape[1:3], np.float32)
    for corner in product(*map(starts, slices.shape[1:3], window)):
        place = tuple(slice(at, at + part) for at, part in zip(corner, window, strict=True))
        total[:, *place] += weight * predict(slices[:, *place])
        weights[place] += weight
    return total / weights


def starts(extent: int, window: int) -> list[int]:
    """Return where windows along an axis begin: every half window, the last one at the end."""
    room = extent - window
    return [*range(0, room, window // 2), room]


def fading(window: Sequence[int]) -> np.ndarray:
    """Return the weight of each voxel of a window: along both axes a line that falls to the edge.

    (y, x), above 0 everywhere: where one window is all there is, its weight does not matter.
    """
    falls = (np.minimum(range(n), range(n)[::-1]) + np.float32(1) for n in window)
    return np.outer(*falls).astype(np.float32)
