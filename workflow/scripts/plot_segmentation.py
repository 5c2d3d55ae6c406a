"""Draw the scores of masks by set."""

from radproof.figures.segmentation import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    scores, summary = read_table(job.input.scores), read_table(job.input.summary)
    figure, plotted = draw(scores, summary, settings["segmenter"], simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
