"""Write the report."""

from pathlib import Path

import pandas as pd
from radproof.dossier.report import read_sources, report_context, write_report
from radproof.dossier.versions import versions
from radproof.job import open_job
from radproof.tables import read_json, read_table

with open_job(snakemake) as job:
    folder = Path(job.output.report).parents[1]
    cohort = [job.input[name] for name in ("flow", "excluded", "description", "table_1")]
    tables = {Path(path).stem: path for path in [*job.input.tables, *cohort]}
    by_place = {str(Path(path).relative_to(folder)): path for path in job.input.by_place}
    shown = read_sources(tables | by_place, folder)
    if job.input.quality:
        quality = pd.concat(map(read_table, job.input.quality), ignore_index=True)
        shown["quality"] = (quality.dropna(subset="flags"), "../images/")
    fixed = {name: str(job.input[name]) for name in ("plan", "sheet", "lock")}
    lineage = read_json(job.input.lineage)
    context = report_context(
        job.settings["plan"],
        [Path(path) for path in job.input.figures],
        shown,
        read_table(job.input.claims),
        [read_json(path) for path in job.input.models],
        lineage["jobs"],
        lineage["sources"],
        versions(str(job.input.project), fixed),
    )
    write_report(context, Path(job.output.report))
