"""Fit and judge every model with outcomes dealt anew among patients."""

import pandas as pd
from radproof.job import open_job
from radproof.negative_control.line import Entry, areas, repeat_line
from radproof.tables import read_features, read_table, write_table

with open_job(snakemake) as job:
    entries = []
    for entry in job.settings["models"]:
        features = job.input.get(f"{entry['name']}_features")
        stability = job.input.get(f"{entry['name']}_stability")
        entries.append(
            Entry(
                entry["name"],
                entry["model"],
                entry["clinical"],
                entry["harmonisation"],
                pd.concat(map(read_features, features)) if features else None,
                read_table(stability) if stability else None,
            )
        )
    patients = read_table(job.input.patients, text=("center",))
    predictions = repeat_line(entries, patients, job.settings["seed"], int(job.label))
    write_table(predictions, job.output.predictions)
    for row in areas(predictions).to_dict("records"):
        job.log(f"{row['arm']} {row['model']} {row['set']} {row['kind']}: AUC {row['auc']:.3f}")
