# Each set is checked on its own, so that nothing fitted waits for a file of another set.


rule check_cohort:
    input:
        participants=lambda wildcards: participants_of(study.patients(wildcards.set)),
        files=lambda wildcards: raw_files(study.patients(wildcards.set)),
        tables=lambda wildcards: tables_of(study, study.patients(wildcards.set)),
        sidecars=lambda wildcards: sidecars_of(raw_files(study.patients(wildcards.set))),
        code=code("check_cohort"),
    output:
        patients=f"{COHORT}/{{set}}/patients.tsv",
        files=f"{COHORT}/{{set}}/files.tsv",
        excluded=f"{COHORT}/{{set}}/excluded.tsv",
        flow=f"{COHORT}/{{set}}/flow.tsv",
        record=record("check_cohort", "{set}"),
    log:
        log_of("check_cohort", "{set}"),
    # Before any long job, and in no queue of a cluster, so that bad input is said in the first
    # seconds.
    priority: FIRST
    # The same input would be refused again.
    retries: 0
    localrule: True
    params:
        settings=lambda wildcards: settings_text(
            sheet=rows_of(study.sheet, wildcards.set),
            excluded=rows_of(study.excluded, wildcards.set),
            **study.cohort_settings,
        ),
        datasets=dataset_places,
    message:
        "check files and values of the set {wildcards.set}"
    script:
        "../scripts/check_cohort.py"


rule describe_cohort:
    input:
        patients=expand(f"{COHORT}/{{set}}/patients.tsv", set=study.sets),
        files=expand(f"{COHORT}/{{set}}/files.tsv", set=study.sets),
        excluded=expand(f"{COHORT}/{{set}}/excluded.tsv", set=study.sets),
        flow=expand(f"{COHORT}/{{set}}/flow.tsv", set=study.sets),
        participants=list(study.participants.values()),
        sheet=PLAN["sheet"],
        code=code("describe_cohort"),
    output:
        patients=f"{COHORT}/patients.tsv",
        files=f"{COHORT}/files.tsv",
        excluded=f"{COHORT}/excluded.tsv",
        flow=f"{COHORT}/flow.tsv",
        description=f"{COHORT}/description.tsv",
        table_1=captioned(f"{COHORT}/table1.tsv"),
        record=record("describe_cohort", "all"),
    log:
        log_of("describe_cohort", "all"),
    localrule: True
    params:
        settings=settings(
            clinical=PLAN["clinical"], names_of_datasets=list(study.participants)
        ),
        datasets=dataset_places,
    message:
        "describe the cohort"
    script:
        "../scripts/describe_cohort.py"
