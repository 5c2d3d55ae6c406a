"""Score automated masks against raters, and raters against each other."""

import pandas as pd
from radproof.job import open_job
from radproof.segmentation.score_statistics import score_statistics
from radproof.segmentation.score_tables import pairs_of, score_masks
from radproof.tables import write_table

with open_job(snakemake) as job:
    settings = job.settings
    sheet = pd.DataFrame(settings["sheet"])
    masks = {
        rater: dict(zip(sheet["patient"], job.input[rater], strict=True))
        for rater in settings["raters"]
    }
    masks[settings["segmenter"]] = dict(zip(sheet["patient"], job.input.automated, strict=True))
    scores = score_masks(masks, pairs_of(settings["raters"], settings["segmenter"]), sheet)
    write_table(scores, job.output.scores)
    statistics = score_statistics(scores, settings["segmenter"], settings["scores"], job.seed())
    for name, table in statistics.items():
        write_table(table, job.output[name])
