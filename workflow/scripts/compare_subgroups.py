"""Judge each model in groups of patients, and compare the groups."""

import pandas as pd
from radproof.evaluation.subgroups import analyse_subgroups
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    predictions = pd.concat(map(read_table, job.input.predictions), ignore_index=True)
    patients = read_table(job.input.patients, text=("center",))
    chosen = [job.settings[name] for name in ("subgroups", "clinical", "least")]
    for name, table in analyse_subgroups(predictions, patients, *chosen).items():
        write_table(table, job.output[name])
