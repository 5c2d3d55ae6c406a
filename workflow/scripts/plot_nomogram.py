"""Draw the nomogram of a model."""

from radproof.figures.nomogram import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.models.nomogram import nomogram
from radproof.tables import read_json, write_json

with open_job(snakemake) as job:
    settings = job.settings
    outcome = settings["outcome"]["description"]
    model = read_json(job.input.model)
    figure, plotted = draw(model, outcome, simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
    write_json(nomogram(model), job.output.axes)
