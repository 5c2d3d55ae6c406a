"""Draw a batch of patients as a sheet that a person can scan."""

from radproof.figures.montage import draw
from radproof.figures.style import save
from radproof.images.strips import read_strips
from radproof.job import open_job

with open_job(snakemake) as job:
    figure, plotted = draw(read_strips(job.input.strips), simulated=job.settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
