"""Small images for tests: a textured ball, and masks without symmetry."""

import numpy as np
import SimpleITK as sitk
from radproof.volumes import on_grid_of


def oblique(image: sitk.Image, angle: float = 0.2) -> sitk.Image:
    cos, sin = np.cos(angle), np.sin(angle)
    image.SetDirection((cos, -sin, 0, sin, cos, 0, 0, 0, 1))
    image.SetOrigin((-30.0, 12.0, 7.0))
    return image


def head(seed: int = 0) -> sitk.Image:
    """A textured ball on a dark background, 1.1 x 1.1 x 3.3 mm."""
    z, y, x = np.mgrid[:14, :44, :44]
    inside = ((x - 22) / 18) ** 2 + ((y - 20) / 16) ** 2 + ((z - 7) / 6.5) ** 2 < 1
    noise = np.random.default_rng(seed).normal(size=inside.shape).astype(np.float32)
    texture = sitk.GetArrayFromImage(sitk.DiscreteGaussian(sitk.GetImageFromArray(noise), 4.0))
    array = np.where(inside, 100 + 200 * texture, 2).astype(np.float32)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.1, 1.1, 3.3))
    return oblique(image)


def corner_mask(image: sitk.Image) -> sitk.Image:
    array = np.zeros(image.GetSize()[::-1], dtype=np.uint8)
    array[4:9, 10:26, 12:20] = 1
    array[4:6, 10:14, 20:27] = 1
    return on_grid_of(array, image)


def pear_mask(spacing_mm: np.ndarray, direction: np.ndarray) -> sitk.Image:
    """Two unequal ellipsoids that overlap, about 3 by 3 by 4 cm in any frame."""
    extent_mm = (52.0, 48.0, 44.0)
    sizes = [
        int(np.ceil(extent / step)) for extent, step in zip(extent_mm, spacing_mm, strict=True)
    ]
    z, y, x = np.ogrid[tuple(slice(count) for count in reversed(sizes))]
    points = [axis * step for axis, step in zip((x, y, z), spacing_mm, strict=True)]

    def ball(centre_mm: tuple[int, ...], radii_mm: tuple[int, ...]) -> np.ndarray:
        parts = zip(points, centre_mm, radii_mm, strict=True)
        return sum(((point - centre) / radius) ** 2 for point, centre, radius in parts) < 1

    array = ball((20, 21, 19), (14, 16, 13)) | ball((34, 30, 29), (11, 10, 9))
    mask = sitk.GetImageFromArray(array.astype(np.uint8))
    mask.SetSpacing([float(step) for step in spacing_mm])
    mask.SetDirection(direction.ravel().tolist())
    mask.SetOrigin((-30.0, 12.0, 7.0))
    return mask


def centroid_mm(mask: sitk.Image) -> np.ndarray:
    voxels = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1].mean(axis=0)
    return np.array(mask.TransformContinuousIndexToPhysicalPoint(voxels.tolist()))


def volume_mm3(mask: sitk.Image) -> float:
    return float(sitk.GetArrayViewFromImage(mask).sum() * np.prod(mask.GetSpacing()))
