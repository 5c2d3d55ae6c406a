# Frozen predictions against outcomes.

PREDICTIONS = expand(f"{MODELS}/{{model}}/predictions.tsv", model=PLAN["models"])


rule evaluate_models:
    input:
        predictions=PREDICTIONS,
        code=code("evaluate_models"),
    output:
        **{
            table: f"{EVALUATION}/{table}.tsv"
            for table in (
                "roc",
                "calibration",
                "calibration_curve",
                "net_benefit",
                "classification",
                "thresholds",
            )
        },
        discrimination=captioned(f"{EVALUATION}/discrimination.tsv"),
        record=record("evaluate_models", "all"),
    log:
        log_of("evaluate_models", "all"),
    params:
        settings=settings(models=list(PLAN["models"])),
    message:
        "evaluate the models"
    script:
        "../scripts/evaluate_models.py"


rule compare_models:
    input:
        predictions=PREDICTIONS,
        truth=f"{DATASET}/truth.tsv" if study.simulated else [],
        code=code("compare_models"),
    output:
        **({"oracle": f"{EVALUATION}/oracle.tsv"} if study.simulated else {}),
        **{
            table: f"{EVALUATION}/{table}.tsv"
            for table in ("reclassification", "mcnemar", "ablations")
        },
        comparisons=captioned(f"{EVALUATION}/comparisons.tsv"),
        record=record("compare_models", "all"),
    log:
        log_of("compare_models", "all"),
    params:
        settings=settings(
            models=list(PLAN["models"]),
            comparisons=PLAN["comparisons"],
            risk_categories=PLAN["evaluation"]["risk_categories"],
            predictors={
                name: {
                    key: model[key]
                    for key in ("kind", "clinical", "scores", "radiomics")
                    if key in model
                }
                for name, model in PLAN["models"].items()
            },
        ),
    message:
        "compare the models"
    script:
        "../scripts/compare_models.py"


rule compare_subgroups:
    input:
        predictions=PREDICTIONS,
        patients=f"{COHORT}/patients.tsv",
        code=code("compare_subgroups"),
    output:
        subgroups=f"{EVALUATION}/subgroups.tsv",
        interactions=f"{EVALUATION}/interactions.tsv",
        record=record("compare_subgroups", "all"),
    log:
        log_of("compare_subgroups", "all"),
    params:
        settings=settings(
            models=list(PLAN["models"]),
            subgroups=PLAN["subgroups"],
            clinical=[
                variable
                for variable in PLAN["clinical"]
                if variable["name"]
                in [subgroup["variable"] for subgroup in PLAN["subgroups"]]
            ],
            least=PLAN["evaluation"]["subgroup_least"],
        ),
    message:
        "judge the models in subgroups"
    script:
        "../scripts/compare_subgroups.py"


rule correct_optimism:
    input:
        unpack(lambda wildcards: chain_inputs(wildcards.model)),
        patients=f"{COHORT}/train/patients.tsv",
        code=lambda wildcards: code(
            "correct_optimism",
            *(
                kind
                for name in with_upstream(wildcards.model)
                for kind in [*model_kinds(name), *selection_kinds(name)]
            ),
        ),
    output:
        resamples=f"{EVALUATION}/optimism/{{model}}.tsv",
        record=record("correct_optimism", "{model}"),
    log:
        log_of("correct_optimism", "{model}"),
    priority: FITS
    params:
        settings=chain_settings,
    message:
        "fit {wildcards.model} on resamples"
    script:
        "../scripts/correct_optimism.py"


rule summarise_optimism:
    input:
        predictions=PREDICTIONS,
        resamples=expand(f"{EVALUATION}/optimism/{{model}}.tsv", model=PLAN["models"]),
        code=code("summarise_optimism"),
    output:
        optimism=f"{EVALUATION}/optimism.tsv",
        record=record("summarise_optimism", "all"),
    log:
        log_of("summarise_optimism", "all"),
    params:
        settings=settings(models=list(PLAN["models"])),
    message:
        "take optimism off"
    script:
        "../scripts/summarise_optimism.py"
