"""Texture matrices and meshes: what PyRadiomics' C extension counts, on masks of any shape."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from radiomics import cMatrices, cShape
from radproof.radiomics.measurement import matrices
from radproof.radiomics.measurement.cut import Cut
from radproof.radiomics.measurement.mesh import measure_mesh


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    """Return random grey levels in a random mask, down to a few scattered voxels."""
    shape = draw(st.tuples(*[st.integers(3, 7)] * 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = random.random(shape) < draw(st.sampled_from([0.2, 0.6, 1.0]))
    mask[tuple(random.integers(shape))] = True
    chosen = {
        "binWidth": draw(st.sampled_from([10, 40])),
        "distances": draw(st.sampled_from([[1], [2], [1, 2]])),
        "force2D": draw(st.booleans()),
    }
    return Cut(random.integers(-90, 90, shape), mask, (1.0, 1.0, 3.0), chosen)


def arguments(cut: Cut) -> tuple[int, list]:
    return int(cut.levels[-1]), [cut.settings["force2D"], 0]


@given(cuts())
@settings(deadline=None)
def test_co_occurrences(cut: Cut) -> None:
    highest, plane = arguments(cut)
    distances = np.array(cut.settings["distances"])
    theirs, _ = cMatrices.calculate_glcm(cut.binned, cut.mask, distances, highest, *plane)
    offsets = cut.offsets(cut.settings["distances"])
    ours = matrices.co_occurrences(cut.ranks, cut.voxels, offsets, len(cut.levels))
    kept = np.ix_(cut.levels - 1, cut.levels - 1)
    np.testing.assert_array_equal(ours.transpose(1, 2, 0), theirs[0][kept])


@given(cuts())
@settings(deadline=None)
def test_runs(cut: Cut) -> None:
    highest, plane = arguments(cut)
    longest = max(cut.mask.shape)
    theirs, _ = cMatrices.calculate_glrlm(cut.binned, cut.mask, highest, longest, *plane)
    ours = matrices.runs(cut.ranks, cut.voxels, cut.offsets([1]), len(cut.levels), longest)
    theirs = theirs[0][cut.levels - 1].transpose(2, 0, 1)
    # Angles along which no two voxels of the mask lie are empty there.
    used = theirs.any(axis=(1, 2))
    np.testing.assert_array_equal(ours[used], theirs[used])


@given(cuts())
@settings(deadline=None)
def test_zones(cut: Cut) -> None:
    highest, plane = arguments(cut)
    size = int(cut.mask.sum())
    theirs = cMatrices.calculate_glszm(cut.binned, cut.mask, highest, size, *plane)
    offsets = cut.offsets([1])
    both_ways = np.concatenate([offsets, -offsets])
    ranks, sizes = matrices.zones(cut.ranks, cut.voxels, both_ways)
    ours = np.zeros((len(cut.levels), theirs.shape[2]))
    np.add.at(ours, (ranks - 1, sizes - 1), 1)
    np.testing.assert_array_equal(ours, theirs[0][cut.levels - 1])


@given(cuts(), st.integers(0, 3))
@settings(deadline=None)
def test_neighbourhoods(cut: Cut, alpha: int) -> None:
    highest, plane = arguments(cut)
    distances = np.array(cut.settings["distances"])
    given_ = (cut.binned, cut.mask, distances, highest)
    dependences = cMatrices.calculate_gldm(*given_, alpha, *plane)[0][cut.levels - 1]
    differences = cMatrices.calculate_ngtdm(*given_, *plane)[0][cut.levels - 1]
    offsets = cut.offsets(cut.settings["distances"])
    ours = matrices.neighbourhoods(cut.ranks, cut.voxels, offsets, cut.levels, alpha)
    width = ours[0].shape[1]
    np.testing.assert_array_equal(ours[0], dependences[:, :width])
    assert not dependences[:, width:].any()
    np.testing.assert_allclose(ours[1], differences[:, :2], rtol=1e-12)


@given(st.integers(0, 2**32), st.tuples(*[st.sampled_from([0.4, 1.0, 3.27])] * 3))
@settings(deadline=None)
def test_meshes(seed: int, spacing_mm: tuple[float, float, float]) -> None:
    random = np.random.default_rng(seed)
    mask = np.pad(random.random(random.integers(1, 9, 3)) < random.uniform(0.2, 1), 1)
    mask[1, 1, 1] = True
    surface, volume, diameters = cShape.calculate_coefficients(mask, np.array(spacing_mm))
    ours = measure_mesh(mask, spacing_mm)
    np.testing.assert_allclose([*ours[:2], *ours[2]], [surface, volume, *diameters], rtol=1e-10)
