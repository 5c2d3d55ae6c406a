"""Evaluate the predictions of every model."""

import pandas as pd
from radproof.evaluation.evaluate import evaluate
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    predictions = pd.concat(map(read_table, job.input.predictions), ignore_index=True)
    for name, table in evaluate(predictions).items():
        write_table(table, job.output[name])
