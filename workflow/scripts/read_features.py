"""Read the features of a batch of patients from tables."""

from radproof.job import open_job
from radproof.radiomics.extractors.table import outcomes, read_mask
from radproof.tables import write_features, write_table

with open_job(snakemake) as job:
    settings = job.settings
    groups = settings["patients"]
    features = {
        mask: read_mask(dict(zip(job.input[mask], groups, strict=True)), settings["extractor"])
        for mask in settings["extractor"]["tables"]
    }
    for mask, values in features.items():
        write_features(values, job.output[mask])
    write_table(outcomes(features), job.output.outcomes)
