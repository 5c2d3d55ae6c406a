"""Give a verdict on each published claim."""

from radproof.dossier.claims import check_claims, read_claims, segmentation_summaries
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    tables = {
        name: read_table(job.input[name]) for name in ("discrimination", "comparisons", "patients")
    }
    if job.input.segmentation:
        tables["segmentation"] = segmentation_summaries(job.input.segmentation)
    claims = check_claims(read_claims(job.input.claims), tables, job.settings["simulated"])
    write_table(claims, job.output.claims)
