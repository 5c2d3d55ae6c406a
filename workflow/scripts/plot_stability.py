"""Draw the stability of features."""

from radproof.figures.stability import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    table = read_table(job.input.icc)
    figure, plotted = draw(
        table, settings["decides"], settings["stability"], simulated=settings["simulated"]
    )
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
