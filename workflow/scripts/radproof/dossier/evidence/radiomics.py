"""What a run says of its images, masks and features."""

import pandas as pd

from radproof.dossier.evidence.run import Evidence, Run, listed, settings_of
from radproof.provenance import package_versions

DICTIONARIES = "radiomics/*/dictionary.tsv"


def preparation(run: Run) -> Evidence | None:
    """Steps of each sequence, and the check of each image."""
    if not run.plan["sequences"]:
        return None
    steps = {
        entry["name"]: ", ".join(
            entry[step]["kind"] for step in ("bias_field", "registration", "intensity")
        )
        for entry in run.plan["sequences"]
    }
    return Evidence(listed(steps), [settings_of("images"), *run.places("images/qc-*.tsv")])


def resampling(run: Run) -> Evidence | None:
    """Grid and interpolation."""
    images = run.plan["images"]
    if images is None:
        return None
    spacing = " × ".join(f"{size:g}" for size in images["spacing_mm"])
    value = f"{spacing} mm, {images['interpolation']}; masks {images['mask_interpolation']}"
    return Evidence(value, [settings_of("images")])


def masks(run: Run) -> Evidence | None:
    """Raters and networks; the rules of delineation are for the authors."""
    if not run.plan["raters"]:
        return None
    value = listed(_mask_makers(run))
    return Evidence(value, [settings_of("segmentation"), *_summaries(run)], met=None)


def _mask_makers(run: Run) -> dict[str, str]:
    raters = [rater["name"] for rater in run.plan["raters"]]
    networks = {name: entry["kind"] for name, entry in run.plan["segmenters"].items()}
    return {"raters": ", ".join(raters), **networks}


def _summaries(run: Run) -> list[str]:
    return run.places("segmentation/*/summary.tsv")


def mask_scores(run: Run) -> Evidence | None:
    """Automated masks against raters' ones."""
    if not run.plan["segmenters"]:
        return None
    table = pd.concat([run.table(place) for place in _summaries(run)])
    rows = table[(table["metric"] == "dice") & table["candidate"].isin(run.plan["segmenters"])]
    scores = {
        f"{row['candidate']} against {row['reference']}, {row['set']}": f"{row['mean']:.2f}"
        for row in rows.to_dict("records")
    }
    return Evidence(f"mean Dice of {listed(scores)}", _summaries(run))


def masks_of_test_set(run: Run) -> Evidence | None:
    """Automated masks alone under every model; whether a rater is one reader is for a human."""
    used = {entry["radiomics"]["mask"] for entry in run.radiomic.values()}
    if not used or not run.plan["raters"]:
        return None
    automated = used <= set(run.plan["segmenters"])
    return Evidence(
        f"features of: {', '.join(sorted(used))}", [settings_of("models")], met=automated or None
    )


def discretisation(run: Run) -> Evidence | None:
    """Bins, and the grey levels that they gave."""
    bins = {
        name: f"{key} {entry['setting'][key]:g}"
        for name, entry in run.measuring.items()
        for key in ("binWidth", "binCount")
        if key in entry["setting"]
    }
    if not bins:
        return None
    levels = run.places("radiomics/*/grey-levels-*.tsv")
    return Evidence(listed(bins), [settings_of("radiomics"), *levels])


def image_types(run: Run) -> Evidence | None:
    """Original and filtered images."""
    types = {name: ", ".join(entry["imageType"]) for name, entry in run.measuring.items()}
    return Evidence(listed(types), [settings_of("radiomics")]) if types else None


def _versions() -> str:
    versions = package_versions()
    return listed({name: versions[name] for name in ("pyradiomics",) if name in versions})


def extraction(run: Run) -> Evidence | None:
    """Software with its version, and how many features IBSI has standardised."""
    if not run.measuring:
        return None
    standard = sum(
        int((run.table(place)["standardised"] == "yes").sum()) for place in run.places(DICTIONARIES)
    )
    value = f"{_versions()}; {standard} of {_n_features(run)} features standardised by IBSI"
    return Evidence(value, run.places(DICTIONARIES))


def extraction_parameters(run: Run) -> Evidence | None:
    """Every setting of the extraction, and every feature that it gives."""
    if not run.measuring:
        return None
    value = f"all settings of {', '.join(run.measuring)}, and {_n_features(run)} features by name"
    return Evidence(value, [settings_of("radiomics"), *run.places(DICTIONARIES)])


def defaults(run: Run) -> Evidence | None:
    """Settings that the plan gives; all others are the software's defaults."""
    given = {name: ", ".join(entry["setting"]) or "none" for name, entry in run.measuring.items()}
    if not given:
        return None
    value = f"given: {listed(given)}; others at the default of {_versions()}"
    return Evidence(value, [settings_of("radiomics")])


def _n_features(run: Run) -> int:
    return sum(len(run.table(place)) for place in run.places(DICTIONARIES))


def feature_count(run: Run) -> Evidence | None:
    """Number of features, by sequence."""
    frames = [run.table(place) for place in run.places(DICTIONARIES)]
    if not frames:
        return None
    counts = pd.concat(frames).groupby("sequence", sort=False, dropna=False).size()
    value = f"{_n_features(run)} features; {listed(counts.to_dict())}"
    return Evidence(value, run.places(DICTIONARIES))


def feature_classes(run: Run) -> Evidence | None:
    """Number of features, by class."""
    frames = [run.table(place) for place in run.places(DICTIONARIES)]
    if not frames or pd.concat(frames)["class"].isna().all():
        return None
    counts = pd.concat(frames).groupby("class", sort=False).size()
    return Evidence(listed(counts.to_dict()), run.places(DICTIONARIES))


def reliability(run: Run) -> Evidence:
    """Features that pass under other masks, by each comparison."""
    stability = run.plan["stability"]
    if stability is None:
        return Evidence("none in this study", [settings_of("radiomics")])
    places = run.places("radiomics/*/stability-summary-*.tsv")
    rows = pd.concat([run.table(place) for place in places])
    sums = rows.groupby("between", sort=False)[["n_passed", "n_features"]].sum()
    passed = {
        str(name): f"{int(row.n_passed)} of {int(row.n_features)} features"
        for name, row in sums.iterrows()
    }
    value = f"{stability['form']} of at least {stability['threshold']:g}; {listed(passed)}"
    return Evidence(value, places)


RADIOMICS = (
    *(preparation, resampling, masks, mask_scores, masks_of_test_set, discretisation),
    *(image_types, extraction, extraction_parameters, defaults, feature_count),
    *(feature_classes, reliability),
)
