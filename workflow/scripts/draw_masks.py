"""Draw the automated masks of a group of patients."""

import pandas as pd
from radproof.job import open_job
from radproof.segmentation.masks import COLUMNS, check_empty, draw_mask
from radproof.segmentation.thresholds import threshold_of
from radproof.tables import read_table, write_table
from radproof.volumes import read_volume, write_volume

with open_job(snakemake) as job:
    thresholds, settings = read_table(job.input.threshold), job.settings
    files = zip(settings["sheet"], job.input.probabilities, job.output.masks, strict=True)
    rows = []
    for entry, source, target in files:
        patient, threshold = entry["patient"], threshold_of(thresholds, entry["fold"])
        probabilities = read_volume(source, patient)
        mask, row = draw_mask(probabilities, threshold, settings["inference"])
        write_volume(mask, target)
        rows.append({"patient": patient, "set": entry["set"], **row})
    table = pd.DataFrame(rows, columns=COLUMNS)
    write_table(table, job.output.table)
    job.log(f"{len(table)} masks, {int(table['empty'].sum())} of them empty")
    check_empty(table, settings["inference"]["on_empty"])
