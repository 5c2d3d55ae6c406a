"""Values on real scans are those of the ``pyradiomics`` command, whatever is shared by masks."""

import csv
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from radproof.errors import BadInput
from radproof.radiomics.extractors.pyradiomics import Extraction, extract
from radproof.volumes import on_grid_of, read_mask, read_volume, write_volume

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
if not DATA.is_dir():
    pytest.skip("shared data folder not present", allow_module_level=True)

COMMAND = Path(sys.executable).parent / "pyradiomics"
RELATIVE = 1e-9
CLASSES: dict[str, list[str]] = {
    name: [] for name in ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
}
FILTERS: dict[str, Any] = {"Original": {}, "LoG": {"sigma": [2.0, 4.0]}, "Wavelet": {}}
PLAIN: dict[str, Any] = {"Original": {}}


@dataclass(frozen=True)
class Scan:
    """An image with a rater's mask of it, and how far to erode and dilate the mask, in voxels."""

    image: str
    mask: str
    label: int = 1
    radius: tuple[int, int, int] = (2, 2, 0)


def sarcoma(patient: str, folder: str, image: str, space: str) -> Scan:
    where = f"{patient}/{folder}/{patient}"
    mask = f"sts/derivatives/manual/{where}_space-{space}_desc-GTVmass_dseg.nii.gz"
    radius = (1, 1, 0) if space == "PET" else (2, 2, 0)
    return Scan(f"sts/{where}_{image}.nii.gz", mask, radius=radius)


MR_8 = sarcoma("sub-STS008", "anat", "T1w", "T1w")
MR_25 = sarcoma("sub-STS025", "anat", "T1w", "T1w")
CT = sarcoma("sub-STS025", "ct", "ct", "CT")
PET = sarcoma("sub-STS025", "pet", "pet", "PET")
PROSTATE = Scan(
    "edgecases/prostate_img.nii.gz", "edgecases/prostate_seg_two_labels.nii.gz", label=2
)
GLIOMA = "multiseq/glioma_tcga/{}sub-TCGADU7294/anat/sub-TCGADU7294_{}.nii.gz"
BRAIN = Scan(
    GLIOMA.format("", "T1w"),
    GLIOMA.format("derivatives/toolkit2020/", "space-T1w_desc-simple_dseg"),
)

CASES: dict[str, tuple[Scan, dict[str, Any], dict[str, Any]]] = {
    "MR, LoG and wavelets": (MR_25, {"binWidth": 25}, FILTERS),
    "MR, slice by slice": (
        MR_8,
        {"binWidth": 25, "force2D": True},
        {"Original": {}, "Wavelet": {"wavelet": "haar"}},
    ),
    "MR, a number of bins": (
        MR_8,
        {"binCount": 32},
        {"Original": {}, "Wavelet": {"wavelet": "db2", "level": 2}},
    ),
    "MR, resampled": (
        MR_25,
        {"binWidth": 25, "resampledPixelSpacing": [2, 2, 2], "interpolator": "sitkBSpline"},
        {"Original": {}, "LoG": {"sigma": [3.0]}},
    ),
    "MR, normalised": (
        MR_25,
        {"binWidth": 0.1, "normalize": True, "normalizeScale": 2, "removeOutliers": 3.0},
        {"Original": {}, "LoG": {"sigma": [3.0]}},
    ),
    "MR, weighted": (MR_8, {"binWidth": 50, "weightingNorm": "euclidean"}, PLAIN),
    "MR, within three SD": (
        MR_25,
        {"binWidth": 25, "resegmentRange": [-1.5, 1.5], "resegmentMode": "sigma"},
        PLAIN,
    ),
    "MR, distances": (MR_8, {"binWidth": 50, "distances": [1, 2], "gldm_a": 1}, PLAIN),
    "MR, point by point": (
        MR_8,
        {"binWidth": 25, "preCrop": True},
        {name: {} for name in ("Square", "SquareRoot", "Logarithm", "Exponential", "Gradient")},
    ),
    "MR, binary patterns": (MR_25, {"binWidth": 1}, {"LBP2D": {}}),
    "CT": (
        CT,
        {"binWidth": 25, "voxelArrayShift": 1000},
        {"Original": {}, "LoG": {"sigma": [3.0]}},
    ),
    "CT within a window": (CT, {"binWidth": 10, "resegmentRange": [-50, 150]}, PLAIN),
    "PET, LoG and wavelets": (PET, {"binWidth": 0.25}, FILTERS),
    "prostate, second label": (PROSTATE, {"binWidth": 10}, FILTERS),
    "glioma, oblique": (BRAIN, {"binWidth": 20}, PLAIN),
}


def masks_of(scan: Scan) -> dict[str, sitk.Image]:
    """Return what the rater drew, less of it and more of it."""
    drawn = read_mask(DATA / scan.mask, label=scan.label)
    return {
        "drawn": drawn,
        "eroded": sitk.BinaryErode(drawn, scan.radius),
        "dilated": sitk.BinaryDilate(drawn, scan.radius),
    }


def by_command(
    image: Path, masks: dict[str, sitk.Image], parameters: dict[str, Any], folder: Path
) -> dict[str, dict[str, float]]:
    """Return what the command finds in one mask after the other: mask → our name → value."""
    settings, batch, out = (folder / name for name in ("p.json", "batch.csv", "out.json"))
    settings.write_text(json.dumps(parameters))
    with batch.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Image", "Mask"])
        for name, mask in masks.items():
            write_volume(mask, folder / f"{name}.nii.gz")
            writer.writerow([image, folder / f"{name}.nii.gz"])
    command = [COMMAND, batch, "--param", settings, "--format", "json", "-o", out]
    subprocess.run([*command, "--jobs", "1", "--verbosity", "1"], check=True)
    rows = json.loads(out.read_text())
    other = ("Image", "Mask", "diagnostics_")
    return {
        name: {f"scan__{key}": row[key] for key in row if not key.startswith(other)}
        for name, row in zip(masks, rows, strict=True)
    }


def by_us(image: Path, masks: dict[str, sitk.Image], parameters: dict[str, Any]) -> Extraction:
    """Measure all masks at once."""
    return extract({"scan": read_volume(image)}, masks, parameters)


def differences(ours: pd.Series, theirs: dict[str, float]) -> list[str]:
    return [
        f"{ours.name}, {key}: {ours[key]!r}, the command has {value!r}"
        for key, value in theirs.items()
        if not alike(ours[key], value)
    ]


def alike(ours: float, theirs: float) -> bool:
    if math.isnan(theirs):
        return math.isnan(ours)
    return abs(ours - theirs) <= RELATIVE * abs(theirs)


def of(setting: dict[str, Any], image_types: dict[str, Any]) -> dict[str, Any]:
    return {"setting": setting, "imageType": image_types, "featureClass": CLASSES}


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_the_command(case: str, tmp_path: Path) -> None:
    scan, setting, image_types = CASES[case]
    image, masks, parameters = DATA / scan.image, masks_of(scan), of(setting, image_types)
    ours = by_us(image, masks, parameters)
    wrong = []
    for mask, found in by_command(image, masks, parameters, tmp_path).items():
        assert set(found) == set(ours.features.columns)
        wrong += differences(ours.features.loc[mask], found)
    assert not wrong, "\n".join(wrong)


def part_of(mask: sitk.Image, where: tuple[slice | int, ...]) -> sitk.Image:
    """Return a mask of the voxels ``where`` (z, y, x), on the grid of another."""
    array = np.zeros(mask.GetSize()[::-1], dtype=np.uint8)
    array[where] = 1
    return on_grid_of(array, mask)


def test_what_the_command_refuses_has_an_outcome(tmp_path: Path) -> None:
    image, drawn = DATA / PROSTATE.image, read_mask(DATA / PROSTATE.mask, label=2)
    masks = {
        "drawn": drawn,
        "empty": read_mask(DATA / "edgecases/prostate_seg_empty.nii.gz"),
        "voxel": part_of(drawn, (7, 40, 50)),
        "line": part_of(drawn, (7, 40, slice(40, 60))),
        "slice": read_mask(DATA / "edgecases/prostate_seg_single_slice.nii.gz"),
    }
    parameters = of({"binWidth": 10}, PLAIN)
    ours = by_us(image, masks, parameters)
    theirs = by_command(image, masks, parameters, tmp_path)
    assert {name for name, found in theirs.items() if not found} == {"empty", "voxel", "line"}
    for name in ("drawn", "slice"):
        assert not differences(ours.features.loc[name], theirs[name])
    said = {row["mask"]: row["outcome"] for row in ours.outcomes}
    assert said == {
        "empty": "empty",
        "voxel": "one voxel",
        "line": "one line",
        "slice": "one slice",
    }
    classes = ours.features.columns.str.split("_").str[3]
    has_value = ours.features.notna()
    assert not has_value.loc["empty"].any()
    for name in ("voxel", "line"):
        assert (has_value.loc[name] == (classes == "firstorder")).all()


@pytest.mark.parametrize("setting", [{"resegmentRange": [5000, 6000]}, {"minimumROISize": 10**6}])
def test_a_mask_with_too_few_voxels_left_is_refused_by_both(
    setting: dict[str, Any], tmp_path: Path
) -> None:
    image, masks = DATA / PROSTATE.image, masks_of(PROSTATE)
    parameters = of({"binWidth": 10, **setting}, PLAIN)
    assert not any(by_command(image, masks, parameters, tmp_path).values())
    ours = by_us(image, masks, parameters)
    assert not ours.features.notna().any(axis=None)
    assert {row["outcome"] for row in ours.outcomes} == {"too few voxels"}
    assert {row["mask"] for row in ours.outcomes} == set(masks)


def test_one_grey_level_has_textures_by_convention_there_and_an_outcome_here(
    tmp_path: Path,
) -> None:
    image, masks, parameters = DATA / MR_25.image, masks_of(MR_25), of({"binWidth": 10**4}, PLAIN)
    ours = by_us(image, masks, parameters)
    theirs = by_command(image, masks, parameters, tmp_path)
    assert theirs["drawn"]["scan__original_glcm_Correlation"] == 1
    for mask, found in theirs.items():
        row = ours.features.loc[mask]
        known = {key: value for key, value in found.items() if not math.isnan(row[key])}
        assert {key.split("_")[3] for key in known} == {"firstorder", "shape"}
        assert not differences(row, known)
        (said,) = [outcome for outcome in ours.outcomes if outcome["mask"] == mask]
        assert said["outcome"] == "one grey level"
        assert said["n_missing"] == row.isna().sum() == len(found) - len(known)


def test_a_filter_that_the_command_leaves_out_silently_is_refused(tmp_path: Path) -> None:
    whole, drawn = read_volume(DATA / PROSTATE.image), read_mask(DATA / PROSTATE.mask)
    thin, masks = tmp_path / "thin.nii.gz", {"drawn": drawn[:, :, 6:9]}
    write_volume(whole[:, :, 6:9], thin)
    parameters = of({"binWidth": 10}, {"Original": {}, "LoG": {"sigma": [4.0]}})
    found = by_command(thin, masks, parameters, tmp_path)["drawn"]
    assert found
    assert not any("log-sigma" in name for name in found)
    with pytest.raises(BadInput, match="LoG gives no image"):
        by_us(thin, masks, parameters)
