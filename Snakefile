# A study is one straight line:
# cohort → images → segmentation → radiomics → models → evaluation → figures → dossier


configfile: "config/config.yaml"


report: "workflow/report/study.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/common_segmentation.smk"
include: "workflow/rules/common_models.smk"
include: "workflow/rules/simulation.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/images.smk"
include: "workflow/rules/segmentation.smk"
include: "workflow/rules/radiomics.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/null.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/dossier.smk"


rule study:
    default_target: True
    input:
        rules.write_report.output.report,
        rules.track_runs.output.runs,
        rules.trace_lineage.output.lineage,
        rules.describe_crate.output.crate,


rule fitted:
    input:
        expand(f"{MODELS}/{{model}}/model.json", model=study.plan["models"]),


rule null:
    input:
        null_tables,
        rules.write_report.output.report,
        rules.describe_crate.output.crate,


onstart:
    if UNWRITABLE:
        raise WorkflowError("nothing is begun: see the error above")
    gc.freeze()
    gc.enable()
    choose_when_jobs_end(workflow)


# After all logs: a line for each job that failed.
onerror:
    print(explain(log[0]), file=sys.stderr)


# What a profile sets for prepare_images is meant for prepare_images_train001 too.
spread_over_batches(workflow)
call_groups_by_name(GroupJob)
