"""Draw the study as it ran."""

from radproof.figures.study import draw
from radproof.figures.study_numbers import study_numbers
from radproof.figures.style import save
from radproof.job import open_job
from radproof.tables import read_json, read_table

with open_job(snakemake) as job:
    settings = job.settings
    scores, summaries = (map(read_table, job.input[name]) for name in ("scores", "summaries"))
    measured = [(name, region) for name in settings["extractors"] for region in settings["regions"]]
    numbers = study_numbers(
        read_table(job.input.flow),
        read_table(job.input.files),
        zip(settings["segmenters"], settings["raters"], scores, summaries, strict=True),
        dict(zip(settings["extractors"], map(read_table, job.input.dictionaries), strict=True)),
        dict(zip(measured, map(read_table, job.input.stability), strict=bool(job.input.stability))),
        settings["regions"],
        [read_json(path) for path in job.input.models],
    )
    figure, plotted = draw(numbers, simulated=settings["simulated"])
    save(figure, plotted, job.output.svg, job.output.png, job.output.tsv)
