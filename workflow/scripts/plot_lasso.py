"""Draw the path of a LASSO model and what was chosen on it."""

from radproof.figures.lasso import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_json, read_table

with open_job(snakemake) as job:
    figure, plotted = draw(
        read_json(job.input.model),
        read_table(job.input.path),
        simulated=job.settings["simulated"],
    )
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
