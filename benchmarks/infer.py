"""Probabilities of some patients by all networks of a study that was run, as one job does it."""

import sys
import tempfile
from pathlib import Path

from radproof.segmentation.inference import segment
from radproof.study import read_study
from radproof.volumes import write_volume

study = read_study(sys.argv[1], None)
name, entry = next(iter(study.plan["segmenters"].items()))
results = Path("results") / study.name
sequences = [sequence["name"] for sequence in study.plan["sequences"]]
models = sorted(results.glob(f"segmentation/{name}/fold-*/model.keras"))
images = {
    patient: [results / "images" / patient / f"{sequence}.nii.gz" for sequence in sequences]
    for patient in sys.argv[2:]
}
learnt = {key: entry[key] for key in ("kind", "rater", "network", "training")}
settings = {**entry["inference"], "size": entry["training"]["size"]}
origin = {"segmenter": learnt, "sequences": sequences}
with tempfile.TemporaryDirectory() as folder:
    for patient, probabilities in segment(models, images, origin, settings):
        write_volume(probabilities, Path(folder) / f"{patient}.nii.gz")
