# Fitting reads training patients alone; predicting reads everybody, from frozen models.


def radiomics_inputs(model, sets):
    """Feature tables and the stability table of a model's radiomics; nothing where it has none."""
    source = PLAN["models"][model].get("radiomics")
    if not source:
        return {}
    extractor, region = source["extractor"], source["region"]
    return {
        "features": features(extractor, source["mask"], region, sets),
        "stability": f"{RADIOMICS}/{extractor}/stability-{region}.tsv",
    }


def upstream(model, file):
    return [
        f"{MODELS}/{name}/{file}" for name in PLAN["models"][model].get("scores", [])
    ]


def model_settings(wildcards):
    model = PLAN["models"][wildcards.model]
    chosen = model.get("clinical", [])
    return settings_text(
        name=wildcards.model,
        model=model,
        clinical=[
            variable for variable in PLAN["clinical"] if variable["name"] in chosen
        ],
    )


rule fit_model:
    input:
        unpack(lambda wildcards: radiomics_inputs(wildcards.model, ["train"])),
        patients=COHORT + "/train/patients.tsv",
        upstream=lambda wildcards: upstream(wildcards.model, "out_of_fold.tsv"),
        code=lambda wildcards: code(
            "fit_model", ("model", PLAN["models"][wildcards.model]["kind"])
        ),
    output:
        model=MODELS + "/{model}/model.json",
        coefficients=MODELS + "/{model}/fit.tsv",
        out_of_fold=MODELS + "/{model}/out_of_fold.tsv",
        record=record("fit_model", "{model}"),
    log:
        log_of("fit_model", "{model}"),
    params:
        settings=model_settings,
    script:
        "../scripts/fit_model.py"


rule predict:
    input:
        unpack(lambda wildcards: radiomics_inputs(wildcards.model, study.sets)),
        model=MODELS + "/{model}/model.json",
        out_of_fold=MODELS + "/{model}/out_of_fold.tsv",
        patients=COHORT + "/patients.tsv",
        upstream=lambda wildcards: upstream(wildcards.model, "predictions.tsv"),
        code=lambda wildcards: code(
            "predict", ("model", PLAN["models"][wildcards.model]["kind"])
        ),
    output:
        predictions=MODELS + "/{model}/predictions.tsv",
        record=record("predict", "{model}"),
    log:
        log_of("predict", "{model}"),
    params:
        settings=model_settings,
    script:
        "../scripts/predict.py"
