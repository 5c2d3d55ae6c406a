"""One mask on one filtered image, cut out and binned once for all feature classes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import SimpleITK as sitk
from radiomics import cMatrices, imageoperations

from radproof.errors import BadInput, Problem
from radproof.radiomics.measurement import matrices

# More would fill the memory before they say anything.
MOST_BINS = 100_000


@dataclass(frozen=True)
class Cut:
    """The bounding box of a mask on an image, with the grey levels inside the mask.

    Attributes
    ----------
    array
        Intensities, (z, y, x).
    mask
        Boolean, the same shape.
    spacing_mm
        Voxel size, x, y, z.
    settings
        PyRadiomics' settings for this filtered image.
    """

    array: np.ndarray
    mask: np.ndarray
    spacing_mm: tuple[float, ...]
    settings: dict[str, Any]

    @cached_property
    def values(self) -> np.ndarray:
        """Intensities inside the mask, in the order z, y, x."""
        return self.array[self.mask]

    @cached_property
    def n_undefined(self) -> int:
        """Number of voxels without a finite intensity; with any, nothing can be measured."""
        return int(np.count_nonzero(~np.isfinite(self.values)))

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The least and the largest intensity."""
        return float(self.values.min()), float(self.values.max())

    @cached_property
    def bins(self) -> np.ndarray:
        """Grey level of each of the values, from 1.

        The edges follow from the least and the largest value alone, whether their width or their
        number is set, and PyRadiomics takes seconds to look for these two. An edge may lie beyond
        the range of the image's whole numbers, which NumPy 2 would let run over.
        """
        ends = np.array([self.values.min(), self.values.max()])
        if np.issubdtype(ends.dtype, np.integer):
            ends = ends.astype(np.int64)
        width = self.settings.get("binWidth", 25)
        if self.settings.get("binCount") is None and (ends[1] - ends[0]) / width > MOST_BINS:
            what, found = "bin width is too small for the image", f"{width:g}"
            expected = f"{(ends[1] - ends[0]) / MOST_BINS:.3g} or more"
            raise BadInput(Problem(what, found=found, expected=expected))
        return np.digitize(self.values, imageoperations.getBinEdges(ends, **self.settings))

    @cached_property
    def _counts(self) -> np.ndarray:
        return np.bincount(self.bins)

    @cached_property
    def levels(self) -> np.ndarray:
        """The grey levels that occur, in order."""
        return np.flatnonzero(self._counts)

    @cached_property
    def level_counts(self) -> np.ndarray:
        """Number of voxels of each of the levels."""
        return self._counts[self.levels]

    @cached_property
    def binned(self) -> np.ndarray:
        """Grey levels in the shape of the array; 0 outside the mask."""
        binned = np.zeros(self.mask.shape, dtype="int")
        binned[self.mask] = self.bins
        return binned

    @cached_property
    def _padding(self) -> int:
        return max([1, *self._distances])

    @cached_property
    def _padded(self) -> np.ndarray:
        ranks = np.zeros(len(self._counts), dtype=np.int32)
        ranks[self.levels] = np.arange(1, len(self.levels) + 1)
        padded = np.zeros([size + 2 * self._padding for size in self.mask.shape], dtype=np.int32)
        inside = tuple(slice(self._padding, self._padding + size) for size in self.mask.shape)
        padded[inside][self.mask] = ranks[self.bins]
        return padded

    @cached_property
    def ranks(self) -> np.ndarray:
        """Ranks of the levels in a padded array, flattened: 0 outside the mask, then from 1."""
        return self._padded.ravel()

    @cached_property
    def voxels(self) -> np.ndarray:
        """Positions in ``ranks`` of the voxels of the mask."""
        return np.flatnonzero(self.ranks)

    def offsets(self, distances: list[int]) -> np.ndarray:
        """Return the steps in ``ranks`` to one of each two opposite neighbours, as PyRadiomics has.

        Raises
        ------
        RuntimeError
            If the mask has no neighbours at all, being thinner than the distances.
        """
        angles = cMatrices.generate_angles(
            np.array(self.mask.shape),
            np.array(distances),
            False,
            self.settings.get("force2D", False),
            self.settings.get("force2Ddimension", 0),
        )
        strides = np.array(self._padded.strides) // self._padded.itemsize
        return (angles @ strides).astype(np.int64)

    @cached_property
    def _distances(self) -> list[int]:
        return list(self.settings.get("distances", [1]))

    @cached_property
    def co_occurrences(self) -> np.ndarray:
        """Pairs of levels at the settings' distances; see ``matrices.co_occurrences``."""
        return self._pairs(self._distances)

    @cached_property
    def next_pairs(self) -> np.ndarray:
        """Pairs of levels at distance 1."""
        return self.co_occurrences if self._distances == [1] else self._pairs([1])

    def _pairs(self, distances: list[int]) -> np.ndarray:
        offsets = self.offsets(distances)
        return matrices.co_occurrences(self.ranks, self.voxels, offsets, len(self.levels))

    @cached_property
    def neighbourhoods(self) -> tuple[np.ndarray, np.ndarray]:
        """Dependences and differences; see ``matrices.neighbourhoods``."""
        offsets, alpha = self.offsets(self._distances), self.settings.get("gldm_a", 0)
        return matrices.neighbourhoods(self.ranks, self.voxels, offsets, self.levels, alpha)

    @cached_property
    def stand_in(self) -> sitk.Image:
        """One voxel with the spacing of the image, for code that asks an image for nothing else."""
        voxel = sitk.Image([1, 1, 1], sitk.sitkUInt8)
        voxel.SetSpacing(self.spacing_mm)
        return voxel
