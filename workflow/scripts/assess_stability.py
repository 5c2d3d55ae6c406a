"""Judge which features survive another contour."""

import pandas as pd
from radproof.job import open_job
from radproof.radiomics.stability import assess_stability
from radproof.tables import read_features, read_table, write_table

with open_job(snakemake) as job:
    settings = job.settings
    patients = read_table(job.input.patients).set_index("patient")
    features = {mask: pd.concat(map(read_features, job.input[mask])) for mask in settings["masks"]}
    table = assess_stability(features, patients["fold"], settings["stability"])
    write_table(table, job.output.stability)
    overall = table[table["left_out"] == "none"]
    job.log(f"{overall['kept'].sum()} of {len(overall)} features are stable")
