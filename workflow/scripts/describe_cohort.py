"""Join the sets, and describe who is studied."""

from pathlib import Path

from radproof.cohort.check import CohortTables, merge_cohort
from radproof.cohort.describe import describe
from radproof.cohort.flow import with_unlisted
from radproof.cohort.participants import read_participants
from radproof.cohort.sheet import read_sheet
from radproof.cohort.table1 import table_1
from radproof.job import open_job
from radproof.tables import read_table, write_table

NAMES = ("patients", "files", "excluded", "flow")

with open_job(snakemake) as job:
    sets = zip(*(job.input[name] for name in NAMES), strict=True)
    merged = merge_cohort([CohortTables(*map(read_table, paths)) for paths in sets])
    tables = [read_participants(Path(path).parent) for path in job.input.participants]
    participants = dict(zip(job.settings["names_of_datasets"], tables, strict=True))
    for name in NAMES[:3]:
        write_table(getattr(merged, name), job.output[name])
    write_table(
        with_unlisted(merged.flow, participants, read_sheet(job.input.sheet)), job.output.flow
    )
    clinical = job.settings["clinical"]
    write_table(describe(merged.patients, clinical), job.output.description)
    write_table(table_1(merged.patients, clinical), job.output.table_1)
