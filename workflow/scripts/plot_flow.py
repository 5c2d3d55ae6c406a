"""Draw who entered and who was analysed."""

from radproof.cohort.flow import with_empty_masks, with_unmeasured
from radproof.figures.flow import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    drawn = zip(settings["segmenters"], map(read_table, job.input.drawn), strict=True)
    flow = with_empty_masks(read_table(job.input.flow), drawn)
    unmeasured = [read_table(path) for path in job.input.unmeasured]
    flow = with_unmeasured(flow, unmeasured, settings["masks"])
    figure, plotted = draw(flow, simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
