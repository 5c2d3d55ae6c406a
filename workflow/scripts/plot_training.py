"""Draw the training curves of a segmenter."""

from radproof.figures.style import save
from radproof.figures.training import draw
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    histories = map(read_table, job.input.histories)
    by_fold = dict(zip(job.settings["folds"], histories, strict=True))
    figure, plotted = draw(by_fold, simulated=job.settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
