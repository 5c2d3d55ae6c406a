# Raw sequences and masks brought onto one grid per patient, a batch of patients a job.

PREPARING_FAMILIES = ("bias_field", "registration", "intensity")
PREPARING_KINDS = [
    (family, sequence[family]["kind"])
    for sequence in PLAN["sequences"]
    for family in PREPARING_FAMILIES
]

for batch, patients in study.batches.items():

    rule:
        name:
            f"prepare_images_{batch}"
        input:
            images=[
                file
                for patient in patients
                for file in study.raw_images(patient).values()
            ],
            masks=[
                file
                for patient in patients
                for file in study.raw_masks(patient).values()
            ],
            landmarks=list(study.landmarks.values()),
            code=code("prepare_images", *PREPARING_KINDS),
        output:
            strips=f"{IMAGES}/strips-{batch}.npz",
            images=images_of(patients),
            masks=[mask for rater in RATERS for mask in rater_masks_of(patients, rater)],
            quality=f"{IMAGES}/qc-{batch}.tsv",
            record=record("prepare_images", batch),
        log:
            log_of("prepare_images", batch),
        priority: priority_of(study.set_of(batch))
        shadow:
            STAGED
        params:
            settings=settings(
                patients=patients,
                missing=study.lacking(patients),
                sequences=[
                    {
                        key: sequence[key]
                        for key in ("name", "flags", *PREPARING_FAMILIES)
                    }
                    for sequence in PLAN["sequences"]
                ],
                raters=[
                    {key: rater[key] for key in ("name", "label")}
                    for rater in PLAN["raters"]
                ],
                images=PLAN["images"],
                folder=IMAGES,
            ),
            datasets=dataset_places,
        message:
            f"prepare images of batch {batch}"
        script:
            "../scripts/prepare_images.py"


rule plot_montage:
    input:
        strips=f"{IMAGES}/strips-{{batch}}.npz",
        code=code("plot_montage"),
    output:
        **{kind: f"{IMAGES}/montage-{{batch}}.{kind}" for kind in ("svg", "png", "tsv")},
        record=record("plot_montage", "{batch}"),
    log:
        log_of("plot_montage", "{batch}"),
    params:
        settings=drawing(),
    message:
        "draw a montage of batch {wildcards.batch}"
    script:
        "../scripts/plot_montage.py"
