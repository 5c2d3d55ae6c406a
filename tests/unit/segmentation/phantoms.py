"""Small patients for tests: a bright ball in noise, two sequences, written as NIfTI."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from radproof.seeds import derive_seed
from radproof.volumes import write_volume

SETTINGS = {
    "kind": "mobilenetv2_unet",
    "network": {
        "alpha": 0.1,
        "depth": 2,
        "fusion": "early",
        "decoder": "separable",
        "decoder_filters": 8,
        "encoder_weights": "none",
    },
    "training": {
        "epochs": 8,
        "keep": "best",
        "patience": None,
        "batch_size": 8,
        "memory_gb": None,
        "size": [32, 32],
        "precision": "float32",
        "loss": {"kind": "dice_cross_entropy"},
        "learning_rate": 0.01,
        "warm_up_epochs": 1,
        "weight_decay": 0.0001,
        "background_share": 0.3,
        "validation_fraction": 0.2,
        "augmentation": {
            "flip": ["x"],
            "rotation_deg": 10,
            "scale": 0.1,
            "elastic": 1.0,
            "intensity": 0.1,
            "bias": 0.1,
            "noise": 0.1,
        },
        "threads": 1,
    },
    "inference": {
        "window": None,
        "flips": [],
        "threshold": 0.5,
        "components": 1,
        "fill_holes": True,
        "on_empty": "missing",
        "keep_probabilities": False,
        "threads": 1,
        "size": [32, 32],
    },
    "scores": {"strata_ml": [], "failure_dice": 0.5},
}
# What the networks of the tests say they were trained with.
ORIGIN = {
    "segmenter": {name: SETTINGS[name] for name in ("kind", "network", "training")},
    "sequences": ["a", "b"],
}


def write_phantom(
    folder: Path, patient: str, shape: tuple[int, int, int] = (6, 32, 32)
) -> tuple[list[Path], Path]:
    """Write two sequences and a mask of one patient; return their files."""
    rng = np.random.default_rng(derive_seed(7, patient))
    centre = np.array(shape) / 2 + rng.uniform(-1, 1, 3) * (0.5, 4, 4)
    grid = np.indices(shape) - centre[:, None, None, None]
    inside = (grid**2 / np.array([2, 7, 6])[:, None, None, None] ** 2).sum(axis=0) < 1
    files = []
    for name, contrast in (("a", 2.0), ("b", -1.0)):
        image = sitk.GetImageFromArray(
            (inside * contrast + 0.5 * rng.normal(size=shape)).astype(np.float32)
        )
        files.append(folder / f"{patient}-{name}.nii.gz")
        write_volume(placed(image), files[-1])
    write_volume(
        placed(sitk.GetImageFromArray(inside.astype(np.uint8))), folder / f"{patient}.nii.gz"
    )
    return files, folder / f"{patient}.nii.gz"


def placed(image: sitk.Image) -> sitk.Image:
    """Give an image a grid that is not the default one."""
    image.SetSpacing((0.8, 0.9, 3.0))
    image.SetOrigin((-20.0, 11.0, 5.0))
    return image


def write_phantoms(
    folder: Path, patients: list[str], shape: tuple[int, int, int] = (6, 32, 32)
) -> tuple[dict[str, list[Path]], dict[str, Path]]:
    """Write several patients; return files of images and masks by patient."""
    written = {patient: write_phantom(folder, patient, shape) for patient in patients}
    return (
        {patient: files for patient, (files, _) in written.items()},
        {patient: mask for patient, (_, mask) in written.items()},
    )
