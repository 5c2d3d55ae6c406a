"""Random changes of training slices: drawn by NumPy, one generator a sample, applied by TensorFlow.

What happens to a sample depends on its seed alone, not on the batch that it is in.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.interpolate import BSpline

from radproof.segmentation.slices import Slices

# Knots of the smooth fields along each axis: elastic deformation and bias.
KNOTS = 6


@dataclass(frozen=True)
class Changes:
    """What is done to each of n slices.

    Attributes
    ----------
    affine
        From output (x, y, 1) to input (x, y), float32 (n, 2, 3).
    elastic
        Displacement (x, y) in voxels at the knots, float32 (n, KNOTS, KNOTS, 2).
    gains, shifts
        Factor and addend of each channel's intensity, float32 (n, 1, 1, channel).
    bias
        Logarithm of a factor of each channel at the knots, float32 (n, KNOTS, KNOTS, channel).
    noise
        Added to each channel, float32 (n, y, x, channel); (n, 1, 1, channel) of nought for none.
    """

    affine: np.ndarray
    elastic: np.ndarray
    gains: np.ndarray
    shifts: np.ndarray
    bias: np.ndarray
    noise: np.ndarray

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Return the arrays in the order of the attributes."""
        return astuple(self)


def draw_changes(
    slices: Slices, chosen: np.ndarray, settings: dict[str, Any], seeds: Sequence[int]
) -> Changes:
    """Draw a crop, flips, a deformation and changes of intensity for each chosen slice.

    Parameters
    ----------
    settings
        Of training: ``size`` (voxels, x and y) and ``augmentation``, each entry the largest change
        of its kind; intensities are in the unit of the prepared images.
    seeds
        One a chosen slice.
    """
    augmentation, size = settings["augmentation"], np.array(settings["size"])
    channels = slices.stack.shape[-1] - 1
    counts = [6, channels, channels, 1, KNOTS**2 * 2, KNOTS**2 * channels]
    generators = [np.random.default_rng(seed) for seed in seeds]
    drawn = np.stack([rng.uniform(-1, 1, sum(counts)) for rng in generators])
    placed, gains, shifts, noise, elastic, bias = np.split(drawn, np.cumsum(counts)[:-1], axis=1)
    knots, per_channel = (len(chosen), KNOTS, KNOTS, -1), (len(chosen), 1, 1, channels)
    # A sequence that a patient lacks stays zero, as inference will show it.
    present = slices.present[chosen].reshape(per_channel)
    parts = (
        _affine(slices, chosen, size, placed, augmentation),
        elastic.reshape(knots) * augmentation["elastic"],
        1.0 + gains.reshape(per_channel) * augmentation["intensity"],
        shifts.reshape(per_channel) * augmentation["intensity"] * present,
        bias.reshape(knots) * augmentation["bias"],
        _noise(generators, (noise[:, 0] + 1) / 2 * augmentation["noise"], size, channels) * present,
    )
    return Changes(*(part.astype(np.float32) for part in parts))


def _affine(
    slices: Slices,
    chosen: np.ndarray,
    size: np.ndarray,
    placed: np.ndarray,
    augmentation: dict[str, Any],
) -> np.ndarray:
    """Return (n, 2, 3) from numbers in -1 to 1: angle, scale, two flips, y and x of a crop."""
    angles = np.deg2rad(placed[:, 0] * augmentation["rotation_deg"])
    scales = 1.0 + placed[:, 1] * augmentation["scale"]
    mirror_x, mirror_y = (
        np.where(placed[:, column] < 0, -1.0, 1.0) if axis in augmentation["flip"] else 1.0
        for column, axis in ((2, "x"), (3, "y"))
    )
    cosine, sine = np.cos(angles) / scales, np.sin(angles) / scales
    linear = np.array([[cosine * mirror_x, -sine * mirror_y], [sine * mirror_x, cosine * mirror_y]])
    linear = np.moveaxis(linear, -1, 0)
    centres = _crop_centres(slices, chosen, size[::-1], placed[:, 4:6])[:, ::-1]
    offsets = centres - linear @ ((size - 1) / 2.0)
    return np.concatenate([linear, offsets[..., None]], axis=2)


def _crop_centres(
    slices: Slices, chosen: np.ndarray, size: np.ndarray, placed: np.ndarray
) -> np.ndarray:
    """Return (row, column) of crops that lie in their slices and see the tumour, if any."""
    middle, extents = slices.middles[chosen], slices.extents[chosen]
    tumours = slices.centres[chosen]
    slack = np.maximum(extents - size, 0) / 2.0
    centres = middle + placed * slack
    near = np.clip(centres, tumours - size / 4.0, tumours + size / 4.0)
    return np.where(np.isnan(tumours), centres, np.clip(near, middle - slack, middle + slack))


def _noise(
    generators: Sequence[np.random.Generator], spreads: np.ndarray, size: np.ndarray, channels: int
) -> np.ndarray:
    if not spreads.any():
        return np.zeros((len(generators), 1, 1, channels))
    shape = (size[1], size[0], channels)
    return np.stack(
        [
            rng.standard_normal(shape, np.float32) * np.float32(spread)
            for rng, spread in zip(generators, spreads, strict=True)
        ]
    )


def spline_basis(length: int) -> np.ndarray:
    """Return the weights (length, KNOTS) of uniform cubic B-splines; each row adds up to one."""
    ends = np.arange(-3, KNOTS + 1, dtype=float)
    places = np.linspace(0.0, KNOTS - 3.0, length)
    return BSpline.design_matrix(places, ends, 3).toarray().astype(np.float32)


def _smooth(knots: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Return a smooth field (n, rows, columns, k) from its values at knots (n, KNOTS, KNOTS, k)."""
    rows, columns = (tf.constant(spline_basis(length)) for length in size)
    return tf.einsum("rj,njkc,xk->nrxc", rows, knots, columns)


def apply_changes(
    stack: tf.Tensor,
    floors: tf.Tensor,
    chosen: tf.Tensor,
    changes: Sequence[tf.Tensor],
    size: tuple[int, int],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return changed images (n, y, x, channel) and masks (n, y, x, 1) of chosen slices.

    Interpolation is linear, in masks followed by a threshold at one half; beyond its edge a slice
    has its ``floors``, as in padding. ``stack`` and ``floors`` are those of `Slices`, ``changes``
    the arrays of `Changes`, ``size`` is (rows, columns).
    """
    affine, elastic, gains, shifts, bias, noise = changes
    lowest = tf.gather(floors, chosen)
    row = tf.range(size[0], dtype=tf.float32)[None, :, None, None]
    column = tf.range(size[1], dtype=tf.float32)[None, None, :, None]
    to_x, to_y, offset = (affine[:, None, None, :, index] for index in range(3))
    places = column * to_x + (row * to_y + offset) + _smooth(elastic, size)
    moved = _interpolated(stack, chosen, places, lowest)
    masks = tf.cast(moved[..., -1:] > 0.5, tf.float32)
    ground = lowest[..., :-1]
    # A field multiplies what a scanner received, which is nought where the image is lowest.
    images = (moved[..., :-1] - ground) * tf.exp(_smooth(bias, size)) + ground
    return images * gains + shifts + noise, masks


def _interpolated(
    stack: tf.Tensor, chosen: tf.Tensor, places: tf.Tensor, lowest: tf.Tensor
) -> tf.Tensor:
    """Return slices at places (n, rows, columns, (x, y)), linearly; ``lowest`` lies beyond."""
    height, width = (tf.cast(tf.shape(stack)[axis], tf.int64) for axis in (1, 2))
    last_row, last_column = tf.cast(height - 1, tf.float32), tf.cast(width - 1, tf.float32)
    voxels = tf.reshape(stack, (-1, stack.shape[-1]))
    first = chosen[:, None, None] * (height * width)
    corner = tf.floor(places)
    share = places - corner
    found, covered = 0.0, 0.0
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = corner[..., 0] + right, corner[..., 1] + below
        inside = (x >= 0) & (x <= last_column) & (y >= 0) & (y <= last_row)
        weight = tf.abs(1 - right - share[..., 0]) * tf.abs(1 - below - share[..., 1])
        weight = tf.where(inside, weight, 0.0)[..., None]
        column = tf.cast(tf.clip_by_value(x, 0.0, last_column), tf.int64)
        row = tf.cast(tf.clip_by_value(y, 0.0, last_row), tf.int64)
        found += weight * tf.gather(voxels, first + row * width + column)
        covered += weight
    return found + (1.0 - covered) * lowest
