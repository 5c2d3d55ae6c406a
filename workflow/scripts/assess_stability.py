"""Judge which features survive another contour."""

import pandas as pd
from radproof.job import open_job
from radproof.radiomics.stability import assess_stability, summarise_dice
from radproof.tables import read_features, read_table, write_table

with open_job(snakemake) as job:
    settings = job.settings
    folds = read_table(job.input.patients).set_index("patient")["fold"]
    features = {mask: pd.concat(map(read_features, job.input[mask])) for mask in settings["masks"]}
    tables = assess_stability(features, folds, settings["between"], settings["stability"])
    if drawn := job.input.get("perturbed"):
        tables["perturbations"] = summarise_dice(pd.concat(map(read_table, drawn)))
    for name, table in tables.items():
        write_table(table, job.output[name])
    overall = tables["stability"].query("left_out == 'none'")
    job.log(f"{overall['kept'].sum()} of {len(overall)} features are stable")
