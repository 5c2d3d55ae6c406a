# Features of every mask, a batch of patients a job: each image is filtered once for all its masks.

for extractor in PLAN["extractors"]:
    for batch, patients in study.batches.items():
        for region in PLAN["regions"]:

            rule:
                name:
                    f"extract_features_{extractor}_{batch}_{region}"
                input:
                    **{rater: rater_masks_of(patients, rater) for rater in RATERS},
                    **{
                        name: automated_masks_of(patients, name)
                        for name in PLAN["segmenters"]
                    },
                    images=images_of(patients),
                    code=code(
                        "extract_features",
                        ("extractor", PLAN["extractors"][extractor]["kind"]),
                        ("region", PLAN["regions"][region]["kind"]),
                    ),
                output:
                    **{
                        mask: f"{RADIOMICS}/{extractor}/{batch}/{mask}.{region}.parquet"
                        for mask in study.masks(study.set_of(batch))
                    },
                    outcomes=f"{RADIOMICS}/{extractor}/{batch}/outcomes.{region}.tsv",
                    grey_levels=f"{RADIOMICS}/{extractor}/{batch}/grey-levels.{region}.tsv",
                    record=record("extract_features", f"{extractor}.{batch}.{region}"),
                log:
                    log_of("extract_features", f"{extractor}.{batch}.{region}"),
                params:
                    settings=settings(
                        patients=patients,
                        sequences=SEQUENCES,
                        masks=RATERS + list(PLAN["segmenters"]),
                        region=PLAN["regions"][region],
                        extractor=PLAN["extractors"][extractor],
                        perturbations=(
                            PLAN["stability"]["perturbations"]
                            if study.set_of(batch) == "train"
                            else None
                        ),
                    ),
                message:
                    f"extract features of {region} from batch {batch} with {extractor}"
                script:
                    "../scripts/extract_features.py"


rule describe_features:
    input:
        table=os.path.relpath(f"{SCRIPTS}/radproof/radiomics/dictionary.tsv"),
        code=code("describe_features"),
    output:
        dictionary=f"{RADIOMICS}/{{extractor}}/dictionary.tsv",
        record=record("describe_features", "{extractor}"),
    log:
        log_of("describe_features", "{extractor}"),
    params:
        settings=lambda wildcards: settings_text(
            sequences=SEQUENCES, extractor=PLAN["extractors"][wildcards.extractor]
        ),
    message:
        "describe the features of {wildcards.extractor}"
    script:
        "../scripts/describe_features.py"


STABILITY_MASKS = PLAN["stability"]["between"] + [
    mask for mask in study.masks("train") if mask.startswith("perturbed")
]


rule assess_stability:
    input:
        **{
            mask: lambda wildcards, mask=mask: features(
                wildcards.extractor, mask, wildcards.region, ["train"]
            )
            for mask in STABILITY_MASKS
        },
        patients=f"{COHORT}/train/patients.tsv",
        code=code("assess_stability"),
    output:
        stability=f"{RADIOMICS}/{{extractor}}/stability-{{region}}.tsv",
        record=record("assess_stability", "{extractor}.{region}"),
    log:
        log_of("assess_stability", "{extractor}.{region}"),
    params:
        settings=settings(stability=PLAN["stability"], masks=STABILITY_MASKS),
    message:
        "assess the stability of {wildcards.extractor} features of {wildcards.region}"
    script:
        "../scripts/assess_stability.py"
