"""Radiomics of some sarcoma patients in one process, as one job does it.

Arguments: folder of the masks, masks of each patient, name of the table, patients.
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from measure import DATA
from radproof.radiomics.extractors.pyradiomics import extract
from radproof.volumes import read_mask, read_volume

# PyRadiomics' own default bin width; three widths of LoG, and the eight wavelets of one level.
PARAMETERS: dict[str, Any] = {
    "setting": {"binWidth": 25},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 3.0, 5.0]}, "Wavelet": {}},
    "featureClass": {
        name: [] for name in ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
    },
}


def image_of(patient: str) -> Path:
    """Return the T1 of a sarcoma patient."""
    return DATA / "sts" / f"sub-{patient}" / "anat" / f"sub-{patient}_T1w.nii.gz"


def measure_patient(folder: Path, n_masks: int, patient: str) -> pd.DataFrame:
    """Return the features of a patient's masks; the index is ``<patient>-<mask>``."""
    files = {f"{patient}-{number}": f"{patient}-{number}.nii.gz" for number in range(n_masks)}
    masks = {name: read_mask(folder / file, patient=patient) for name, file in files.items()}
    return extract({"t1": read_volume(image_of(patient), patient)}, masks, PARAMETERS).features


if __name__ == "__main__":
    folder, n_masks, name, *patients = sys.argv[1:]
    tables = [measure_patient(Path(folder), int(n_masks), patient) for patient in patients]
    pd.concat(tables).to_parquet(Path(folder) / f"{name}.parquet")
