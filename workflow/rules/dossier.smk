# What a reviewer reads: claims with verdicts, lineage, tracked runs, the report.

PNGS = [f"{FIGURES}/{name}.png" for name in DRAWN]
FIGURE_TABLES = [f"{FIGURES}/{name}.tsv" for name in DRAWN]
SEGMENTATION_SUMMARIES = expand(
    SEGMENTATION + "/{segmenter}/summary.tsv", segmenter=PLAN["segmenters"]
)
EVALUATION_TABLES = [
    f"{EVALUATION}/{table}.tsv"
    for table in ["discrimination", "calibration", "classification", "comparisons"]
    + (["oracle"] if study.simulated else [])
]


rule check_claims:
    input:
        claims=PLAN["claims"],
        discrimination=EVALUATION + "/discrimination.tsv",
        comparisons=EVALUATION + "/comparisons.tsv",
        segmentation=SEGMENTATION_SUMMARIES,
        patients=COHORT + "/patients.tsv",
        code=code("check_claims"),
    output:
        claims=DOSSIER + "/claims.tsv",
        record=record("check_claims", "all"),
    log:
        log_of("check_claims", "all"),
    params:
        settings=settings(simulated=study.simulated),
    script:
        "../scripts/check_claims.py"


rule trace_lineage:
    input:
        ends=PNGS + FIGURE_TABLES + EVALUATION_TABLES + rules.check_claims.output[:1],
        code=code("trace_lineage"),
    output:
        lineage=DOSSIER + "/lineage.json",
        record=record("trace_lineage", "all"),
    log:
        log_of("trace_lineage", "all"),
    params:
        settings=settings(results=RESULTS),
        datasets=dataset_places,
    script:
        "../scripts/trace_lineage.py"


rule track_runs:
    input:
        histories=expand(
            SEGMENTATION + "/{segmenter}/fold-{fold}/history.tsv",
            segmenter=PLAN["segmenters"],
            fold=study.folds,
        ),
        models=expand(MODELS + "/{model}/model.json", model=PLAN["models"]),
        discrimination=EVALUATION + "/discrimination.tsv",
        segmentation=SEGMENTATION_SUMMARIES,
        files=COHORT + "/files.tsv",
        figures=PNGS,
        code=code("track_runs"),
    output:
        runs=DOSSIER + "/mlflow/runs.json",
        record=record("track_runs", "all"),
    log:
        log_of("track_runs", "all"),
    params:
        settings=settings(plan=PLAN, store=f"{DOSSIER}/mlflow"),
        # Where runs are logged is no reason to log them again.
        tracking_uri=lambda wildcards, input: config["tracking_uri"],
    script:
        "../scripts/track_runs.py"


rule write_report:
    input:
        figures=PNGS,
        tables=EVALUATION_TABLES,
        segmentation=SEGMENTATION_SUMMARIES,
        description=COHORT + "/description.tsv",
        flow=COHORT + "/flow.tsv",
        claims=DOSSIER + "/claims.tsv",
        models=expand(MODELS + "/{model}/model.json", model=PLAN["models"]),
        lineage=DOSSIER + "/lineage.json",
        template=os.path.relpath(SCRIPTS + "/radproof/dossier/report.html.j2"),
        code=code("write_report"),
    output:
        report=DOSSIER + "/report.html",
        record=record("write_report", "all"),
    log:
        log_of("write_report", "all"),
    params:
        settings=settings(plan=PLAN),
    script:
        "../scripts/write_report.py"
