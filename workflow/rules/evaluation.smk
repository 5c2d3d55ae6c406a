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
                "discrimination",
                "roc",
                "calibration",
                "calibration_curve",
                "net_benefit",
                "classification",
            )
        },
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
        comparisons=f"{EVALUATION}/comparisons.tsv",
        record=record("compare_models", "all"),
    log:
        log_of("compare_models", "all"),
    params:
        settings=settings(models=list(PLAN["models"]), comparisons=PLAN["comparisons"]),
    message:
        "compare the models"
    script:
        "../scripts/compare_models.py"
