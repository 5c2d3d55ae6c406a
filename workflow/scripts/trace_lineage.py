"""Trace every figure and table back to raw files."""

from pathlib import Path

from radproof.dossier.lineage import summary, trace
from radproof.errors import CheckFailed
from radproof.job import open_job
from radproof.tables import write_json

with open_job(snakemake) as job:
    results = Path(job.settings["results"])
    ends = [Path(path).relative_to(results).as_posix() for path in job.input.ends]
    lineage = trace(ends, results, job.datasets)
    if lineage.problems:
        raise CheckFailed("\n".join(map(str, lineage.problems)))
    write_json({"jobs": summary(lineage), "sources": lineage.sources}, job.output.lineage)
    job.log(f"{len(lineage.jobs)} jobs traced back to {len(lineage.sources)} raw files")
