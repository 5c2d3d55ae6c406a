"""Refuse grey levels that leave textures empty or too sparse."""

import pandas as pd
from radproof.job import open_job
from radproof.radiomics.grey_levels import check_levels, summarise
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    limits = job.settings["limits"]
    table = summarise(pd.concat(map(read_table, job.input.levels)), limits)
    check_levels(table, limits)
    write_table(table, job.output.levels)
