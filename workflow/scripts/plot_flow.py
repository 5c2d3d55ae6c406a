"""Draw who entered and who was analysed."""

from radproof.cohort.flow import with_empty_masks
from radproof.figures.flow import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    masks = zip(settings["segmenters"], map(read_table, job.input.masks), strict=True)
    flow = with_empty_masks(read_table(job.input.flow), masks)
    figure, plotted = draw(flow, simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
