"""Draw the automated masks of a group of patients."""

from radproof.job import open_job
from radproof.segmentation.inference import segment
from radproof.volumes import write_volume

with open_job(snakemake) as job:
    settings = job.settings
    patients, n_sequences = settings["patients"], len(settings["sequences"])
    files = list(job.input.images)
    images = {
        patient: files[index * n_sequences : (index + 1) * n_sequences]
        for index, patient in enumerate(patients)
    }
    outputs = dict(zip(patients, job.output.masks, strict=True))
    masks = segment(list(job.input.models), images, settings["inference"])
    for number, (patient, mask) in enumerate(masks, 1):
        write_volume(mask, outputs[patient])
        job.log(f"{number}/{len(patients)} {patient} segmented")
