"""Describe the study as a research object."""

from pathlib import Path

from radproof.cohort.sheet import read_sheet
from radproof.dossier.crate import PARAMETERS, Run, describe
from radproof.dossier.held_files import code_of, files_of, held_in_place
from radproof.dossier.lineage import trace
from radproof.dossier.pseudonyms import pseudonyms
from radproof.errors import CheckFailed
from radproof.job import open_job
from radproof.provenance import PROJECT, portable
from radproof.schema import read_yaml
from radproof.tables import write_json

with open_job(snakemake) as job:
    results = Path(job.settings["results"])
    ends = [portable(path, results, {}) for path in (job.input.report, job.input.lineage)]
    chain = trace(ends, results, job.datasets)
    if chain.problems:
        raise CheckFailed("\n".join(map(str, chain.problems)))
    used = {name: portable(str(job.input[name]), results, {}) for name in PARAMETERS}
    own = [*job.input.workflow, str(job.input.licence)]
    workflow = [portable(path, results, {}) for path in own]
    key = pseudonyms(read_sheet(job.input.sheet)["patient"], read_yaml(job.input.plan))
    run = Run(job.settings["title"], chain.jobs, used, workflow[0], ends, key)
    paths = {*files_of(chain.jobs), *code_of(chain.jobs), *workflow, *used.values()}
    held = held_in_place(paths, results, PROJECT, key)
    write_json(describe(run, held), job.output.crate)
    job.log(f"{len(chain.jobs)} jobs and {len(held)} files described")
