"""Log the study, its folds and its models in MLflow."""

from pathlib import Path

from radproof.dossier.runs import fold_run, model_run, study_run
from radproof.dossier.tracking import log_study
from radproof.job import open_job
from radproof.provenance import LOCK, sha256_of
from radproof.tables import read_table, write_json

with open_job(snakemake) as job:
    plan, store = job.settings["plan"], Path(job.settings["store"])
    store.mkdir(parents=True, exist_ok=True)
    address = snakemake.params.tracking_uri or f"sqlite:///{store.resolve()}/runs.db"
    children = [fold_run(plan, Path(path).parent) for path in job.input.histories]
    areas = read_table(job.input.discrimination)
    children += [model_run(plan, Path(path), areas) for path in job.input.models]
    summaries = {Path(path).parent.name: read_table(path) for path in job.input.segmentation}
    artifacts = [*map(Path, job.input.figures), Path(job.input.discrimination), LOCK]
    data = {"cohort/files.tsv": job.input.files, "sheet": job.input.sheet}
    runs = log_study(
        address,
        None if snakemake.params.tracking_uri else store / "artifacts",
        plan["study"],
        sha256_of(job.input.files),
        study_run(plan, summaries, artifacts),
        children,
        {name: sha256_of(path) for name, path in data.items()},
    )
    write_json(runs, job.output.runs)
