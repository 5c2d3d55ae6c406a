"""Random changes of training slices: drawn by NumPy, one row a slice, applied by TensorFlow."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from radproof.segmentation.slices import Slices


@dataclass(frozen=True)
class Changes:
    """What is done to each of n slices.

    Attributes
    ----------
    transforms
        From output to input positions, (n, 8): projective, as TensorFlow writes them.
    gains, shifts
        Factor and addend of each channel's intensity, (n, 1, 1, channel).
    """

    transforms: np.ndarray
    gains: np.ndarray
    shifts: np.ndarray


def draw_changes(
    slices: Slices, chosen: np.ndarray, settings: dict[str, Any], rng: np.random.Generator
) -> Changes:
    """Draw a crop, flip, rotation, scale and intensity change for each chosen slice.

    Parameters
    ----------
    settings
        Of training: ``size`` (voxels, x and y) and ``augmentation`` with ``flip`` (whether left
        and right may change places), ``rotation_deg``, ``scale`` and ``intensity`` (largest
        relative changes; intensities are in standard deviations).
    """
    augmentation, count = settings["augmentation"], len(chosen)
    angles = np.deg2rad(rng.uniform(-1, 1, count) * augmentation["rotation_deg"])
    scales = 1.0 + rng.uniform(-1, 1, count) * augmentation["scale"]
    mirrored = np.where(rng.random(count) < 0.5, -1.0, 1.0) if augmentation["flip"] else 1.0
    size = np.array(settings["size"][::-1])
    centres = _crop_centres(slices, chosen, size, rng)
    cosine, sine = np.cos(angles) / scales, np.sin(angles) / scales
    to_x = np.stack([cosine * mirrored, -sine], axis=1)
    to_y = np.stack([sine * mirrored, cosine], axis=1)
    middle = (size[::-1] - 1) / 2.0
    transforms = np.zeros((count, 8), np.float32)
    transforms[:, 0:2], transforms[:, 2] = to_x, centres[:, 1] - to_x @ middle
    transforms[:, 3:5], transforms[:, 5] = to_y, centres[:, 0] - to_y @ middle
    shape = (count, 1, 1, slices.stack.shape[-1] - 1)
    return Changes(
        transforms=transforms,
        gains=(1 + rng.uniform(-1, 1, shape) * augmentation["intensity"]).astype(np.float32),
        shifts=(rng.uniform(-1, 1, shape) * augmentation["intensity"]).astype(np.float32),
    )


def _crop_centres(
    slices: Slices, chosen: np.ndarray, size: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return (row, column) of crops that lie in their slices and see the tumour, if any."""
    middle, extents = slices.middles[chosen], slices.extents[chosen]
    tumours = slices.centres[chosen]
    slack = np.maximum(extents - size, 0) / 2.0
    centres = middle + rng.uniform(-1, 1, extents.shape) * slack
    near = np.clip(centres, tumours - size / 4.0, tumours + size / 4.0)
    return np.where(np.isnan(tumours), centres, np.clip(near, middle - slack, middle + slack))


def apply_changes(
    stack: tf.Tensor,
    floors: tf.Tensor,
    transforms: tf.Tensor,
    gains: tf.Tensor,
    shifts: tf.Tensor,
    size: tuple[int, int],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return changed images (n, y, x, channel) and masks (n, y, x, 1) of slices with their masks.

    Interpolation is linear, in masks followed by a threshold at one half; beyond its edge a slice
    has its ``floors``, as in padding. ``size`` is (rows, columns).
    """
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=stack - floors,
        transforms=transforms,
        output_shape=tf.constant(size, tf.int32),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    moved += floors
    masks = tf.cast(moved[..., -1:] > 0.5, tf.float32)
    return moved[..., :-1] * gains + shifts, masks
