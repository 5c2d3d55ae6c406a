"""Join the sets, and describe who is studied."""

from radproof.cohort.check import CohortTables, merge_cohort
from radproof.cohort.describe import describe
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    files = zip(job.input.patients, job.input.files, job.input.flow, strict=True)
    merged = merge_cohort([CohortTables(*map(read_table, paths)) for paths in files])
    write_table(merged.patients, job.output.patients)
    write_table(merged.files, job.output.files)
    write_table(merged.flow, job.output.flow)
    write_table(describe(merged.patients, job.settings["clinical"]), job.output.description)
