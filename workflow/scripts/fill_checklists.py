"""Fill the reporting checklists as far as the run knows."""

from pathlib import Path

from radproof.dossier.checklists import fill_checklists
from radproof.dossier.evidence.run import Run
from radproof.job import open_job
from radproof.tables import read_json, read_table, write_table

with open_job(snakemake) as job:
    results = Path(job.output.checklists).parents[1]
    tables, models = (
        {str(Path(path).relative_to(results)): read(path) for path in paths}
        for read, paths in ((read_table, job.input.tables), (read_json, job.input.models))
    )
    filled = fill_checklists(Run(job.settings["plan"], tables, models))
    write_table(filled, job.output.checklists)
    job.log(f"answers: {filled['answer'].value_counts().to_dict()}")
