"""Extract the features of a batch of patients."""

import pandas as pd
from radproof.job import of_patients, open_job
from radproof.radiomics.batch import extract_patient
from radproof.radiomics.perturbation import COLUMNS
from radproof.tables import write_features, write_table

with open_job(snakemake) as job:
    settings = job.settings
    names, files = settings["sequences"], of_patients(settings["patients"], job.input.images)
    rows: dict[str, dict[str, pd.Series]] = {}
    outcomes, grey_levels, perturbations = [], [], []
    for index, patient in enumerate(settings["patients"]):
        images = dict(zip(names, files[patient], strict=True))
        masks = {mask: job.input[mask][index] for mask in settings["masks"]}
        seed = job.seed(patient)
        extraction, perturbed = extract_patient(patient, images, masks, settings, seed)
        for mask, row in extraction.features.iterrows():
            rows.setdefault(mask, {})[patient] = row
        outcomes += [{"patient": patient, **outcome} for outcome in extraction.outcomes]
        grey_levels += [{"patient": patient, **row} for row in extraction.grey_levels]
        perturbations += [{"patient": patient, **row} for row in perturbed]
        job.log(f"{index + 1}/{len(settings['patients'])} {patient} measured")
    for mask, by_patient in rows.items():
        write_features(pd.DataFrame(by_patient).T, job.output[mask])
    columns = ["patient", "mask", "sequence", "reason"]
    write_table(pd.DataFrame(outcomes, columns=columns), job.output.outcomes)
    write_table(pd.DataFrame(grey_levels), job.output.grey_levels)
    write_table(pd.DataFrame(perturbations, columns=COLUMNS), job.output.perturbations)
