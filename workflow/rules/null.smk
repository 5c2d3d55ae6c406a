# Negative control: everything after the images, with outcomes that mean nothing.

from radproof.negative_control.asked import permutations_asked

NULL = f"{RESULTS}/null"

# As many as `make null K=…` says, or else the plan.
try:
    N_PERMUTATIONS = permutations_asked(PLAN, config.get("permutations"))
except BadInput as error:
    raise WorkflowError(str(error)) from None
# Permutation 000 keeps the true outcome, and repeats the study by the same functions.
PERMUTATIONS = [f"{number:03d}" for number in range(1 + N_PERMUTATIONS)]
# What the figures, the report and the lineage show of it, where it is asked for.
NULL_TABLES = (
    [f"{NULL}/{table}.tsv" for table in ("summary", "distribution")]
    if N_PERMUTATIONS
    else []
)


NULL_INPUTS = {
    f"{model}_{name}": files
    for model in PLAN["models"]
    for name, files in radiomics_inputs(model, study.sets).items()
}


rule repeat_permuted:
    input:
        **NULL_INPUTS,
        patients=f"{COHORT}/patients.tsv",
        code=code(
            "repeat_permuted",
            *(
                kind
                for model in PLAN["models"]
                for kind in [*model_kinds(model), *selection_kinds(model)]
            ),
        ),
    output:
        predictions=f"{NULL}/{{permutation}}/predictions.tsv",
        record=record("repeat_permuted", "{permutation}"),
    log:
        log_of("repeat_permuted", "{permutation}"),
    wildcard_constraints:
        permutation=r"\d{3,4}",
    params:
        settings=settings(models=[model_entry(model) for model in PLAN["models"]]),
    message:
        "repeat the models with permutation {wildcards.permutation}"
    script:
        "../scripts/repeat_permuted.py"


rule summarise_null:
    input:
        predictions=expand(
            f"{NULL}/{{permutation}}/predictions.tsv", permutation=PERMUTATIONS
        ),
        code=code("summarise_null"),
    output:
        distribution=f"{NULL}/distribution.tsv",
        summary=f"{NULL}/summary.tsv",
        record=record("summarise_null", "all"),
    log:
        log_of("summarise_null", "all"),
    params:
        settings=settings(permutations=N_PERMUTATIONS),
    message:
        "summarise the negative control"
    script:
        "../scripts/summarise_null.py"
