"""Fit a model, and those whose scores it takes, on resamples of the training patients."""

import pandas as pd
from radproof.evaluation.optimism import draw_resamples, resample_table
from radproof.evaluation.refitting import Chain, refit
from radproof.job import open_job
from radproof.tables import read_features, read_table, write_table

with open_job(snakemake) as job:
    settings, files = job.settings, job.input
    features, stability = (
        {name: files.get(f"{part}_{name}") for name in settings["chain"]}
        for part in ("features", "stability")
    )
    chain = Chain(
        {name: settings["models"][name] for name in settings["chain"]},
        read_table(files.patients, text=("center",)),
        settings["clinical"],
        {
            name: pd.concat(map(read_features, own)) if own else None
            for name, own in features.items()
        },
        {name: read_table(own) if own else None for name, own in stability.items()},
        settings["harmonisation"],
        settings["seed"],
    )
    # Not of the model: all are fitted on the same resamples.
    draws = draw_resamples(len(chain.patients), settings["resamples"], job.seed("patients"))
    outcome = chain.patients["outcome"].to_numpy(int)
    write_table(resample_table(outcome, draws, refit(chain, draws)), job.output.resamples)
