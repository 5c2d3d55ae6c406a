"""Compare models in pairs; with simulated patients, hold them against the oracle too."""

import pandas as pd
from radproof.evaluation.comparisons import comparison_tables
from radproof.evaluation.oracle import against_oracle
from radproof.job import open_job
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    predictions = pd.concat(map(read_table, job.input.predictions), ignore_index=True)
    for name, table in comparison_tables(predictions, job.settings).items():
        write_table(table, job.output[name])
    if job.input.truth:
        truth = read_table(job.input.truth)
        truth["patient"] = truth["participant_id"].str.removeprefix("sub-")
        write_table(against_oracle(predictions, truth), job.output.oracle)
