"""Count the masks of which something could not be measured."""

import pandas as pd
from radproof.job import open_job
from radproof.radiomics.outcomes import summarise, unmeasured
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    files = zip(job.settings["sets"], job.input.outcomes, strict=True)
    outcomes = pd.concat([read_table(path).assign(set=name) for name, path in files])
    lost = unmeasured(outcomes, len(read_table(job.input.dictionary)))
    write_table(summarise(outcomes), job.output.outcomes)
    write_table(lost, job.output.unmeasured)
    job.log(f"{len(lost)} masks not measured or in part, perturbed ones aside")
