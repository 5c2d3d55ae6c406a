"""Draw the outlines of the worst, median and best patient."""

from radproof.figures.overlays import choose_cases, draw, read_case
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_table

with open_job(snakemake) as job:
    settings = job.settings
    names, raters = settings["sequences"], settings["raters"]
    files = list(job.input.images)
    images, masks = {}, {}
    for index, patient in enumerate(settings["patients"]):
        own = files[index * len(names) : (index + 1) * len(names)]
        images[patient] = dict(zip(names, own, strict=True))
        masks[patient] = {rater: job.input[rater][index] for rater in raters}
        masks[patient][settings["segmenter"]] = job.input.automated[index]
    scores = read_table(job.input.scores)
    chosen = choose_cases(scores, settings["set"], raters[0], settings["segmenter"])
    cases = [
        read_case(row, images[row["patient"]], masks[row["patient"]])
        for _, row in chosen.iterrows()
    ]
    figure, plotted = draw(cases, simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
