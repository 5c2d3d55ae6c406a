"""Check the patients of a set, their values and files."""

from pathlib import Path

import pandas as pd
from radproof.cohort.check import check_cohort
from radproof.job import open_job
from radproof.study import EXCLUDED_COLUMNS
from radproof.tables import write_table

with open_job(snakemake) as job:
    tables = check_cohort(
        pd.DataFrame(job.settings["sheet"]),
        {name: Path(folder) for name, folder in job.datasets.items()},
        job.settings,
        pd.DataFrame(job.settings["excluded"], columns=EXCLUDED_COLUMNS),
        content=True,
    )
    for name in ("patients", "files", "excluded", "flow"):
        write_table(getattr(tables, name), job.output[name])
    job.log(f"{len(tables.patients)} patients and {len(tables.files)} files are sound")
