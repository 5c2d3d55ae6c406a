"""Count the grey levels in the masks of a batch of training patients."""

import pandas as pd
from radproof.job import of_patients, open_job
from radproof.radiomics.batch import count_patient
from radproof.tables import write_table

with open_job(snakemake) as job:
    settings = job.settings
    files = of_patients(settings["patients"], job.input.images)
    rows = []
    for patient, mask in zip(settings["patients"], job.input.masks, strict=True):
        images = dict(zip(settings["sequences"], files[patient], strict=True))
        counted = count_patient(patient, images, {settings["mask"]: mask}, settings)
        rows += [{"patient": patient, **row} for row in counted]
    columns = ["patient", "mask", "sequence", "filter", "levels", "usual", "bin_width_for_64"]
    write_table(pd.DataFrame(rows, columns=columns), job.output.levels)
