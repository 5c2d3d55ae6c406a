"""Draw areas in subgroups and differences of models."""

from radproof.figures.forest import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

TABLES = ("discrimination", "subgroups", "interactions", "comparisons")

with open_job(snakemake) as job:
    figure, plotted = draw(
        *(read_table(job.input[name]) for name in TABLES),
        job.settings["models"],
        job.settings["units"],
        simulated=job.settings["simulated"],
    )
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
