"""Simulate the scans and masks of a batch of patients."""

from pathlib import Path

from radproof.job import open_job
from radproof.simulation.dataset import write_patient

with open_job(snakemake) as job:
    settings = job.settings
    for number, patient in enumerate(settings["simulated"], 1):
        write_patient(
            settings["simulation"],
            settings["patients"],
            patient,
            settings["seed"],
            Path(settings["folder"]),
        )
        job.log(f"{number}/{len(settings['simulated'])} {patient} simulated")
