# Each set is checked on its own, so that nothing fitted waits for a file of another set.


def raw_files(patients):
    return [
        file
        for patient in patients
        for files in (study.raw_images(patient), study.raw_masks(patient))
        for file in files.values()
    ]


def participants_of(patients):
    return sorted({f"{study.folder(patient)}/participants.tsv" for patient in patients})


rule check_cohort:
    input:
        participants=lambda wildcards: participants_of(study.patients(wildcards.set)),
        files=lambda wildcards: raw_files(study.patients(wildcards.set)),
        code=code("check_cohort"),
    output:
        patients=COHORT + "/{set}/patients.tsv",
        files=COHORT + "/{set}/files.tsv",
        flow=COHORT + "/{set}/flow.tsv",
        record=record("check_cohort", "{set}"),
    log:
        log_of("check_cohort", "{set}"),
    params:
        settings=lambda wildcards: settings_text(
            sheet=study.sheet[study.sheet["set"] == wildcards.set].to_dict("records"),
            outcome=PLAN["outcome"]["name"],
            clinical=PLAN["clinical"],
            sequences=[
                {key: sequence[key] for key in ("name", "file")}
                for sequence in PLAN["sequences"]
            ],
            raters=PLAN["raters"],
        ),
        datasets=dataset_places,
    script:
        "../scripts/check_cohort.py"


rule describe_cohort:
    input:
        patients=expand(COHORT + "/{set}/patients.tsv", set=study.sets),
        files=expand(COHORT + "/{set}/files.tsv", set=study.sets),
        flow=expand(COHORT + "/{set}/flow.tsv", set=study.sets),
        sheet=PLAN["sheet"],
        code=code("describe_cohort"),
    output:
        patients=COHORT + "/patients.tsv",
        files=COHORT + "/files.tsv",
        flow=COHORT + "/flow.tsv",
        description=COHORT + "/description.tsv",
        record=record("describe_cohort", "all"),
    log:
        log_of("describe_cohort", "all"),
    params:
        settings=settings(clinical=PLAN["clinical"]),
    script:
        "../scripts/describe_cohort.py"
