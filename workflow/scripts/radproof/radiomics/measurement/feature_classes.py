"""PyRadiomics' feature classes, fed with what was cut out, binned and counted once.

Every formula is PyRadiomics' own. What is replaced is where its matrices come from, and a few
intermediate sums that cost more than the formulas. With settings or masks that are rare (weighted
angles, masks one voxel thin) PyRadiomics counts its matrices itself.
"""

import logging
from functools import cache, reduce
from typing import Any

import numpy as np
import SimpleITK as sitk
from numba import njit
from radiomics import base, firstorder, glcm, gldm, glrlm, glszm, ngtdm, shape, shape2D

from radproof.radiomics.measurement import matrices
from radproof.radiomics.measurement.cut import Cut
from radproof.radiomics.measurement.mesh import measure_mesh

# A class logs under the name of the module it stands in; what it lacks is said by outcomes.
logging.getLogger(__name__).setLevel(logging.CRITICAL)


class _OfCut(base.RadiomicsFeaturesBase):
    """Takes a cut in place of an image and a mask."""

    def __init__(self, cut: Cut, **settings: Any) -> None:
        self.cut = cut
        super().__init__(cut.stand_in, cut.stand_in, **settings)

    @classmethod
    @cache
    def getFeatureNames(cls) -> dict[str, bool]:  # noqa: N802
        """Return the features of the class, and whether each is deprecated."""
        return super().getFeatureNames()

    def _initSegmentBasedCalculation(self) -> None:  # noqa: N802
        self.imageArray, self.maskArray = self.cut.array, self.cut.mask

    def _applyBinning(self, matrix: np.ndarray) -> np.ndarray:  # noqa: N802
        self.coefficients["grayLevels"] = self.cut.levels
        self.coefficients["Ng"] = int(self.cut.levels[-1])
        return self.cut.binned


class FirstOrder(_OfCut, firstorder.RadiomicsFirstOrder):
    """First-order statistics."""

    def _initCalculation(self, voxelCoordinates: None = None) -> None:  # noqa: N802, N803
        # In order of size: percentiles are then found at once.
        self.targetVoxelArray = np.sort(self.cut.values.astype(float)).reshape(1, -1)
        self._centred = self.targetVoxelArray - self.targetVoxelArray.mean()
        counts = self.cut.level_counts.astype(float).reshape(1, -1)
        self.coefficients["p_i"] = counts / counts.sum()

    def _moment(self, a: np.ndarray, moment: int) -> np.ndarray:
        # A product is some ten times as fast as a power.
        return reduce(np.multiply, [self._centred] * moment).mean(axis=1)


class Glcm(_OfCut, glcm.RadiomicsGLCM):
    """Grey level co-occurrence."""

    def _calculateMatrix(self, voxelCoordinates: None = None) -> np.ndarray:  # noqa: N802, N803
        if self.weightingNorm is not None:
            return super()._calculateMatrix(voxelCoordinates)
        counts = self.cut.co_occurrences
        if self.symmetricalGLCM:
            counts = counts + counts.transpose(0, 2, 1)
        totals = counts.sum(axis=(1, 2))
        if not totals.any():
            return super()._calculateMatrix(voxelCoordinates)
        used = totals > 0
        shares = counts[used] / totals[used, None, None]
        return np.ascontiguousarray(shares.transpose(1, 2, 0))[None]

    def _calculateCoefficients(self) -> None:  # noqa: N802
        p, eps, n = self.P_glcm, np.spacing(1), self.coefficients["Ng"]
        levels = self.coefficients["grayLevels"].astype(float)
        i, j = np.meshgrid(levels, levels, indexing="ij", sparse=True)
        self.coefficients |= {
            "eps": eps,
            "i": i,
            "j": j,
            "kValuesSum": np.arange(2, 2 * n + 1, dtype=float),
            "kValuesDiff": np.arange(n, dtype=float),
            "px": p.sum(2, keepdims=True),
            "py": p.sum(1, keepdims=True),
            "ux": np.sum(i[None, :, :, None] * p, (1, 2), keepdims=True),
            "uy": np.sum(j[None, :, :, None] * p, (1, 2), keepdims=True),
            "pxAddy": _sums_along(p[0], (i + j).astype(int) - 2, 2 * n - 1)[None],
            "pxSuby": _sums_along(p[0], np.abs(i - j).astype(int), n)[None],
            "HXY": -np.sum(p * np.log2(p + eps), (1, 2)),
        }

    def getMCCFeatureValue(self) -> np.ndarray | int:  # noqa: N802
        """Return the maximal correlation coefficient, averaged over the angles."""
        if self.P_glcm.shape[1] < 2:
            return 1
        by_angle = np.ascontiguousarray(self.P_glcm[0].transpose(2, 0, 1))
        rows, columns = (
            np.ascontiguousarray(self.coefficients[name][0].squeeze(axis).T)
            for name, axis in (("px", 1), ("py", 0))
        )
        eigenvalues = np.linalg.eigvals(_transitions(by_angle, rows, columns, np.spacing(1)))
        eigenvalues.sort(axis=1)
        return np.nanmean(np.sqrt(eigenvalues[:, -2])[None], 1).real


class Glrlm(_OfCut, glrlm.RadiomicsGLRLM):
    """Grey level run lengths."""

    def _calculateMatrix(self, voxelCoordinates: None = None) -> np.ndarray:  # noqa: N802, N803
        cut, longest = self.cut, max(self.cut.mask.shape)
        if self.weightingNorm is not None or not cut.next_pairs.any(axis=(1, 2)).all():
            return super()._calculateMatrix(voxelCoordinates)
        offsets = cut.offsets([1])
        counts = matrices.runs(cut.ranks, cut.voxels, offsets, len(cut.levels), longest)
        longest = 1 + int(np.flatnonzero(counts.any(axis=(0, 1)))[-1])
        table = np.ascontiguousarray(counts[:, :, :longest].transpose(1, 2, 0))[None]
        self.coefficients["Nr"] = table.sum((1, 2))
        return table


class Glszm(_OfCut, glszm.RadiomicsGLSZM):
    """Grey level size zones."""

    def _calculateMatrix(self, voxelCoordinates: None = None) -> np.ndarray:  # noqa: N802, N803
        offsets = self.cut.offsets([1])
        both_ways = np.concatenate([offsets, -offsets])
        ranks, sizes = matrices.zones(self.cut.ranks, self.cut.voxels, both_ways)
        self._sizes, column = np.unique(sizes, return_inverse=True)
        table = np.zeros((1, len(self.cut.levels), len(self._sizes)))
        np.add.at(table[0], (ranks - 1, column), 1)
        return table

    def _calculateCoefficients(self) -> None:  # noqa: N802
        sizes = self._sizes.astype(float)
        per_size = self.P_glszm.sum(1)
        self.coefficients |= {
            "Np": np.sum(per_size * sizes[None], 1),
            "Nz": self.P_glszm.sum((1, 2)),
            "ps": per_size,
            "pg": self.P_glszm.sum(2),
            "ivector": self.coefficients["grayLevels"].astype(float),
            "jvector": sizes,
        }


class Gldm(_OfCut, gldm.RadiomicsGLDM):
    """Grey level dependences."""

    def _calculateMatrix(self, voxelCoordinates: None = None) -> np.ndarray:  # noqa: N802, N803
        table = self.cut.neighbourhoods[0][None]
        used = table.any(axis=(0, 1))
        table = table[:, :, used]
        self.coefficients |= {
            "Nz": table.sum((1, 2)),
            "pd": table.sum(1),
            "pg": table.sum(2),
            "ivector": self.coefficients["grayLevels"].astype(float),
            "jvector": np.flatnonzero(used) + 1.0,
        }
        return table


class Ngtdm(_OfCut, ngtdm.RadiomicsNGTDM):
    """Neighbouring grey tone differences."""

    def _calculateMatrix(self, voxelCoordinates: None = None) -> np.ndarray:  # noqa: N802, N803
        return np.column_stack([self.cut.neighbourhoods[1], self.cut.levels])[None]


class Shape(_OfCut, shape.RadiomicsShape):
    """Shape; the array of its cut is not looked at."""

    def _initSegmentBasedCalculation(self) -> None:  # noqa: N802
        self.pixelSpacing = np.array(self.cut.spacing_mm[::-1])
        self.maskArray = np.pad(self.cut.mask, 1)
        self.labelledVoxelCoordinates = np.nonzero(self.maskArray)
        measured = measure_mesh(self.maskArray, self.cut.spacing_mm[::-1])
        self.SurfaceArea, self.Volume, self.diameters = measured
        places = np.transpose(self.labelledVoxelCoordinates) * self.pixelSpacing
        places = (places - places.mean(axis=0)) / np.sqrt(len(places))
        self.eigenValues = np.linalg.eigvals(places.T.copy() @ places)
        # A flat mask has an eigenvalue of zero, give or take the rounding.
        self.eigenValues[(self.eigenValues < 0) & (self.eigenValues > -1e-10)] = 0
        self.eigenValues.sort()


class Shape2D(_OfCut, shape2D.RadiomicsShape2D):
    """Shape of a mask in one slice."""

    def _initSegmentBasedCalculation(self) -> None:  # noqa: N802
        self.inputMask = sitk.GetImageFromArray(self.cut.mask.astype(np.uint8))
        shape2D.RadiomicsShape2D._initSegmentBasedCalculation(self)


CLASSES = {
    "shape": Shape,
    "shape2D": Shape2D,
    "firstorder": FirstOrder,
    "glcm": Glcm,
    "glrlm": Glrlm,
    "glszm": Glszm,
    "gldm": Gldm,
    "ngtdm": Ngtdm,
}


def measure(name: str, cut: Cut, features: list[str] | None) -> dict[str, float]:
    """Return the features of one class: ``<class>_<feature>`` to its value, NaN where undefined.

    ``features`` are their names; all but the deprecated where there are none.
    """
    try:
        of = CLASSES[name](cut, **cut.settings)
        for feature in features or []:
            of.enableFeatureByName(feature)
        values = of.execute()
    except (RuntimeError, ValueError):
        # PyRadiomics gives up the whole class: a flat mask without neighbours, a 2-D shape of 3-D.
        return undefined(name, features)
    return {f"{name}_{feature}": float(value) for feature, value in values.items()}


def undefined(name: str, features: list[str] | None) -> dict[str, float]:
    """Return the same with every value missing."""
    known = CLASSES[name].getFeatureNames()
    wanted = features or [feature for feature, deprecated in known.items() if not deprecated]
    return {f"{name}_{feature}": np.nan for feature in wanted}


def _sums_along(table: np.ndarray, places: np.ndarray, n_places: int) -> np.ndarray:
    """Return the sums of (levels, levels, angles) over the pairs at one place: (places, angles)."""
    angles = table.shape[2]
    index = (places[:, :, None] * angles + np.arange(angles)).ravel()
    sums = np.bincount(index, weights=table.ravel(), minlength=n_places * angles)
    return sums.reshape(n_places, angles)


@njit(cache=True)
def _transitions(p: np.ndarray, rows: np.ndarray, columns: np.ndarray, eps: float) -> np.ndarray:
    """Return Q of the maximal correlation coefficient, (angles, levels, levels).

    Terms are added in PyRadiomics' order: the coefficient is the root of a small eigenvalue, which
    shows the last digits of Q.
    """
    angles, n, _ = p.shape
    q = np.zeros((angles, n, n))
    for angle in range(angles):
        for k in range(n):
            for i in range(n):
                if p[angle, i, k] == 0:
                    continue
                scale = rows[angle, i] * columns[angle, k] + eps
                for j in range(n):
                    q[angle, i, j] += p[angle, i, k] * p[angle, j, k] / scale
    return q
