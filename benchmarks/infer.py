"""Probabilities of some patients by the networks in a folder, as one job does it."""

import sys
import tempfile
from pathlib import Path

from radproof.segmentation.inference import segment
from radproof.study import read_study
from radproof.volumes import write_volume

study = read_study(sys.argv[1], None)
entry = next(iter(study.plan["segmenters"].values()))
results = Path("results") / study.name
sequences = [sequence["name"] for sequence in study.plan["sequences"]]
models = sorted(Path(sys.argv[2]).glob("*.keras"))
images = {
    patient: [results / "images" / patient / f"{sequence}.nii.gz" for sequence in sequences]
    for patient in sys.argv[3:]
}
settings = {**entry["inference"], "size": entry["training"]["size"]}
with tempfile.TemporaryDirectory() as folder:
    for patient, probabilities in segment(models, images, {}, settings):
        write_volume(probabilities, Path(folder) / f"{patient}.nii.gz")
