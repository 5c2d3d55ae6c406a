"""Estimate the odds ratios of clinical variables in training patients."""

from radproof.job import open_job
from radproof.models.odds_ratios import odds_ratios
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    table = odds_ratios(read_table(job.input.patients), job.settings["clinical"])
    write_table(table, job.output.odds_ratios)
    for row in table[table["note"].notna()].to_dict("records"):
        job.log(f"note: {row['analysis']} {row['term']}: {row['note']}")
