"""Draw who entered and who was analysed."""

from radproof.figures.flow import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    figure, plotted = draw(read_table(job.input.flow), simulated=job.settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
