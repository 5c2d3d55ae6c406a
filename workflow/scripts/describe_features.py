"""Describe every feature that an extractor gives."""

from radproof.job import open_job
from radproof.radiomics.dictionary import describe
from radproof.tables import write_table

with open_job(snakemake) as job:
    table = describe(job.settings["sequences"], job.settings["extractor"])
    write_table(table.where(table != ""), job.output.dictionary)
    counts = table["standardised"].value_counts()
    said = ", ".join(f"{count} {standing}" for standing, count in counts.items())
    job.log(f"{len(table)} features; standardised by IBSI: {said}")
