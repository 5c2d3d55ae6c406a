"""Draw the nomogram of a model."""

from radproof.figures.nomogram import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_json

with open_job(snakemake) as job:
    settings = job.settings
    outcome = settings["outcome"]["description"]
    figure, plotted = draw(read_json(job.input.model), outcome, simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
