# Each figure is drawn from tables, and leaves the plotted numbers beside it.

# Where a study has no patients held out, its out-of-fold predictions are what it reports.
JUDGED = [name for name in study.sets if name != "train"] or ["train"]

# Models that make a score of radiomics, and models that use such scores beside other predictors.
SCORE_MODELS = [name for name, model in PLAN["models"].items() if "radiomics" in model]
SCORE_PAIRS = [
    [pair["first"], pair["second"]]
    for pair in PLAN["comparisons"]
    if {pair["first"], pair["second"]} <= set(SCORE_MODELS)
]
SCORED_MODELS = [name for name, model in PLAN["models"].items() if model.get("scores")]

LASSO_MODELS = [
    name for name, model in PLAN["models"].items() if model["kind"] == "lasso"
]

FIGURE_FILES = {
    "flow": ["flow"],
    "study": ["study"],
    "training": [f"training-{name}" for name in PLAN["segmenters"]],
    "overlays": [f"overlays-{name}" for name in PLAN["segmenters"]],
    "segmentation": [f"segmentation-{name}" for name in PLAN["segmenters"]],
    "stability": [
        f"stability-{extractor}-{region}"
        for extractor in PLAN["extractors"]
        for region in PLAN["regions"]
    ],
    "roc": ["roc"],
    "calibration": ["calibration"],
    "decision": ["decision"],
    "nomogram": [f"nomogram-{name}" for name in SCORED_MODELS],
    "scores": ["scores"],
    "lasso": [f"lasso-{name}" for name in LASSO_MODELS],
    "forest": ["forest"],
}
DRAWN = [file for figure in PLAN["figures"] for file in FIGURE_FILES[figure]]
# Whoever asks for the negative control sees it.
DRAWN += ["null"] if NULL_TABLES else []


rule plot_flow:
    input:
        flow=f"{COHORT}/flow.tsv",
        drawn=[
            mask_table_of(segmenter, group)
            for segmenter in PLAN["segmenters"]
            for group in study.segmented_groups
        ],
        unmeasured=expand(
            f"{RADIOMICS}/{{extractor}}/unmeasured-{{region}}.tsv",
            extractor=PLAN["extractors"],
            region=PLAN["regions"],
        ),
        code=code("plot_flow"),
    output:
        **drawn("flow"),
        record=record("plot_flow", "flow"),
    log:
        log_of("plot_flow", "flow"),
    params:
        settings=drawing(
            segmenters=[
                segmenter
                for segmenter in PLAN["segmenters"]
                for group in study.segmented_groups
            ],
            masks=RATERS + list(PLAN["segmenters"]) + table_masks(PLAN["extractors"]),
        ),
    message:
        "draw the flow of patients"
    script:
        "../scripts/plot_flow.py"


rule plot_study:
    input:
        flow=f"{COHORT}/flow.tsv",
        files=f"{COHORT}/files.tsv",
        scores=expand(
            f"{SEGMENTATION}/{{segmenter}}/scores.tsv", segmenter=PLAN["segmenters"]
        ),
        summaries=expand(
            f"{SEGMENTATION}/{{segmenter}}/summary.tsv", segmenter=PLAN["segmenters"]
        ),
        dictionaries=expand(
            f"{RADIOMICS}/{{extractor}}/dictionary.tsv", extractor=PLAN["extractors"]
        ),
        stability=(
            expand(
                f"{RADIOMICS}/{{extractor}}/stability-{{region}}.tsv",
                extractor=PLAN["extractors"],
                region=PLAN["regions"],
            )
            if PLAN["stability"]
            else []
        ),
        models=expand(f"{MODELS}/{{model}}/model.json", model=PLAN["models"]),
        code=code("plot_study"),
    output:
        **drawn("study"),
        record=record("plot_study", "study"),
    log:
        log_of("plot_study", "study"),
    params:
        settings=drawing(
            segmenters=list(PLAN["segmenters"]),
            raters=[entry["rater"] for entry in PLAN["segmenters"].values()],
            extractors=list(PLAN["extractors"]),
            regions=list(PLAN["regions"]),
        ),
    message:
        "draw the study as it ran"
    script:
        "../scripts/plot_study.py"


rule plot_training:
    input:
        histories=[
            f"{SEGMENTATION}/{{segmenter}}/fold-{fold}/history.tsv"
            for fold in study.folds
        ],
        code=code("plot_training"),
    output:
        **drawn("training-{segmenter}"),
        record=record("plot_training", "{segmenter}"),
    log:
        log_of("plot_training", "{segmenter}"),
    params:
        settings=drawing(folds=study.folds),
    message:
        "draw the training of {wildcards.segmenter}"
    script:
        "../scripts/plot_training.py"


JUDGED_PATIENTS = [patient for name in JUDGED for patient in study.patients(name)]


rule plot_overlays:
    input:
        **{rater: rater_masks_of(JUDGED_PATIENTS, rater) for rater in RATERS},
        scores=f"{SEGMENTATION}/{{segmenter}}/scores.tsv",
        images=images_of(JUDGED_PATIENTS),
        automated=lambda wildcards: automated_masks_of(
            JUDGED_PATIENTS, wildcards.segmenter
        ),
        code=code("plot_overlays"),
    output:
        **drawn("overlays-{segmenter}"),
        record=record("plot_overlays", "{segmenter}"),
    log:
        log_of("plot_overlays", "{segmenter}"),
    params:
        settings=lambda wildcards: drawing_text(
            segmenter=wildcards.segmenter,
            patients=JUDGED_PATIENTS,
            sequences=SEQUENCES,
            raters=RATERS,
            set=JUDGED[0],
        ),
    message:
        "draw masks of {wildcards.segmenter} over the images"
    script:
        "../scripts/plot_overlays.py"


rule plot_segmentation:
    input:
        scores=f"{SEGMENTATION}/{{segmenter}}/scores.tsv",
        summary=f"{SEGMENTATION}/{{segmenter}}/summary.tsv",
        agreement=f"{SEGMENTATION}/{{segmenter}}/agreement.tsv",
        strata=f"{SEGMENTATION}/{{segmenter}}/strata.tsv",
        code=code("plot_segmentation"),
    output:
        **drawn("segmentation-{segmenter}"),
        record=record("plot_segmentation", "{segmenter}"),
    log:
        log_of("plot_segmentation", "{segmenter}"),
    params:
        settings=lambda wildcards: drawing_text(
            segmenter=wildcards.segmenter, set=JUDGED[0]
        ),
    message:
        "draw the scores of {wildcards.segmenter}"
    script:
        "../scripts/plot_segmentation.py"


rule plot_stability:
    input:
        icc=f"{RADIOMICS}/{{extractor}}/icc-{{region}}.tsv",
        code=code("plot_stability"),
    output:
        **drawn("stability-{extractor}-{region}"),
        record=record("plot_stability", "{extractor}.{region}"),
    log:
        log_of("plot_stability", "{extractor}.{region}"),
    params:
        settings=drawing(
            stability=STABILITY,
            decides={
                name: comparison["decides"] for name, comparison in COMPARISONS.items()
            },
        ),
    message:
        "draw the stability of {wildcards.extractor} features of {wildcards.region}"
    script:
        "../scripts/plot_stability.py"


rule plot_roc:
    input:
        roc=f"{EVALUATION}/roc.tsv",
        discrimination=f"{EVALUATION}/discrimination.tsv",
        code=code("plot_roc"),
    output:
        **drawn("roc"),
        record=record("plot_roc", "roc"),
    log:
        log_of("plot_roc", "roc"),
    params:
        settings=drawing(),
    message:
        "draw ROC curves"
    script:
        "../scripts/plot_roc.py"


rule plot_calibration:
    input:
        curve=f"{EVALUATION}/calibration_curve.tsv",
        calibration=f"{EVALUATION}/calibration.tsv",
        code=code("plot_calibration"),
    output:
        **drawn("calibration"),
        record=record("plot_calibration", "calibration"),
    log:
        log_of("plot_calibration", "calibration"),
    params:
        settings=drawing(),
    message:
        "draw calibration curves"
    script:
        "../scripts/plot_calibration.py"


rule plot_decision:
    input:
        net_benefit=f"{EVALUATION}/net_benefit.tsv",
        code=code("plot_decision"),
    output:
        **drawn("decision"),
        record=record("plot_decision", "decision"),
    log:
        log_of("plot_decision", "decision"),
    params:
        settings=drawing(),
    message:
        "draw decision curves"
    script:
        "../scripts/plot_decision.py"


rule plot_nomogram:
    input:
        model=f"{MODELS}/{{model}}/model.json",
        code=code("plot_nomogram"),
    output:
        **drawn("nomogram-{model}"),
        axes=f"{FIGURES}/nomogram-{{model}}.json",
        record=record("plot_nomogram", "{model}"),
    log:
        log_of("plot_nomogram", "{model}"),
    params:
        settings=drawing(outcome=PLAN["outcome"]),
    message:
        "draw the nomogram {wildcards.model}"
    script:
        "../scripts/plot_nomogram.py"


rule plot_lasso:
    input:
        model=f"{MODELS}/{{model}}/model.json",
        path=f"{MODELS}/{{model}}/path.tsv",
        code=code("plot_lasso"),
    output:
        **drawn("lasso-{model}"),
        record=record("plot_lasso", "{model}"),
    log:
        log_of("plot_lasso", "{model}"),
    params:
        settings=drawing(),
    message:
        "draw the path of {wildcards.model}"
    script:
        "../scripts/plot_lasso.py"


rule plot_forest:
    input:
        **{
            table: f"{EVALUATION}/{table}.tsv"
            for table in (
                "discrimination",
                "subgroups",
                "interactions",
                "comparisons",
            )
        },
        code=code("plot_forest"),
    output:
        **drawn("forest"),
        record=record("plot_forest", "forest"),
    log:
        log_of("plot_forest", "forest"),
    params:
        settings=drawing(
            models=SCORED_MODELS or list(PLAN["models"]),
            units={
                subgroup["name"]: variable["unit"]
                for subgroup in PLAN["subgroups"]
                for variable in PLAN["clinical"]
                if variable["name"] == subgroup["variable"] and "unit" in variable
            },
        ),
    message:
        "draw subgroups and comparisons"
    script:
        "../scripts/plot_forest.py"


rule plot_scores:
    input:
        predictions=expand(f"{MODELS}/{{model}}/predictions.tsv", model=SCORE_MODELS),
        code=code("plot_scores"),
    output:
        **drawn("scores"),
        record=record("plot_scores", "scores"),
    log:
        log_of("plot_scores", "scores"),
    params:
        settings=drawing(
            outcome=PLAN["outcome"], models=SCORE_MODELS, pairs=SCORE_PAIRS
        ),
    message:
        "draw the radiomics scores"
    script:
        "../scripts/plot_scores.py"


rule plot_null:
    input:
        distribution=f"{NULL}/distribution.tsv",
        summary=f"{NULL}/summary.tsv",
        code=code("plot_null"),
    output:
        **drawn("null"),
        record=record("plot_null", "null"),
    log:
        log_of("plot_null", "null"),
    params:
        settings=drawing(),
    message:
        "draw the negative control"
    script:
        "../scripts/plot_null.py"
