"""Texture matrices of one region, counted from one padded array of its grey levels.

Each function counts what PyRadiomics' C extension counts, which goes through the whole bounding box
for each class; here only the voxels of the region are visited. Definitions: Zwanenburg et al., The
image biomarker standardisation initiative, arXiv:1612.07003, sections 3.6 to 3.11.

In all of them ``binned`` is the flattened, padded array of ranks: 0 outside the region, 1 to K for
its K grey levels in order; ``voxels`` are the positions of the region's voxels in it, in the order
z, y, x; ``offsets`` are steps between positions. The padding is as wide as the largest step.
"""

import numpy as np
from numba import njit


@njit(cache=True)
def co_occurrences(
    binned: np.ndarray, voxels: np.ndarray, offsets: np.ndarray, n_levels: int
) -> np.ndarray:
    """Count pairs of grey levels one offset apart, in that direction alone.

    Returns
    -------
    numpy.ndarray
        Shape (offsets, K, K): rank of the voxel, rank of its neighbour.
    """
    counts = np.zeros((len(offsets), n_levels, n_levels), dtype=np.float64)
    for number in range(len(offsets)):
        offset = offsets[number]
        table = counts[number]
        for voxel in voxels:
            other = binned[voxel + offset]
            if other:
                table[binned[voxel] - 1, other - 1] += 1
    return counts


@njit(cache=True)
def runs(
    binned: np.ndarray, voxels: np.ndarray, offsets: np.ndarray, n_levels: int, longest: int
) -> np.ndarray:
    """Count runs of one grey level along each offset.

    Returns
    -------
    numpy.ndarray
        Shape (offsets, K, longest): rank, length of the run less 1.
    """
    counts = np.zeros((len(offsets), n_levels, longest + 1), dtype=np.float64)
    length = np.zeros(len(binned), dtype=np.int32)
    for number in range(len(offsets)):
        # Either way round; backwards the voxel before has been seen.
        offset = abs(offsets[number])
        table = counts[number]
        for voxel in voxels:
            rank, before = binned[voxel], voxel - offset
            run = 1 + length[before] * (binned[before] == rank)
            length[voxel] = run
            table[rank - 1, run - 1] += 1
        # Each run was counted at every length that it grew through.
        table[:, :-1] -= table[:, 1:]
    return counts[:, :, :-1]


@njit(cache=True)
def zones(
    binned: np.ndarray, voxels: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return rank and number of voxels of each connected zone of one grey level.

    ``offsets`` lead to all neighbours, both ways.
    """
    left = binned.copy()
    waiting = np.empty(len(voxels), dtype=np.int64)
    ranks = np.empty(len(voxels), dtype=np.int64)
    sizes = np.empty(len(voxels), dtype=np.int64)
    found = 0
    for voxel in voxels:
        rank = left[voxel]
        if rank == 0:
            continue
        left[voxel] = 0
        waiting[0], n_waiting, size = voxel, 1, 0
        while n_waiting:
            n_waiting -= 1
            place = waiting[n_waiting]
            size += 1
            for offset in offsets:
                neighbour = place + offset
                if left[neighbour] == rank:
                    left[neighbour] = 0
                    waiting[n_waiting] = neighbour
                    n_waiting += 1
        ranks[found], sizes[found] = rank, size
        found += 1
    return ranks[:found], sizes[:found]


@njit(cache=True)
def neighbourhoods(
    binned: np.ndarray, voxels: np.ndarray, offsets: np.ndarray, levels: np.ndarray, alpha: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count dependent neighbours, and sum differences from the mean of all neighbours.

    Parameters
    ----------
    offsets
        To one of each pair of opposite neighbours.
    levels
        Shape (K,): the grey level of each rank.
    alpha
        Largest difference of grey levels at which a neighbour is dependent.

    Returns
    -------
    dependences
        Shape (K, 2 offsets + 1): rank, number of dependent neighbours.
    differences
        Shape (K, 2): voxels; their summed absolute difference from the mean of their neighbours in
        the region (0 without any).
    """
    dependences = np.zeros((len(levels), 2 * len(offsets) + 1), dtype=np.float64)
    differences = np.zeros((len(levels), 2), dtype=np.float64)
    grey = np.zeros(len(levels) + 1, dtype=np.int64)
    grey[1:] = levels
    for voxel in voxels:
        rank = binned[voxel]
        here = grey[rank]
        total, count, dependent = 0, 0, 0
        for offset in offsets:
            ahead, behind = binned[voxel + offset], binned[voxel - offset]
            # Without branches, which would cost more than the sums.
            count += (ahead > 0) + (behind > 0)
            total += grey[ahead] + grey[behind]
            dependent += (ahead > 0) & (abs(grey[ahead] - here) <= alpha)
            dependent += (behind > 0) & (abs(grey[behind] - here) <= alpha)
        dependences[rank - 1, dependent] += 1
        differences[rank - 1, 0] += 1
        if count:
            differences[rank - 1, 1] += abs(here - total / count)
    return dependences, differences
