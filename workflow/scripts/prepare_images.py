"""Bring the sequences and masks of a batch of patients onto one grid each."""

from pathlib import Path

import pandas as pd
from radproof.images.prepare import prepare_patient
from radproof.images.strips import strip_of, write_strips
from radproof.job import open_job
from radproof.tables import write_table
from radproof.volumes import write_volume

with open_job(snakemake) as job:
    settings, quality, strips = job.settings, [], []
    names = [sequence["name"] for sequence in settings["sequences"]]
    labels = {rater["name"]: rater["label"] for rater in settings["raters"]}
    images = iter(job.input.images)
    masks = iter(job.input.masks)
    for number, patient in enumerate(settings["patients"], 1):
        missing = settings["missing"].get(patient, [])
        prepared = prepare_patient(
            patient,
            {name: Path(next(images)) for name in names if name not in missing},
            {rater: Path(next(masks)) for rater in labels},
            settings["sequences"],
            labels,
            settings["images"],
            job.seed(patient),
        )
        folder = Path(settings["folder"]) / patient
        for name, image in prepared.images.items():
            write_volume(image, folder / f"{name}.nii.gz")
        for rater, mask in prepared.masks.items():
            write_volume(mask, folder / f"mask-{rater}.nii.gz")
        quality.append(prepared.qc)
        strips.append(strip_of(patient, prepared.images, prepared.unmoved, prepared.masks))
        job.log(f"{number}/{len(settings['patients'])} {patient} prepared")
    write_table(pd.concat(quality, ignore_index=True), job.output.quality)
    write_strips(strips, job.output.strips)
