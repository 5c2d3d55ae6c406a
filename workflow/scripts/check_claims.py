"""Give a verdict on each published claim."""

import pandas as pd
from radproof.dossier.claims import check_claims, read_claims
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    tables = {
        name: read_table(job.input[name]) for name in ("discrimination", "comparisons", "patients")
    }
    if job.input.segmentation:
        tables["segmentation"] = pd.concat(map(read_table, job.input.segmentation))
    claims = check_claims(read_claims(job.input.claims), tables, job.settings["simulated"])
    write_table(claims, job.output.claims)
