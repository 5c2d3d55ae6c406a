"""Take optimism off what each model seems to reach on the patients it was fitted on."""

from radproof.evaluation.optimism import optimism_table
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    names = job.settings["models"]
    resamples, predictions = (
        dict(zip(names, map(read_table, files), strict=True))
        for files in (job.input.resamples, job.input.predictions)
    )
    write_table(optimism_table(predictions, resamples), job.output.optimism)
