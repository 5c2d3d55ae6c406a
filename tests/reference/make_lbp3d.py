"""Make lbp3d.json: local binary patterns in three dimensions by PyRadiomics and an older SciPy.

SciPy 1.17 lacks a function that PyRadiomics 3.0.1 needs for them. In a virtual environment with
numpy 1.26.4, scipy 1.11.4, SimpleITK 2.5.7 and pyradiomics 3.0.1 run

    python tests/reference/make_lbp3d.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import radiomics
import scipy
import SimpleITK as sitk
import trimesh
from radiomics.featureextractor import RadiomicsFeatureExtractor

FILE = Path(__file__).with_name("lbp3d.json")
SPACING_MM = (1.0, 1.0, 2.5)
FEATURES = {
    "firstorder": ["Mean", "Variance", "Skewness", "Entropy", "Minimum", "Maximum"],
    "glcm": ["Contrast", "Correlation"],
    "glrlm": ["RunEntropy"],
    "glszm": ["ZoneEntropy"],
    "gldm": ["DependenceEntropy"],
    "ngtdm": ["Coarseness"],
}
PLAIN = {"lbp3DLevels": 2, "lbp3DIcosphereRadius": 1, "lbp3DIcosphereSubdivision": 1}
CASES = {
    "bins of 1": {"binWidth": 1},
    "bins of 0.1": {"binWidth": 0.1},
    "three levels, radius 2": {"binWidth": 0.1, "lbp3DLevels": 3, "lbp3DIcosphereRadius": 2},
    "coarse sphere, slice by slice": {
        "binWidth": 0.1,
        "lbp3DIcosphereSubdivision": 0,
        "force2D": True,
    },
}


def image() -> sitk.Image:
    """Return smoothed noise, by sums of whole numbers alone: the same on every machine."""
    array = np.random.default_rng(5).integers(0, 1000, (16, 22, 24))
    for axis in range(3):
        for _ in range(2):
            array = array + np.roll(array, 1, axis)
    volume = sitk.GetImageFromArray(array.astype(np.float64) / 64)
    volume.SetSpacing(SPACING_MM)
    return volume


def masks() -> dict:
    """Return two overlapping ellipsoids."""
    return {"first": ellipsoid(7, 9, 9), "second": ellipsoid(8, 12, 14)}


def ellipsoid(z: int, y: int, x: int) -> sitk.Image:
    places = np.mgrid[:16, :22, :24]
    square = 4 * (places[0] - z) ** 2 + (places[1] - y) ** 2 + (places[2] - x) ** 2
    mask = sitk.GetImageFromArray((square <= 64).astype(np.uint8))
    mask.SetSpacing(SPACING_MM)
    return mask


def checksum() -> str:
    """Return the SHA-256 of the voxels of the image and the masks."""
    volumes = [image(), *masks().values()]
    return hashlib.sha256(
        b"".join(sitk.GetArrayFromImage(v).tobytes() for v in volumes)
    ).hexdigest()


def parameters(case: str) -> dict:
    return {"setting": CASES[case], "imageType": {"LBP3D": {}}, "featureClass": FEATURES}


def main() -> None:
    values: dict = {}
    for case in CASES:
        chosen = parameters(case)
        chosen["setting"] = {**chosen["setting"], "additionalInfo": False}
        extractor = RadiomicsFeatureExtractor(chosen)
        values[case] = {
            name: {key: float(value) for key, value in extractor.execute(image(), mask).items()}
            for name, mask in masks().items()
        }
    versions = {
        "pyradiomics": radiomics.__version__,
        "scipy": scipy.__version__,
        "numpy": np.__version__,
        "SimpleITK": sitk.Version.VersionString(),
        "trimesh": trimesh.__version__,
    }
    label = {"made_by": "tests/reference/make_lbp3d.py", "versions": versions}
    text = json.dumps({**label, "sha256": checksum(), "values": values}, indent=1)
    FILE.write_text(text + "\n")


if __name__ == "__main__":
    main()
