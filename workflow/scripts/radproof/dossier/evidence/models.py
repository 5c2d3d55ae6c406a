"""What a run says of its models: how they were built, and from which features."""

from radproof.dossier.evidence.run import CRATE, Evidence, Run, listed, settings_of
from radproof.provenance import TENSORFLOW, package_versions


def candidates(run: Run) -> Evidence:
    """Candidate parameters of each model; why these is for the authors."""
    counts = {
        name: f"{number}{_of_scores(run, name)}" for name, number in _n_candidates(run).items()
    }
    return Evidence(listed(counts), [*run.models, settings_of("models")], met=None)


def _n_candidates(run: Run) -> dict[str, int]:
    return {model["name"]: model["n_candidate_parameters"] for model in run.models.values()}


def _of_scores(run: Run, name: str) -> str:
    """Return in words the candidates of the scores that a model takes, which it does not count."""
    counts = _n_candidates(run)
    behind = [f"{counts[score]} of {score}" for score in run.scores_of(name)]
    return f", not counting the candidates of its scores ({', '.join(behind)})" if behind else ""


def predictors(run: Run) -> Evidence:
    """Clinical variables with unit and time, and features; how they are measured is not known."""
    clinical = {
        entry["name"]: f"{entry.get('unit') or entry['kind']}, known at {entry['available']}"
        for entry in run.plan["clinical"]
    }
    value = listed(clinical) or "no clinical variable"
    files = [settings_of("cohort"), *run.places("radiomics/*/dictionary.tsv")]
    return Evidence(value, files, met=None)


def sample_size(run: Run) -> Evidence:
    """Events for each candidate parameter, and the sample that so many candidates need.

    A model that takes scores counts each as one candidate: those behind a score, fitted on the same
    patients, are named beside.
    """
    parts = {}
    for model in run.models.values():
        size = model["sample_size"]
        needed = f", needs {size['n']:g} patients" if size else ""
        ratio = model["events_per_parameter"]
        each = f"{ratio:.2g} events each" if ratio is not None else "no candidate"
        behind = _of_scores(run, model["name"])
        parts[model["name"]] = f"{model['n']} patients, {each}{needed}{behind}"
    return Evidence(f"{listed(parts)} (Riley et al. 2020)", [*run.models])


def dimensionality(run: Run) -> Evidence:
    """As many patients as the candidates of every model need; fewer are for a human to judge."""
    sizes = [(model["n"], model["sample_size"]) for model in run.models.values()]
    enough = bool(sizes) and all(size is not None and n >= size["n"] for n, size in sizes)
    found = sample_size(run)
    return Evidence(found.value, found.files, met=enough or None)


def scaling(run: Run) -> Evidence:
    """Scaling and harmonisation, learnt on training patients."""
    harmonisation = run.plan["harmonisation"]
    kind = harmonisation["kind"] if harmonisation else "none"
    scaled = [model["name"] for model in run.models.values() if _has_scale(model["terms"])]
    value = f"standardised by training patients in: {', '.join(scaled) or 'none'}; "
    return Evidence(f"{value}harmonisation: {kind}", [*run.models, settings_of("models")])


def _has_scale(terms: list[dict[str, object]]) -> bool:
    return any("sd" in term for term in terms)


def model_building(run: Run) -> Evidence:
    """Kinds of model and the software that fits them."""
    kinds = {name: entry["kind"] for name, entry in run.plan["models"].items()}
    versions = {
        name: found
        for name, found in package_versions().items()
        if name in ("numpy", "scikit-learn", "statsmodels", TENSORFLOW) and found != "not installed"
    }
    return Evidence(f"{listed(kinds)}; {listed(versions)}", [settings_of("models"), *run.models])


def training(run: Run) -> Evidence:
    """Every setting of training and tuning."""
    networks = {
        name: f"{entry['training']['epochs']} epochs, batches of {entry['training']['batch_size']}"
        for name, entry in run.plan["segmenters"].items()
    }
    tuned = {
        name: f"{entry['inner_folds']} inner folds"
        for name, entry in run.plan["models"].items()
        if "inner_folds" in entry
    }
    value = listed(networks | tuned) or "no setting is tuned"
    pages = [settings_of("segmentation")] if networks else []
    return Evidence(value, [*pages, settings_of("models")])


def final_model(run: Run) -> Evidence:
    """All models of the plan are reported, none is chosen by its performance."""
    names = ", ".join(run.plan["models"])
    value = f"none is chosen by performance: {names} are all reported"
    return Evidence(value, [*run.models, *run.places("evaluation/discrimination.tsv")])


def selection(run: Run) -> Evidence | None:
    """Steps of selection, and the features that each left."""
    steps = {
        model["name"]: " → ".join(f"{step['step']} {step['n']}" for step in model["selection"])
        for model in run.models.values()
        if model["name"] in run.radiomic
    }
    return Evidence(listed(steps), _fitted(run)) if steps else None


def _fitted(run: Run) -> list[str]:
    return [place for place, model in run.models.items() if model["name"] in run.radiomic]


def _selected_by(run: Run, kinds: set[str]) -> bool:
    """Say whether every model of features has a step, or is itself, of one of these kinds."""
    return all(
        kinds & {entry["kind"], *(step["kind"] for step in entry.get("selection", []))}
        for entry in run.radiomic.values()
    )


def robust_features(run: Run) -> Evidence | None:
    """A step that drops features which are not stable, in every model of features."""
    found = selection(run)
    if found is None:
        return None
    files = [*found.files, *run.places("radiomics/*/stability-*.tsv")]
    return Evidence(found.value, files, met=_selected_by(run, {"stability"}))


def redundant_features(run: Run) -> Evidence | None:
    """A step or model that keeps the more informative features, in every model of features."""
    found = selection(run)
    if found is None:
        return None
    kinds = {"correlation", "mrmr", "univariate", "forest_importance", "lasso"}
    return Evidence(found.value, found.files, met=_selected_by(run, kinds))


def feature_statistics(run: Run) -> Evidence | None:
    """Selected features by name and coefficient, and the stability of each feature."""
    chosen = {
        model["name"]: f"{len(model['terms'])} features"
        for model in run.models.values()
        if model["name"] in run.radiomic
    }
    if not chosen:
        return None
    return Evidence(listed(chosen), [*_fitted(run), *run.places("radiomics/*/stability-*.tsv")])


def single_images(run: Run) -> Evidence | None:
    """One sequence in the study, networks included; proof that one is not enough is for a human."""
    if not run.radiomic:
        return None
    used = {name: entry["radiomics"]["sequences"] for name, entry in run.radiomic.items()}
    # Every network takes all sequences of the plan.
    used |= {
        name: [sequence["name"] for sequence in run.plan["sequences"]]
        for name in run.plan["segmenters"]
    }
    value = listed({name: ", ".join(sequences) for name, sequences in used.items()})
    single = len(set().union(*used.values())) == 1
    return Evidence(value, [settings_of("models")], met=single or None)


def specification(run: Run) -> Evidence:
    """All that a prediction needs."""
    return Evidence(f"{len(run.models)} models, whole and frozen", [*run.models])


def calculation(run: Run) -> Evidence:
    """Predictions of frozen models by the code of this project."""
    return Evidence("by the rule predict, from the frozen models", [*run.models, CRATE])


def no_updating(run: Run) -> Evidence:
    """No model is updated after it was fitted."""
    return Evidence("none: models are frozen once fitted", [*run.models])


def interpretability(run: Run) -> Evidence:
    """Coefficients, and nomograms where the plan draws them."""
    with_terms = [model["name"] for model in run.models.values() if model["terms"]]
    value = f"coefficients or importances of: {', '.join(with_terms) or 'none'}"
    return Evidence(value, [*run.models, *run.figure("nomogram-*")])


def poor_input(run: Run) -> Evidence:
    """What a model does with missing values of a new patient; poor scans are for the authors."""
    handled = {
        name: entry["missing"] for name, entry in run.plan["models"].items() if "missing" in entry
    }
    value = f"missing values: {listed(handled)}" if handled else "missing values are not filled"
    return Evidence(value, [settings_of("models")], met=None)


def code(run: Run) -> Evidence:
    """Code, settings, lock and licence by hash; where they are published is for the authors."""
    value = "code, plan, lock and licence of every job by SHA-256; whether public is not known here"
    return Evidence(value, [CRATE], met=None)


def pipeline(run: Run) -> Evidence | None:
    """The drawn steps of the study."""
    drawn = run.figure("study")
    return Evidence("the steps and their numbers", drawn) if drawn else None


BUILDING = (
    *(candidates, predictors, sample_size, dimensionality, scaling, model_building, training),
    *(final_model, selection, robust_features, redundant_features, feature_statistics),
    *(single_images, specification, calculation, no_updating, interpretability, poor_input),
    *(code, pipeline),
)
