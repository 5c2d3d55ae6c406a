# What fitting, evaluation and the negative control ask of a model: its inputs, settings and kinds.


def radiomics_inputs(model, sets):
    """Feature tables and the stability table of a model's radiomics; nothing where it has none."""
    source = PLAN["models"][model].get("radiomics")
    if not source:
        return {}
    extractor, region = source["extractor"], source["region"]
    stability = {"stability": f"{RADIOMICS}/{extractor}/stability-{region}.tsv"}
    return {
        "features": features(extractor, source["mask"], region, sets),
        **(stability if PLAN["stability"] else {}),
    }


def upstream(model, file):
    return [
        f"{MODELS}/{name}/{file}" for name in PLAN["models"][model].get("scores", [])
    ]


def model_entry(name):
    """The part of the plan that a model is fitted by."""
    model = PLAN["models"][name]
    chosen = model.get("clinical", [])
    return {
        "name": name,
        "model": model,
        "clinical": [
            variable for variable in PLAN["clinical"] if variable["name"] in chosen
        ],
        "harmonisation": harmonisation_of(PLAN, name),
    }


def model_settings(wildcards):
    return settings_text(**model_entry(wildcards.model))


def model_kinds(model):
    """The kinds whose modules fit a model and predict with it."""
    harmonisation = harmonisation_of(PLAN, model)
    kinds = [("harmonisation", harmonisation["kind"])] if harmonisation else []
    return [("model", PLAN["models"][model]["kind"]), *kinds]


def selection_kinds(model):
    """The kinds of the steps that select a model's features."""
    steps = PLAN["models"][model].get("selection", [])
    return [("selection", step["kind"]) for step in steps]


def with_upstream(model):
    """A model, after those whose scores it takes."""
    return [*PLAN["models"][model].get("scores", []), model]


def chain_inputs(model):
    """Feature tables by model of the chain, and the stability tables they share or not."""
    sources = {name: radiomics_inputs(name, ["train"]) for name in with_upstream(model)}
    return {
        f"{part}_{name}": files
        for name, found in sources.items()
        for part, files in found.items()
    }


def chain_settings(wildcards):
    names = with_upstream(wildcards.model)
    chosen = {v for name in names for v in PLAN["models"][name].get("clinical", [])}
    return settings_text(
        chain=names,
        models={name: PLAN["models"][name] for name in names},
        clinical=[
            variable for variable in PLAN["clinical"] if variable["name"] in chosen
        ],
        harmonisation={name: harmonisation_of(PLAN, name) for name in names},
        resamples=PLAN["evaluation"]["optimism"]["resamples"],
    )


def null_tables(wildcards):
    """The tables of the negative control, where plan or command ask for it."""
    if not NULL_TABLES:
        raise WorkflowError(
            "the plan asks for no negative control (do: make null K=39, or set"
            " evaluation.negative_control)"
        )
    return NULL_TABLES
