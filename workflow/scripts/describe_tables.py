"""Describe the features of tables, as far as their names tell."""

from radproof.job import open_job
from radproof.radiomics.extractors.table import describe, shared_columns
from radproof.tables import write_table

with open_job(snakemake) as job:
    described = describe(shared_columns(job.input.tables, job.settings["extractor"]))
    write_table(described.where(described != ""), job.output.dictionary)
    job.log(f"{len(described)} features")
