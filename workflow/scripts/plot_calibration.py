"""Draw the calibration curves."""

from radproof.figures.calibration import draw
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    curve, calibration = read_table(job.input.curve), read_table(job.input.calibration)
    figure, plotted = draw(curve, calibration, simulated=job.settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
