# Fitting reads training patients alone; predicting reads everybody, from frozen models.


rule fit_model:
    input:
        unpack(lambda wildcards: radiomics_inputs(wildcards.model, ["train"])),
        patients=f"{COHORT}/train/patients.tsv",
        upstream=lambda wildcards: upstream(wildcards.model, "out_of_fold.tsv"),
        code=lambda wildcards: code(
            "fit_model",
            *model_kinds(wildcards.model),
            *selection_kinds(wildcards.model),
        ),
    output:
        model=f"{MODELS}/{{model}}/model.json",
        coefficients=f"{MODELS}/{{model}}/fit.tsv",
        selection=f"{MODELS}/{{model}}/selection.tsv",
        path=f"{MODELS}/{{model}}/path.tsv",
        out_of_fold=f"{MODELS}/{{model}}/out_of_fold.tsv",
        record=record("fit_model", "{model}"),
    log:
        log_of("fit_model", "{model}"),
    priority: FITS
    params:
        settings=model_settings,
    message:
        "fit {wildcards.model}"
    script:
        "../scripts/fit_model.py"


rule predict:
    input:
        unpack(lambda wildcards: radiomics_inputs(wildcards.model, study.sets)),
        model=f"{MODELS}/{{model}}/model.json",
        out_of_fold=f"{MODELS}/{{model}}/out_of_fold.tsv",
        patients=f"{COHORT}/patients.tsv",
        upstream=lambda wildcards: upstream(wildcards.model, "predictions.tsv"),
        code=lambda wildcards: code("predict", *model_kinds(wildcards.model)),
    output:
        predictions=f"{MODELS}/{{model}}/predictions.tsv",
        record=record("predict", "{model}"),
    log:
        log_of("predict", "{model}"),
    params:
        settings=model_settings,
    message:
        "predict with {wildcards.model}"
    script:
        "../scripts/predict.py"


rule estimate_odds_ratios:
    input:
        patients=f"{COHORT}/train/patients.tsv",
        code=code("estimate_odds_ratios"),
    output:
        odds_ratios=captioned(f"{MODELS}/odds_ratios.tsv"),
        record=record("estimate_odds_ratios", "all"),
    log:
        log_of("estimate_odds_ratios", "all"),
    params:
        settings=settings(clinical=PLAN["clinical"]),
    message:
        "estimate odds ratios of clinical variables"
    script:
        "../scripts/estimate_odds_ratios.py"
