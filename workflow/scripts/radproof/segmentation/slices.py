"""From patients' volumes to the slices that a network is trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from radproof.errors import BadInput, Problem
from radproof.volumes import grid_differences, read_mask, read_volume

STRIDE = 32


@dataclass(frozen=True)
class Slices:
    """Slices of several patients, each in the middle of one common size.

    Attributes
    ----------
    stack
        Images and, as last channel, the mask (0 or 1): float32, (slice, y, x, channel).
    floors
        Least value of each channel in the slice's patient, which fills the padding:
        (slice, 1, 1, channel).
    extents
        Height and width in voxels of each slice before padding, (slice, 2).
    centres
        Row and column of the middle of the tumour in each slice, NaN where there is none.
    patients
        Number of the patient of each slice, in the order in which patients were given.
    """

    stack: np.ndarray
    floors: np.ndarray
    extents: np.ndarray
    centres: np.ndarray
    patients: np.ndarray

    @property
    def middles(self) -> np.ndarray:
        """Row and column of the middle of each slice before padding, (slice, 2)."""
        room = np.array(self.stack.shape[1:3]) - self.extents
        return room // 2 + (self.extents - 1) / 2.0

    @property
    def has_tumour(self) -> np.ndarray:
        """Whether each slice holds a voxel of the tumour."""
        return ~np.isnan(self.centres[:, 0])

    @cached_property
    def present(self) -> np.ndarray:
        """Whether each slice's patient has each sequence, not zeros in its place: (slice, channel).

        What varies nowhere in a patient was never scanned.
        """
        spread = self.stack[..., :-1].max(axis=(1, 2)) > self.floors[:, 0, 0, :-1]
        varies = np.zeros((self.patients.max() + 1, spread.shape[1]), bool)
        np.logical_or.at(varies, self.patients, spread)
        return varies[self.patients]

    def of(self, patients: np.ndarray) -> "Slices":
        """Return the slices of the patients of these numbers, numbered anew."""
        mine = np.isin(self.patients, patients)
        numbers = np.unique(self.patients[mine], return_inverse=True)[1]
        return Slices(
            self.stack[mine], self.floors[mine], self.extents[mine], self.centres[mine], numbers
        )


def read_channels(patient: str, files: Sequence[str | Path]) -> tuple[np.ndarray, sitk.Image]:
    """Read a patient's sequences as float32 (z, y, x, channel), and the image giving their grid.

    Raises
    ------
    BadInput
        If a file cannot be read or lies on another grid than the first.
    """
    images = [read_volume(file, patient) for file in files]
    problems = []
    for file, image in zip(files, images, strict=True):
        if differences := grid_differences(images[0], image):
            problems.append(_off_grid(patient, file, files[0], differences))
    if problems:
        raise BadInput(problems)
    channels = [sitk.GetArrayFromImage(image).astype(np.float32) for image in images]
    return np.stack(channels, axis=-1), images[0]


def _off_grid(
    patient: str, file: str | Path, first: str | Path, differences: Sequence[str]
) -> Problem:
    return Problem(
        "file lies on another grid than the patient's first sequence",
        patient=patient,
        file=str(file),
        found="; ".join(differences),
        expected=f"the grid of {first}",
        remedy="prepare the images again",
    )


def padded(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return (z, y, x, channel) in the middle of a size, around it each channel's minimum."""
    grown = np.empty((image.shape[0], height, width, image.shape[-1]), image.dtype)
    grown[:] = image.min(axis=(0, 1, 2))
    grown[inner(image.shape[1:3], (height, width))] = image
    return grown


def inner(extent: tuple[int, ...], size: tuple[int, int]) -> tuple[slice, ...]:
    """Return where rows and columns of an ``extent`` lie in the middle of ``size``."""
    starts = [(whole - part) // 2 for part, whole in zip(extent, size, strict=True)]
    rows, columns = (slice(start, start + part) for start, part in zip(starts, extent, strict=True))
    return slice(None), rows, columns


def canvas(extent: Sequence[int], size: Sequence[int]) -> tuple[int, int]:
    """Return rows and columns that hold an ``extent``, and at least what training shows.

    So a small image is seen with the surroundings it had in training. Multiples of the network's
    stride; ``size`` is that of training in voxels, x and y.
    """
    rows, columns = (
        -(-max(part, least) // STRIDE) * STRIDE
        for part, least in zip(extent, reversed(size), strict=True)
    )
    return rows, columns


def read_slices(
    patients: Sequence[str],
    images: Mapping[str, Sequence[str | Path]],
    masks: Mapping[str, str | Path],
    size: Sequence[int],
) -> Slices:
    """Read patients' images and masks as slices on the canvas of the largest patient.

    ``size`` is that of training in voxels, x and y.

    Raises
    ------
    BadInput
        With every problem of every patient: unreadable files, grids that differ.
    """
    volumes, problems = [], []
    for patient in patients:
        try:
            image, grid = read_channels(patient, images[patient])
            mask = read_mask(masks[patient], 1, patient)
            if differences := grid_differences(grid, mask):
                first = images[patient][0]
                raise BadInput(_off_grid(patient, masks[patient], first, differences))
        except BadInput as error:
            problems += error.problems
            continue
        drawn = sitk.GetArrayFromImage(mask)[..., None].astype(np.float32)
        volumes.append(np.concatenate([image, drawn], axis=-1))
    if problems:
        raise BadInput(problems)
    largest = [max(volume.shape[axis] for volume in volumes) for axis in (1, 2)]
    stack = np.concatenate([padded(volume, *canvas(largest, size)) for volume in volumes])
    counts = [len(volume) for volume in volumes]
    floors = np.stack([volume.min(axis=(0, 1, 2)) for volume in volumes])
    return Slices(
        stack=stack,
        floors=np.repeat(floors, counts, axis=0)[:, None, None],
        extents=np.repeat([volume.shape[1:3] for volume in volumes], counts, axis=0),
        centres=_tumour_centres(stack[..., -1]),
        patients=np.repeat(np.arange(len(volumes)), counts),
    )


def _tumour_centres(masks: np.ndarray) -> np.ndarray:
    n_voxels = masks.sum(axis=(1, 2))
    n_voxels[n_voxels == 0] = np.nan
    rows = masks.sum(axis=2) @ np.arange(masks.shape[1]) / n_voxels
    columns = masks.sum(axis=1) @ np.arange(masks.shape[2]) / n_voxels
    return np.stack([rows, columns], axis=1)


def draw_slices(
    has_tumour: np.ndarray, background_share: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the slices of one epoch, in random order: every one with tumour, and some without.

    Those without are drawn anew each time, to make up ``background_share`` of the epoch; each at
    most once, so that there may be fewer.
    """
    with_tumour, without = np.flatnonzero(has_tumour), np.flatnonzero(~has_tumour)
    wanted = round(len(with_tumour) * background_share / (1.0 - background_share))
    drawn = rng.choice(without, min(wanted, len(without)), replace=False)
    return rng.permutation(np.concatenate([with_tumour, drawn]))


def validation_patients(
    patients: Sequence[str], fraction: float, rng: np.random.Generator
) -> list[str]:
    """Return the patients kept for choosing the epoch: a random ``fraction``, at least one.

    Raises
    ------
    BadInput
        If no patient would be left to train on.
    """
    count = max(1, round(len(patients) * fraction))
    if count >= len(patients):
        raise BadInput(
            Problem(
                "too few patients to train a segmenter",
                found=f"{len(patients)}, of which {count} for validation",
                expected="at least one more",
                remedy="make fewer folds or lower validation_fraction",
            )
        )
    return sorted(rng.choice(sorted(patients), count, replace=False).tolist())
