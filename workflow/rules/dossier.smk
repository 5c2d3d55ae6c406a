# What a reviewer reads: claims with verdicts, lineage, tracked runs, the report.

# Where the project lies is no reason to write again what names the plan.
PLAN_FILE = os.path.relpath(config["plan"])
PNGS = [f"{FIGURES}/{name}.png" for name in DRAWN]
# The report shows the numbers of the flow, whether it is drawn or not.
FIGURE_TABLES = [f"{FIGURES}/{name}.tsv" for name in dict.fromkeys(["flow", *DRAWN])]
SEGMENTATION_SUMMARIES = expand(
    f"{SEGMENTATION}/{{segmenter}}/summary.tsv", segmenter=PLAN["segmenters"]
)
SEGMENTATION_TABLES = [
    path
    for segmenter in PLAN["segmenters"]
    for path in [
        *(
            f"{SEGMENTATION}/{segmenter}/{table}.tsv"
            for table in ("summary", "agreement", "strata", "failures", "threshold")
        ),
        *fold_files(segmenter, study.folds, "history.tsv"),
        # Networks of all folds are built alike: the report shows the first.
        *fold_files(segmenter, study.folds[:1], "network.tsv"),
    ]
]
RADIOMICS_TABLES = [
    f"{RADIOMICS}/{extractor}/{file}.tsv"
    for extractor in PLAN["extractors"]
    for file in [
        "dictionary",
        *(
            f"{table}-{region}"
            for region in PLAN["regions"]
            for table in (
                "outcomes",
                *(["grey-levels"] if extractor in MEASURING else []),
                *(STABILITY_TABLES.values() if STABILITY else []),
            )
        ),
        *(
            f"{batch}/grey-levels.{region}"
            for region in PLAN["regions"]
            for batch in study.batches_of("train")
            if extractor in MEASURING
        ),
    ]
]
HISTORIES, NETWORKS = (
    [
        path
        for segmenter in PLAN["segmenters"]
        for path in fold_files(segmenter, study.folds, name)
    ]
    for name in ("history.tsv", "network.tsv")
)
ODDS_RATIOS = [f"{MODELS}/odds_ratios.tsv"] if PLAN["clinical"] else []
EVALUATION_TABLES = [
    f"{EVALUATION}/{table}.tsv"
    for table in [
        *("discrimination", "calibration", "classification", "thresholds"),
        *("comparisons", "reclassification", "mcnemar", "ablations"),
        *("subgroups", "interactions"),
        *(["optimism"] if PLAN["evaluation"]["optimism"] else []),
        *(["oracle"] if study.simulated else []),
    ]
]
# What the report shows besides figures and the tables above.
COHORT_TABLES = {
    "description": f"{COHORT}/description.tsv",
    "table_1": f"{COHORT}/table1.tsv",
    # With the masks that are empty or not measured, which the cohort cannot know of.
    "flow": f"{FIGURES}/flow.tsv",
    "excluded": f"{COHORT}/excluded.tsv",
}
QUALITY_TABLES = [f"{IMAGES}/qc-{batch}.tsv" for batch in study.batches if SEQUENCES]
MONTAGES = [f"{IMAGES}/montage-{batch}.png" for batch in study.batches if SEQUENCES]


rule check_claims:
    input:
        claims=PLAN["claims"],
        discrimination=f"{EVALUATION}/discrimination.tsv",
        comparisons=f"{EVALUATION}/comparisons.tsv",
        segmentation=SEGMENTATION_SUMMARIES,
        patients=f"{COHORT}/patients.tsv",
        code=code("check_claims"),
    output:
        claims=captioned(f"{DOSSIER}/claims.tsv"),
        record=record("check_claims", "all"),
    log:
        log_of("check_claims", "all"),
    params:
        settings=settings(simulated=study.simulated),
    message:
        "judge the claims"
    script:
        "../scripts/check_claims.py"


rule fill_checklists:
    input:
        tables=[
            f"{COHORT}/{name}.tsv" for name in ("patients", "description", "table1")
        ]
        + FIGURE_TABLES
        + SEGMENTATION_SUMMARIES
        + RADIOMICS_TABLES
        + expand(
            f"{RADIOMICS}/{{extractor}}/unmeasured-{{region}}.tsv",
            extractor=PLAN["extractors"],
            region=PLAN["regions"],
        )
        + EVALUATION_TABLES
        + NULL_TABLES[:1]
        + QUALITY_TABLES,
        models=expand(f"{MODELS}/{{model}}/model.json", model=PLAN["models"]),
        lists=in_checkout("workflow/scripts/radproof/dossier/checklists/*.yaml"),
        code=code("fill_checklists"),
    output:
        checklists=f"{DOSSIER}/checklists.tsv",
        record=record("fill_checklists", "all"),
    log:
        log_of("fill_checklists", "all"),
    params:
        settings=settings(plan=PLAN),
    message:
        "fill the reporting checklists"
    script:
        "../scripts/fill_checklists.py"


rule trace_lineage:
    input:
        ends=PNGS
        + FIGURE_TABLES
        + SEGMENTATION_TABLES
        + RADIOMICS_TABLES
        + EVALUATION_TABLES
        + NULL_TABLES
        + ODDS_RATIOS
        + list(COHORT_TABLES.values())
        + QUALITY_TABLES
        + MONTAGES
        + rules.check_claims.output[:1]
        + rules.fill_checklists.output[:1],
        code=code("trace_lineage"),
    output:
        lineage=f"{DOSSIER}/lineage.json",
        record=record("trace_lineage", "all"),
    log:
        log_of("trace_lineage", "all"),
    params:
        settings=settings(results=RESULTS),
        datasets=dataset_places,
    message:
        "trace every result to its raw files"
    script:
        "../scripts/trace_lineage.py"


rule track_runs:
    input:
        histories=HISTORIES,
        networks=NETWORKS,
        trained=[path.replace("history.tsv", "model.keras") for path in HISTORIES],
        thresholds=expand(
            f"{SEGMENTATION}/{{segmenter}}/threshold.tsv", segmenter=PLAN["segmenters"]
        ),
        models=expand(f"{MODELS}/{{model}}/model.json", model=PLAN["models"]),
        discrimination=f"{EVALUATION}/discrimination.tsv",
        segmentation=SEGMENTATION_SUMMARIES,
        files=f"{COHORT}/files.tsv",
        sheet=PLAN["sheet"],
        figures=PNGS,
        # The last of all: a server that is down costs nothing but the logged runs. A page in
        # better words is no reason to log them again.
        described=ancient(f"{DOSSIER}/ro-crate-metadata.json"),
        code=code("track_runs"),
    output:
        runs=f"{DOSSIER}/mlflow/runs.json",
        record=record("track_runs", "all"),
    log:
        log_of("track_runs", "all"),
    # A cluster's nodes need not reach a server.
    localrule: True
    params:
        settings=settings(plan=PLAN, store=f"{DOSSIER}/mlflow"),
        # Where runs are logged is no reason to log them again.
        tracking_uri=lambda wildcards, input: TRACKING_URI,
    message:
        "log the runs in MLflow"
    script:
        "../scripts/track_runs.py"


rule write_report:
    input:
        **COHORT_TABLES,
        figures=PNGS,
        tables=EVALUATION_TABLES + ODDS_RATIOS + [f"{DOSSIER}/checklists.tsv"],
        by_place=SEGMENTATION_TABLES + RADIOMICS_TABLES + NULL_TABLES[:1],
        quality=QUALITY_TABLES,
        montages=MONTAGES,
        claims=f"{DOSSIER}/claims.tsv",
        models=expand(f"{MODELS}/{{model}}/model.json", model=PLAN["models"]),
        lineage=f"{DOSSIER}/lineage.json",
        # Named by their bytes.
        plan=PLAN_FILE,
        sheet=PLAN["sheet"],
        lock=in_checkout("envs/cpu.lock"),
        project=in_checkout("pyproject.toml"),
        page=in_checkout(
            "workflow/report/*/*.rst",
            *(
                f"workflow/scripts/radproof/dossier/{name}"
                for name in ("*.j2", "report.js", "methods/**/*.j2")
            ),
        ),
        code=code("write_report"),
    output:
        report=f"{DOSSIER}/report.html",
        record=record("write_report", "all"),
    log:
        log_of("write_report", "all"),
    params:
        settings=settings(plan=PLAN),
    message:
        "write the report"
    script:
        "../scripts/write_report.py"


rule describe_crate:
    input:
        report=rules.write_report.output.report,
        lineage=rules.trace_lineage.output.lineage,
        # The Snakefile first: it is what is run.
        workflow=in_checkout("Snakefile", "workflow/rules/*.smk"),
        plan=PLAN_FILE,
        sheet=PLAN["sheet"],
        lock=os.path.relpath(LOCK),
        licence=in_checkout("LICENSE"),
        code=code("describe_crate"),
    output:
        crate=f"{DOSSIER}/ro-crate-metadata.json",
        record=record("describe_crate", "all"),
    log:
        log_of("describe_crate", "all"),
    params:
        settings=settings(results=RESULTS, title=PLAN["title"]),
        datasets=dataset_places,
    message:
        "describe the study as a research object"
    script:
        "../scripts/describe_crate.py"
