"""Fit a model on training patients, and again without each fold."""

import pandas as pd
from radproof.job import open_job
from radproof.models.fitting import fit_model
from radproof.tables import read_features, read_table, write_json, write_table

with open_job(snakemake) as job:
    settings = job.settings
    features = job.input.get("features")
    stability = job.input.get("stability")
    scores = zip(settings["model"].get("scores", []), job.input.upstream, strict=True)
    fitted = fit_model(
        settings["name"],
        settings["model"],
        read_table(job.input.patients, text=("center",)),
        settings["clinical"],
        pd.concat(map(read_features, features)) if features else None,
        read_table(stability) if stability else None,
        {name: read_table(path) for name, path in scores},
        settings["seed"],
        settings["harmonisation"],
    )
    write_json(fitted.model, job.output.model)
    for name in ("coefficients", "selection", "path", "out_of_fold"):
        write_table(getattr(fitted, name), job.output[name])
    for warning in fitted.model["warnings"]:
        job.log(f"warning: {warning}")
    for patient, names in fitted.filled.items():
        job.log(f"patient {patient}: {len(names)} missing and filled in: {', '.join(names)}")
