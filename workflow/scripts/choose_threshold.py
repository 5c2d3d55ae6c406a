"""Choose the probability from which a voxel is inside."""

from radproof.job import open_job
from radproof.segmentation.thresholds import choose, read_dice, sweep
from radproof.tables import write_table

with open_job(snakemake) as job:
    folds = {row["patient"]: row["fold"] for row in job.settings["sheet"]}
    dice = read_dice(
        dict(zip(folds, job.input.probabilities, strict=True)),
        dict(zip(folds, job.input.masks, strict=True)),
    )
    table = sweep(dice, folds)
    thresholds = choose(table, job.settings["threshold"])
    write_table(table, job.output.sweep)
    write_table(thresholds, job.output.threshold)
    for row in thresholds.fillna({"fold": "none"}).to_dict("records"):
        job.log(f"without fold {row['fold']}: threshold {row['threshold']:.2f}")
