# One network a fold, never shown that fold; each patient is drawn by networks that never saw it.

for segmenter in PLAN["segmenters"]:
    for folds in study.fold_groups(segmenter):
        group = "fold-" + "-".join(folds)

        rule:
            name:
                f"train_segmenter_{segmenter}_{group}"
            input:
                images=images_of(fold_patients(*folds)),
                masks=rater_masks_of(
                    fold_patients(*folds), PLAN["segmenters"][segmenter]["rater"]
                ),
                weights=study.encoder_weights(segmenter),
                code=code(
                    "train_segmenter",
                    ("segmenter", PLAN["segmenters"][segmenter]["kind"]),
                    (
                        "loss",
                        PLAN["segmenters"][segmenter]["training"]["loss"]["kind"],
                    ),
                ),
            output:
                models=fold_files(segmenter, folds, "model.keras"),
                histories=fold_files(segmenter, folds, "history.tsv"),
                networks=fold_files(segmenter, folds, "network.tsv"),
                record=record("train_segmenter", f"{segmenter}.{group}"),
            log:
                log_of("train_segmenter", f"{segmenter}.{group}"),
            priority: TRAINING
            threads: PLAN["segmenters"][segmenter]["training"]["threads"]
            resources:
                **GPU,
            params:
                settings=settings(
                    patients=fold_patients(*folds),
                    folds={fold: fold_patients(fold) for fold in folds},
                    name=segmenter,
                    origin=origin_of(segmenter),
                ),
            message:
                f"train {segmenter} without {group}"
            script:
                "../scripts/train_segmenter.py"


for segmenter in PLAN["segmenters"]:
    for group, (patients, folds) in study.segmented_groups.items():

        rule:
            name:
                f"segment_patients_{segmenter}_{group}"
            input:
                images=images_of(patients),
                models=[
                    f"{SEGMENTATION}/{segmenter}/fold-{fold}/model.keras"
                    for fold in folds
                ],
                code=code("segment_patients"),
            output:
                probabilities=(list if kept(segmenter) else temp)(
                    probabilities_of(patients, segmenter)
                ),
                record=record("segment_patients", f"{segmenter}.{group}"),
            log:
                log_of("segment_patients", f"{segmenter}.{group}"),
            priority: TRAINING if len(folds) == 1 else OTHER_SETS
            shadow:
                STAGED
            threads: PLAN["segmenters"][segmenter]["inference"]["threads"]
            resources:
                **GPU,
            params:
                settings=settings(
                    patients=patients,
                    origin=origin_of(segmenter),
                    inference={
                        **inference_of(segmenter, "window", "flips", "threads"),
                        "size": PLAN["segmenters"][segmenter]["training"]["size"],
                    },
                ),
                temporary=[] if kept(segmenter) else ["probabilities"],
            message:
                f"segment {group} with {segmenter}"
            script:
                "../scripts/segment_patients.py"


rule choose_threshold:
    input:
        probabilities=lambda wildcards: probabilities_of(
            study.patients("train"), wildcards.segmenter
        ),
        masks=lambda wildcards: rater_masks_of(
            study.patients("train"), PLAN["segmenters"][wildcards.segmenter]["rater"]
        ),
        code=code("choose_threshold"),
    output:
        threshold=f"{SEGMENTATION}/{{segmenter}}/threshold.tsv",
        sweep=f"{SEGMENTATION}/{{segmenter}}/threshold-sweep.tsv",
        record=record("choose_threshold", "{segmenter}"),
    log:
        log_of("choose_threshold", "{segmenter}"),
    priority: TRAINING
    shadow:
        STAGED
    params:
        settings=lambda wildcards: settings_text(
            sheet=rows_of(study.sheet[["patient", "set", "fold"]], "train"),
            **inference_of(wildcards.segmenter, "threshold"),
        ),
    message:
        "choose the threshold of {wildcards.segmenter}"
    script:
        "../scripts/choose_threshold.py"


for segmenter in PLAN["segmenters"]:
    for group, (patients, folds) in study.segmented_groups.items():

        rule:
            name:
                f"draw_masks_{segmenter}_{group}"
            input:
                probabilities=probabilities_of(patients, segmenter),
                threshold=f"{SEGMENTATION}/{segmenter}/threshold.tsv",
                code=code("draw_masks"),
            output:
                masks=automated_masks_of(patients, segmenter),
                table=mask_table_of(segmenter, group),
                record=record("draw_masks", f"{segmenter}.{group}"),
            log:
                log_of("draw_masks", f"{segmenter}.{group}"),
            priority: TRAINING if len(folds) == 1 else OTHER_SETS
            shadow:
                STAGED
            params:
                settings=settings(
                    sheet=study.sheet.loc[
                        study.sheet["patient"].isin(patients),
                        ["patient", "set", "fold"],
                    ].to_dict("records"),
                    inference=inference_of(
                        segmenter, "components", "fill_holes", "on_empty"
                    ),
                ),
            message:
                f"draw {group} with {segmenter}"
            script:
                "../scripts/draw_masks.py"


rule score_segmentation:
    input:
        **{rater: rater_masks_of(study.patients(), rater) for rater in RATERS},
        automated=lambda wildcards: automated_masks_of(
            study.patients(), wildcards.segmenter
        ),
        code=code("score_segmentation"),
    output:
        scores=f"{SEGMENTATION}/{{segmenter}}/scores.tsv",
        summary=f"{SEGMENTATION}/{{segmenter}}/summary.tsv",
        agreement=f"{SEGMENTATION}/{{segmenter}}/agreement.tsv",
        strata=f"{SEGMENTATION}/{{segmenter}}/strata.tsv",
        failures=f"{SEGMENTATION}/{{segmenter}}/failures.tsv",
        record=record("score_segmentation", "{segmenter}"),
    log:
        log_of("score_segmentation", "{segmenter}"),
    shadow:
        STAGED
    params:
        settings=lambda wildcards: settings_text(
            segmenter=wildcards.segmenter,
            raters=RATERS,
            scores=PLAN["segmenters"][wildcards.segmenter]["scores"],
            sheet=study.sheet[["patient", "set", "fold"]].to_dict("records"),
        ),
    message:
        "score the masks of {wildcards.segmenter}"
    script:
        "../scripts/score_segmentation.py"
