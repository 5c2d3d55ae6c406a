"""Predict everybody from a frozen model."""

import pandas as pd
from radproof.job import open_job
from radproof.models.harmonising import unseen_warnings
from radproof.models.predicting import predict_model
from radproof.tables import read_features, read_json, read_table, write_table

with open_job(snakemake) as job:
    model = job.settings["model"]
    features = job.input.get("features")
    scores = zip(model.get("scores", []), job.input.upstream, strict=True)
    fitted = read_json(job.input.model)
    patients = read_table(job.input.patients, text=("center",))
    predictions = predict_model(
        fitted,
        model,
        patients,
        pd.concat(map(read_features, features)) if features else None,
        {name: read_table(path) for name, path in scores},
        read_table(job.input.out_of_fold),
    )
    write_table(predictions, job.output.predictions)
    for warning in unseen_warnings(fitted.get("harmonisation"), patients):
        job.log(f"warning: {warning}")
