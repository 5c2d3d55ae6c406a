"""Draw radiomics scores by outcome."""

import pandas as pd
from radproof.figures.scores import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    predictions = pd.concat(map(read_table, job.input.predictions), ignore_index=True)
    figure, plotted = draw(
        predictions,
        settings["models"],
        [tuple(pair) for pair in settings["pairs"]],
        settings["outcome"]["description"],
        simulated=settings["simulated"],
    )
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
