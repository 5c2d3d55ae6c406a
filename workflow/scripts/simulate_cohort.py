"""Write participants, truth and descriptions of the phantom cohort."""

from pathlib import Path

from radproof.job import open_job
from radproof.simulation.dataset import write_cohort

with open_job(snakemake) as job:
    settings = job.settings
    folder = Path(job.output.participants).parent
    write_cohort(settings["simulation"], settings["patients"], settings["seed"], folder)
    job.log(f"{len(settings['patients'])} simulated participants")
