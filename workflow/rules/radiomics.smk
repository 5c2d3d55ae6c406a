# Features of every mask, a batch of patients a job: each image is filtered once for all its masks.

PERTURBATIONS = (PLAN["stability"] or {}).get("perturbations")
DICTIONARY = os.path.relpath(f"{SCRIPTS}/radproof/radiomics/dictionary.tsv")


for extractor in MEASURING:
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
                    dictionary=DICTIONARY,
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
                    perturbations=f"{RADIOMICS}/{extractor}/{batch}/perturbations.{region}.tsv",
                    record=record("extract_features", f"{extractor}.{batch}.{region}"),
                log:
                    log_of("extract_features", f"{extractor}.{batch}.{region}"),
                priority: priority_of(study.set_of(batch))
                shadow:
                    STAGED
                params:
                    settings=settings(
                        patients=patients,
                        sequences=SEQUENCES,
                        masks=RATERS + list(PLAN["segmenters"]),
                        region=PLAN["regions"][region],
                        extractor=measured(extractor),
                        perturbations=(
                            PERTURBATIONS if study.set_of(batch) == "train" else None
                        ),
                    ),
                message:
                    f"extract features of {region} from batch {batch} with {extractor}"
                script:
                    "../scripts/extract_features.py"


for extractor in MEASURING:
    for batch in study.batches_of("train"):
        for region in PLAN["regions"]:

            rule:
                name:
                    f"count_grey_levels_{extractor}_{batch}_{region}"
                input:
                    images=images_of(study.batches[batch]),
                    masks=rater_masks_of(study.batches[batch], RATERS[0]),
                    code=code(
                        "count_grey_levels",
                        ("extractor", PLAN["extractors"][extractor]["kind"]),
                        ("region", PLAN["regions"][region]["kind"]),
                    ),
                output:
                    levels=f"{RADIOMICS}/{extractor}/{batch}/rater-levels.{region}.tsv",
                    record=record("count_grey_levels", f"{extractor}.{batch}.{region}"),
                log:
                    log_of("count_grey_levels", f"{extractor}.{batch}.{region}"),
                # Before networks are trained: a bin width that is wrong is known at once.
                priority: FIRST
                shadow:
                    STAGED
                params:
                    settings=settings(
                        patients=study.batches[batch],
                        sequences=SEQUENCES,
                        mask=RATERS[0],
                        region=PLAN["regions"][region],
                        extractor=measured(extractor),
                    ),
                message:
                    f"count grey levels of {region} in batch {batch} for {extractor}"
                script:
                    "../scripts/count_grey_levels.py"


rule check_grey_levels:
    input:
        levels=lambda wildcards: [
            f"{RADIOMICS}/{wildcards.extractor}/{batch}/rater-levels.{wildcards.region}.tsv"
            for batch in study.batches_of("train")
        ],
        code=code("check_grey_levels"),
    output:
        levels=f"{RADIOMICS}/{{extractor}}/grey-levels-{{region}}.tsv",
        record=record("check_grey_levels", "{extractor}.{region}"),
    log:
        log_of("check_grey_levels", "{extractor}.{region}"),
    priority: FIRST
    # The same input would be refused again.
    retries: 0
    localrule: True
    params:
        settings=lambda wildcards: settings_text(
            limits=PLAN["extractors"][wildcards.extractor]["grey_levels"]
        ),
    message:
        "check the grey levels of {wildcards.region} for {wildcards.extractor}"
    script:
        "../scripts/check_grey_levels.py"


for extractor, tables in TABLES.items():
    for batch, patients in study.batches.items():
        for region in PLAN["regions"]:

            rule:
                name:
                    f"read_features_{extractor}_{batch}_{region}"
                input:
                    **{
                        mask: list(in_data_sets(study, patients, path))
                        for mask, path in tables.items()
                    },
                    code=code(
                        "read_features",
                        ("extractor", PLAN["extractors"][extractor]["kind"]),
                    ),
                output:
                    **{
                        mask: f"{RADIOMICS}/{extractor}/{batch}/{mask}.{region}.parquet"
                        for mask in tables
                    },
                    outcomes=f"{RADIOMICS}/{extractor}/{batch}/outcomes.{region}.tsv",
                    record=record("read_features", f"{extractor}.{batch}.{region}"),
                log:
                    log_of("read_features", f"{extractor}.{batch}.{region}"),
                params:
                    settings=settings(
                        patients=list(in_data_sets(study, patients, "").values()),
                        extractor=PLAN["extractors"][extractor],
                    ),
                    datasets=dataset_places,
                message:
                    f"read features of {region} from batch {batch} of {extractor}"
                script:
                    "../scripts/read_features.py"


rule describe_tables:
    input:
        tables=lambda wildcards: [
            path
            for file in TABLES[wildcards.extractor].values()
            for path in in_data_sets(study, study.patients(), file)
        ],
        code=code("describe_tables", ("extractor", "table")),
    output:
        dictionary=f"{RADIOMICS}/{{extractor}}/dictionary.tsv",
        record=record("describe_tables", "{extractor}"),
    log:
        log_of("describe_tables", "{extractor}"),
    wildcard_constraints:
        extractor=one_of(TABLES),
    priority: FIRST
    params:
        settings=lambda wildcards: settings_text(
            extractor=PLAN["extractors"][wildcards.extractor]
        ),
        datasets=dataset_places,
    message:
        "describe the features of {wildcards.extractor}"
    script:
        "../scripts/describe_tables.py"


rule describe_features:
    input:
        table=DICTIONARY,
        code=code("describe_features"),
    output:
        dictionary=f"{RADIOMICS}/{{extractor}}/dictionary.tsv",
        record=record("describe_features", "{extractor}"),
    log:
        log_of("describe_features", "{extractor}"),
    wildcard_constraints:
        extractor=one_of(MEASURING),
    params:
        settings=lambda wildcards: settings_text(
            sequences=SEQUENCES, extractor=PLAN["extractors"][wildcards.extractor]
        ),
    message:
        "describe the features of {wildcards.extractor}"
    script:
        "../scripts/describe_features.py"


rule summarise_outcomes:
    input:
        outcomes=[
            f"{RADIOMICS}/{{extractor}}/{batch}/outcomes.{{region}}.tsv"
            for batch in study.batches
        ],
        dictionary=f"{RADIOMICS}/{{extractor}}/dictionary.tsv",
        code=code("summarise_outcomes"),
    output:
        outcomes=f"{RADIOMICS}/{{extractor}}/outcomes-{{region}}.tsv",
        unmeasured=f"{RADIOMICS}/{{extractor}}/unmeasured-{{region}}.tsv",
        record=record("summarise_outcomes", "{extractor}.{region}"),
    log:
        log_of("summarise_outcomes", "{extractor}.{region}"),
    params:
        settings=settings(sets=[study.set_of(batch) for batch in study.batches]),
    message:
        "count what {wildcards.extractor} could not measure of {wildcards.region}"
    script:
        "../scripts/summarise_outcomes.py"


# Nothing of stability is asked for where a plan has none.
STABILITY = PLAN["stability"] and {
    name: PLAN["stability"][name] for name in ("form", "threshold", "bound")
}
COMPARISONS = {
    name: {"masks": masks, "decides": PLAN["stability"]["between"][name]["decides"]}
    for name, masks in compared_masks(PLAN["stability"]).items()
}
COMPARED_MASKS = sorted(
    {mask for each in COMPARISONS.values() for mask in each["masks"]}
)
# The table of perturbed masks, where there are any.
PERTURBED_TABLES = ["perturbations"] if PERTURBATIONS else []
STABILITY_TABLES = {
    "icc": "icc",
    "stability": "stability",
    "summary": "stability-summary",
    **{name: name for name in PERTURBED_TABLES},
}


rule assess_stability:
    input:
        **{
            mask: lambda wildcards, mask=mask: features(
                wildcards.extractor, mask, wildcards.region, ["train"]
            )
            for mask in COMPARED_MASKS
        },
        perturbed=[
            f"{RADIOMICS}/{{extractor}}/{batch}/{name}.{{region}}.tsv"
            for name in PERTURBED_TABLES
            for batch in study.batches_of("train")
        ],
        patients=f"{COHORT}/train/patients.tsv",
        code=code("assess_stability"),
    output:
        **{
            name: f"{RADIOMICS}/{{extractor}}/{file}-{{region}}.tsv"
            for name, file in STABILITY_TABLES.items()
        },
        record=record("assess_stability", "{extractor}.{region}"),
    log:
        log_of("assess_stability", "{extractor}.{region}"),
    priority: FITS
    params:
        settings=settings(
            stability=STABILITY, between=COMPARISONS, masks=COMPARED_MASKS
        ),
    message:
        "assess the stability of {wildcards.extractor} features of {wildcards.region}"
    script:
        "../scripts/assess_stability.py"
