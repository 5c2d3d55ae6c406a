# The phantom cohort of a simulated plan; without one there is nothing to simulate.

SIMULATED = list(study.batches) if study.simulated else []

for cohort in [study.name] if study.simulated else []:

    rule:
        name:
            "simulate_cohort"
        input:
            code=code("simulate_cohort"),
        output:
            participants=f"{RESULTS}/dataset/participants.tsv",
            levels=f"{RESULTS}/dataset/participants.json",
            description=f"{RESULTS}/dataset/dataset_description.json",
            truth=f"{RESULTS}/dataset/truth.tsv",
            record=record("simulate_cohort", "all"),
        log:
            log_of("simulate_cohort", "all"),
        params:
            settings=settings(simulation=PLAN["simulation"], patients=study.patients()),
        message:
            "simulate clinical values and outcomes of the cohort"
        script:
            "../scripts/simulate_cohort.py"


for batch in SIMULATED:

    rule:
        name:
            f"simulate_patients_{batch}"
        input:
            code=code("simulate_patients"),
        output:
            images=[
                file
                for patient in study.batches[batch]
                for file in study.raw_images(patient).values()
            ],
            masks=[
                file
                for patient in study.batches[batch]
                for file in study.raw_masks(patient).values()
            ],
            record=record("simulate_patients", batch),
        log:
            log_of("simulate_patients", batch),
        params:
            settings=settings(
                simulation=PLAN["simulation"],
                patients=study.patients(),
                simulated=study.batches[batch],
                folder=f"{RESULTS}/dataset",
            ),
        message:
            f"simulate scans and masks of batch {batch}"
        script:
            "../scripts/simulate_patients.py"
