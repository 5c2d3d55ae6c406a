# One network a fold, never shown that fold; each patient is drawn by networks that never saw it.


rule train_segmenter:
    input:
        images=lambda wildcards: images_of(fold_patients(wildcards.fold)),
        masks=lambda wildcards: rater_masks_of(
            fold_patients(wildcards.fold),
            PLAN["segmenters"][wildcards.segmenter]["rater"],
        ),
        code=lambda wildcards: code(
            "train_segmenter",
            ("segmenter", PLAN["segmenters"][wildcards.segmenter]["kind"]),
        ),
    output:
        model=f"{SEGMENTATION}/{{segmenter}}/fold-{{fold}}/model.keras",
        history=f"{SEGMENTATION}/{{segmenter}}/fold-{{fold}}/history.tsv",
        record=record("train_segmenter", "{segmenter}.fold-{fold}"),
    log:
        log_of("train_segmenter", "{segmenter}.fold-{fold}"),
    params:
        settings=lambda wildcards: settings_text(
            patients=fold_patients(wildcards.fold),
            sequences=SEQUENCES,
            segmenter={
                key: value
                for key, value in PLAN["segmenters"][wildcards.segmenter].items()
                if key != "inference"
            },
        ),
    message:
        "train {wildcards.segmenter} without fold {wildcards.fold}"
    script:
        "../scripts/train_segmenter.py"


for segmenter in PLAN["segmenters"]:
    for group, patients in study.segmented_groups.items():

        rule:
            name:
                f"segment_patients_{segmenter}_{group}"
            input:
                images=images_of(patients),
                models=[
                    f"{SEGMENTATION}/{segmenter}/fold-{fold}/model.keras"
                    for fold in study.segmenting_folds(group)
                ],
                code=code("segment_patients"),
            output:
                masks=automated_masks_of(patients, segmenter),
                record=record("segment_patients", f"{segmenter}.{group}"),
            log:
                log_of("segment_patients", f"{segmenter}.{group}"),
            params:
                settings=settings(
                    patients=patients,
                    sequences=SEQUENCES,
                    inference={
                        **PLAN["segmenters"][segmenter]["inference"],
                        "size": PLAN["segmenters"][segmenter]["training"]["size"],
                    },
                ),
            message:
                f"segment {group} with {segmenter}"
            script:
                "../scripts/segment_patients.py"


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
        record=record("score_segmentation", "{segmenter}"),
    log:
        log_of("score_segmentation", "{segmenter}"),
    params:
        settings=lambda wildcards: settings_text(
            segmenter=wildcards.segmenter,
            raters=RATERS,
            sheet=study.sheet[["patient", "set", "fold"]].to_dict("records"),
        ),
    message:
        "score the masks of {wildcards.segmenter}"
    script:
        "../scripts/score_segmentation.py"
