"""Extract the features of a batch of patients."""

from radproof.job import of_patients, open_job
from radproof.radiomics.batch import extract_batch
from radproof.tables import write_features, write_table

with open_job(snakemake) as job:
    settings = job.settings
    names, images = settings["sequences"], of_patients(settings["patients"], job.input.images)
    files = {
        patient: (
            dict(zip(names, images[patient], strict=True)),
            {mask: job.input[mask][index] for mask in settings["masks"]},
        )
        for index, patient in enumerate(settings["patients"])
    }
    features, tables = extract_batch(files, settings, job.seed, job.log)
    for mask, table in features.items():
        write_features(table, job.output[mask])
    for name, table in tables.items():
        write_table(table, job.output[name])
