"""Draw the ROC curves."""

from radproof.figures.roc import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    roc, areas = read_table(job.input.roc), read_table(job.input.discrimination)
    figure, plotted = draw(roc, areas, simulated=job.settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
