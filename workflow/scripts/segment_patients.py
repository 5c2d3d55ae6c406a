"""Give each voxel of a group of patients its probability of tumour."""

from radproof.job import of_patients, open_job
from radproof.segmentation.inference import segment
from radproof.volumes import write_volume

with open_job(snakemake) as job:
    settings = job.settings
    patients = settings["patients"]
    images = of_patients(patients, job.input.images)
    outputs = dict(zip(patients, job.output.probabilities, strict=True))
    found = segment(list(job.input.models), images, settings["origin"], settings["inference"])
    for number, (patient, probabilities) in enumerate(found, 1):
        write_volume(probabilities, outputs[patient])
        job.log(f"{number}/{len(patients)} {patient} segmented")
