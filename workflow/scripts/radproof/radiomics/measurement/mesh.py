"""Surface, volume and diameters of a mask's mesh: PyRadiomics' values in a fraction of its time.

PyRadiomics walks a marching-cubes mesh cell by cell and compares every vertex with every other.
What a cell of eight voxels adds to surface and volume depends on which of them are inside, so that
256 calls of PyRadiomics' own routine on single cells say all there is to know about a voxel
spacing; and the farthest vertices are among those that are outermost on their grid lines.

Source: Lorensen and Cline, SIGGRAPH 21:163 (1987).
"""

from functools import lru_cache

import numpy as np
from numba import njit
from radiomics import cShape

CORNERS = [(z, y, x) for z in (0, 1) for y in (0, 1) for x in (0, 1)]


def measure_mesh(
    mask: np.ndarray, spacing_mm: tuple[float, ...]
) -> tuple[float, float, tuple[float, ...]]:
    """Return surface (mm²), volume (mm³) and the diameters of a mask's mesh (mm).

    Parameters
    ----------
    mask
        Boolean, (z, y, x), with a margin of one voxel outside the mask on each side.
    spacing_mm
        Voxel size, z, y, x.

    Returns
    -------
    tuple
        Surface, volume, and the largest distance of two vertices in one slice (z), in one column
        (y), in one row (x), and anywhere; as ``radiomics.cShape.calculate_coefficients``.
    """
    surface, volume, lever = _cells(spacing_mm)
    shape = tuple(size - 1 for size in mask.shape)
    codes = np.zeros(shape, dtype=np.uint8)
    for bit, (z, y, x) in enumerate(CORNERS):
        corner = mask[z : z + shape[0], y : y + shape[1], x : x + shape[2]]
        codes |= corner.astype(np.uint8) << bit
    places = np.nonzero((codes > 0) & (codes < 255))
    present = codes[places]
    counts = np.bincount(present, minlength=256)
    total = counts @ volume
    for axis in range(3):
        # How far a cell lies from the origin decides what its faces add to the volume.
        total += np.bincount(present, weights=places[axis], minlength=256) @ lever[:, axis]
    return float(counts @ surface), float(total), _diameters(mask, spacing_mm)


@lru_cache(maxsize=16)
def _cells(spacing_mm: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return surface and volume of each cell, and the volume that a step along each axis adds."""
    spacing = np.array(spacing_mm)
    surface, volume, lever = np.zeros(256), np.zeros(256), np.zeros((256, 3))
    for code in range(256):
        bits = [bool(code >> bit & 1) for bit in range(8)]
        cell = np.array(bits).reshape(2, 2, 2)
        surface[code], volume[code], _ = cShape.calculate_coefficients(cell, spacing)
        for axis in range(3):
            before = np.zeros_like(cell)
            before_last, first = [slice(None)] * 3, [slice(None)] * 3
            before_last[axis], first[axis] = slice(1, 2), slice(0, 1)
            before[tuple(before_last)] = cell[tuple(first)]
            both = np.concatenate([before[tuple(first)], cell], axis=axis)
            _, together, _ = cShape.calculate_coefficients(both, spacing)
            _, alone, _ = cShape.calculate_coefficients(before, spacing)
            lever[code, axis] = together - alone - volume[code]
    return surface, volume, lever


def _diameters(mask: np.ndarray, spacing_mm: tuple[float, ...]) -> tuple[float, ...]:
    points = _vertices(mask)
    outermost = [_outermost(points, axis) for axis in range(3)]
    # In a plane, points that are not outermost on a line within it are no end of a diameter.
    lines = (2, 2, 1)
    planes = [_in_planes(points[outermost[lines[axis]]], axis, spacing_mm) for axis in range(3)]
    anywhere = points[outermost[0] & outermost[1] & outermost[2]] * np.array(spacing_mm) / 2
    radius = np.linalg.norm(anywhere - anywhere.mean(axis=0), axis=1)
    order = np.argsort(-radius, kind="stable")
    return (*planes, _farthest(anywhere[order], radius[order]))


def _vertices(mask: np.ndarray) -> np.ndarray:
    """Return the mesh's vertices, in half voxels: the middles of edges that leave the mask."""
    points = []
    for axis in range(3):
        edges = np.argwhere(np.diff(mask.astype(np.int8), axis=axis)) * 2
        edges[:, axis] += 1
        points.append(edges)
    return np.concatenate(points)


def _outermost(points: np.ndarray, axis: int) -> np.ndarray:
    """Return whether each point is the first or last one on its grid line along an axis."""
    others = [other for other in range(3) if other != axis]
    order = np.lexsort((points[:, axis], points[:, others[1]], points[:, others[0]]))
    along = points[order][:, others]
    new = np.ones(len(points) + 1, dtype=bool)
    new[1:-1] = (np.diff(along, axis=0) != 0).any(axis=1)
    found = np.zeros(len(points), dtype=bool)
    found[order] = new[:-1] | new[1:]
    return found


def _in_planes(points: np.ndarray, axis: int, spacing_mm: tuple[float, ...]) -> float:
    """Return the largest distance of two points in a plane across an axis."""
    order = np.argsort(points[:, axis], kind="stable")
    sorted_points = points[order]
    starts = np.flatnonzero(np.diff(sorted_points[:, axis], prepend=-1))
    ends = np.append(starts[1:], len(points))
    places = sorted_points * np.array(spacing_mm) / 2
    best = 0.0
    for start, end in zip(starts, ends, strict=True):
        plane = places[start:end]
        best = max(best, _farthest(plane, np.full(len(plane), np.inf)))
    return best


@njit(cache=True)
def _farthest(points: np.ndarray, radius: np.ndarray) -> float:
    """Return the largest distance of two points; ``radius``, from one centre, must not increase."""
    best = 0.0
    for first in range(len(points)):
        for second in range(first + 1, len(points)):
            if (radius[first] + radius[second]) ** 2 <= best:
                break
            square = 0.0
            for axis in range(3):
                square += (points[first, axis] - points[second, axis]) ** 2
            best = max(best, square)
    return np.sqrt(best)
