"""Draw the areas of permuted outcomes beside the true ones."""

from radproof.figures.null import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    figure, plotted = draw(
        read_table(job.input.distribution),
        read_table(job.input.summary),
        simulated=job.settings["simulated"],
    )
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
