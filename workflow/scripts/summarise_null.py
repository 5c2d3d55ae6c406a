"""Say where the areas of permuted outcomes lie."""

from radproof.job import open_job
from radproof.negative_control.summary import distribution, summarise
from radproof.tables import read_table, write_table

with open_job(snakemake) as job:
    predictions = {number: read_table(path) for number, path in enumerate(job.input.predictions)}
    table = distribution(predictions)
    write_table(table, job.output.distribution)
    summary = summarise(table)
    write_table(summary, job.output.summary)
    for row in summary.to_dict("records"):
        job.log(
            f"{row['arm']} {row['model']} {row['set']} {row['kind']}: AUC {row['auc']:.3f},"
            f" permuted {row['null_low']:.3f} to {row['null_high']:.3f}, p {row['p']:.3f}"
        )
