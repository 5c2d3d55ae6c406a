"""Check the patients of a set, their values and files."""

from pathlib import Path

import pandas as pd
from radproof.cohort.check import check_cohort
from radproof.job import open_job
from radproof.tables import write_table

with open_job(snakemake) as job:
    settings = job.settings
    tables = check_cohort(
        pd.DataFrame(settings["sheet"]),
        {name: Path(folder) for name, folder in job.datasets.items()},
        settings["outcome"],
        settings["clinical"],
        settings["sequences"],
        settings["raters"],
        content=True,
    )
    write_table(tables.patients, job.output.patients)
    write_table(tables.files, job.output.files)
    write_table(tables.flow, job.output.flow)
    job.log(f"{len(tables.patients)} patients and {len(tables.files)} files are sound")
