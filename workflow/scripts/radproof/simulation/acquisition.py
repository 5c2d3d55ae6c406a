"""Where a sequence's voxels lie, how the patient moved before it, and the image that results."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk

from radproof.seeds import derive_seed
from radproof.simulation.anatomy import Anatomy
from radproof.simulation.scanner import (
    TISSUES_AT_TESLA,
    Relaxation,
    coil_bias,
    rician,
    spin_echo_signal,
)

REFERENCE = "ceT1w"
SEQUENCES = (REFERENCE, "T2w", "T1w")
MUSCLE_UNITS = 400.0  # scanner units of muscle at unit gain, well inside int16


@dataclass(frozen=True)
class Grid:
    """Voxels of an image: size and spacing along x y z, direction (3, 3), origin in mm."""

    size: tuple[int, int, int]
    spacing_mm: np.ndarray
    direction: np.ndarray
    origin_mm: np.ndarray

    def points(
        self, motion: "Motion", subslices: int = 1
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return x, y, z in mm of the anatomy at each voxel, each (z * subslices, y, x), float32.

        With ``subslices`` each slice is sampled at that many depths, neighbours in order.
        """
        steps = self.direction * self.spacing_mm
        nx, ny, nz = self.size
        depths = (np.arange(nz * subslices) + 0.5) / subslices - 0.5
        back = motion.rotation.T
        start = back @ (self.origin_mm - motion.translation_mm)
        columns = back @ steps

        def coordinate(axis: int) -> np.ndarray:
            along_x, along_y, along_z = columns[axis]
            plane = along_y * np.arange(ny)[:, None] + along_x * np.arange(nx)[None, :]
            values = start[axis] + along_z * depths[:, None, None] + plane
            return values.astype(np.float32)

        return coordinate(0), coordinate(1), coordinate(2)

    def image_of(self, array: np.ndarray) -> sitk.Image:
        """Return an array (z, y, x) as an image on this grid."""
        image = sitk.GetImageFromArray(array)
        image.SetSpacing([float(value) for value in self.spacing_mm])
        image.SetOrigin([float(value) for value in self.origin_mm])
        image.SetDirection([float(value) for value in self.direction.ravel()])
        return image


@dataclass(frozen=True)
class Motion:
    """How the patient lies against the reference: p = rotation p_reference + translation.

    Angles are those of ``SimpleITK.Euler3DTransform`` about the scanner's origin. The transform
    takes a point of the reference image to its place in the moved image, as a registration does.
    """

    angles_deg: np.ndarray
    translation_mm: np.ndarray

    @property
    def rotation(self) -> np.ndarray:
        """The rotation matrix, (3, 3)."""
        return rotation_matrix(self.angles_deg)


STILL = Motion(np.zeros(3), np.zeros(3))


def rotation_matrix(angles_deg: np.ndarray) -> np.ndarray:
    """Return the rotation (3, 3) about x, y and z in the order of SimpleITK's Euler3DTransform."""
    angles = [float(angle) for angle in np.radians(angles_deg)]
    transform = sitk.Euler3DTransform((0.0, 0.0, 0.0), *angles)
    return np.array(transform.GetMatrix()).reshape(3, 3)


def draw_grid(settings: dict[str, Any], seed: int, patient: str, sequence: str) -> Grid:
    """Draw a sequence's grid for a patient: the plan's size and spacing, tilted and shifted."""
    rng = np.random.default_rng(derive_seed(seed, "grid", patient, sequence))
    wanted, scan = settings["sequences"][sequence], settings["acquisition"]
    spacing_mm = np.array(wanted["spacing_mm"])
    tilt_deg = rng.uniform(-1, 1, size=3) * scan["tilt_deg"]
    centre_mm = _in_ball(rng, scan["offset_mm"])
    direction = rotation_matrix(tilt_deg)
    half_mm = spacing_mm * (np.array(wanted["size"]) - 1) / 2
    size = tuple(wanted["size"])
    return Grid(size, spacing_mm, direction, centre_mm - direction @ half_mm)


def draw_motion(settings: dict[str, Any], seed: int, patient: str, sequence: str) -> Motion:
    """Draw how far the patient moved between the reference and a sequence; none for itself."""
    if sequence == REFERENCE:
        return STILL
    rng = np.random.default_rng(derive_seed(seed, "motion", patient, sequence))
    scan = settings["acquisition"]
    angles_deg = rng.uniform(-1, 1, size=3) * scan["motion_deg"]
    return Motion(angles_deg, _in_ball(rng, scan["motion_mm"]))


def tissue_signals(
    settings: dict[str, Any], seed: int, patient: str, sequence: str
) -> dict[str, float]:
    """Return the signal of each tissue in a sequence; the tumour's differs between patients."""
    rng = np.random.default_rng(derive_seed(seed, "tissue", patient))
    spread = settings["tumour"]["tissue_log_sd"]
    t1, t2, uptake = np.exp(rng.normal(0, spread, size=3))
    tesla, wanted = settings["field_strength_t"], settings["sequences"][sequence]
    tissues = dict(TISSUES_AT_TESLA[tesla])
    for name in ("tumour", "necrosis"):
        own = tissues[name]
        tissues[name] = Relaxation(
            own.t1_ms * t1, own.t2_ms * t2, own.proton_density, own.uptake * uptake
        )
    return {
        name: spin_echo_signal(
            tissue,
            wanted["repetition_time_ms"],
            wanted["echo_time_ms"],
            wanted["gadolinium_mmol_l"],
            tesla,
        )
        for name, tissue in tissues.items()
    }


def acquire(
    settings: dict[str, Any], anatomy: Anatomy, seed: int, patient: str, sequence: str
) -> sitk.Image:
    """Scan an anatomy: partial volume over the slice, coil bias, Rician noise, int16 units."""
    rng = np.random.default_rng(derive_seed(seed, "scan", patient, sequence))
    scan = settings["acquisition"]
    grid = draw_grid(settings, seed, patient, sequence)
    motion = draw_motion(settings, seed, patient, sequence)
    signals = tissue_signals(settings, seed, patient, sequence)
    points = grid.points(motion, scan["subslices"])
    fine = np.zeros(points[0].shape, dtype=np.float32)
    for tissue, fraction in anatomy.fractions(*points).items():
        fine += np.float32(signals[tissue]) * fraction
    signal = over_slices(fine, scan["subslices"])
    signal = signal * coil_bias(signal.shape, scan["bias_strength"], rng)
    noisy = rician(signal, signals["muscle"] / scan["muscle_snr"], rng)
    units = MUSCLE_UNITS / signals["muscle"] * rng.uniform(0.7, 1.4)
    return grid.image_of(np.round(noisy * units).clip(0, 32767).astype(np.int16))


def over_slices(fine: np.ndarray, subslices: int) -> np.ndarray:
    """Return the mean over the depths of each slice: (z * subslices, y, x) to (z, y, x)."""
    slices, rows, columns = fine.shape
    return fine.reshape(slices // subslices, subslices, rows, columns).mean(axis=1)


def _in_ball(rng: np.random.Generator, radius_mm: float) -> np.ndarray:
    """Return a random shift, (3,), of length at most ``radius_mm``."""
    direction = rng.normal(size=3)
    return direction / np.linalg.norm(direction) * radius_mm * rng.uniform() ** (1 / 3)
