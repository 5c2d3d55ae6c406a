# The phantom cohort of a simulated plan; without one there is nothing to simulate.

SIMULATED = list(study.batches) if study.simulated else []
DATASET_DESCRIPTIONS = [
    "README",
    ".bidsignore",
    "dataset_description.json",
    "participants.json",
    "T2w.json",
    "T1w.json",
    *[
        f"derivatives/{rater}/{name}"
        for rater in ("rater1", "rater2")
        for name in (
            "dataset_description.json",
            f"desc-{rater}_dseg.json",
            f"desc-{rater}_dseg.tsv",
        )
    ],
]

for cohort in [study.name] if study.simulated else []:

    rule:
        name:
            "simulate_cohort"
        input:
            code=code("simulate_cohort"),
        output:
            participants=f"{DATASET}/participants.tsv",
            truth=f"{DATASET}/truth.tsv",
            descriptions=[f"{DATASET}/{name}" for name in DATASET_DESCRIPTIONS],
            record=record("simulate_cohort", "all"),
        log:
            log_of("simulate_cohort", "all"),
        priority: FIRST
        localrule: True
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
            sidecars=[
                f"{DATASET}/sub-{patient}/anat/sub-{patient}_ce-GAD_T1w.json"
                for patient in study.batches[batch]
            ],
            record=record("simulate_patients", batch),
        log:
            log_of("simulate_patients", batch),
        priority: priority_of(study.set_of(batch))
        shadow:
            STAGED
        params:
            settings=settings(
                simulation=PLAN["simulation"],
                patients=study.patients(),
                simulated=study.batches[batch],
                folder=DATASET,
            ),
        message:
            f"simulate scans and masks of batch {batch}"
        script:
            "../scripts/simulate_patients.py"
