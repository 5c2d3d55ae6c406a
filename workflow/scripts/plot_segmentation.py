"""Draw the scores of masks by set."""

from radproof.figures.segmentation import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    names = ("scores", "summary", "agreement", "strata")
    figure, plotted = draw(
        *(read_table(job.input[name]) for name in names),
        segmenter=settings["segmenter"],
        set_name=settings["set"],
        simulated=settings["simulated"],
    )
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
