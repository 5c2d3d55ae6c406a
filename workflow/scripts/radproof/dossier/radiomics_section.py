"""What the report says of radiomics: features, grey levels, what is missing, stability."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from radproof.dossier.cells import Table, shown
from radproof.dossier.stability_section import stability_tables
from radproof.radiomics.grey_levels import AIM, FEWEST, MOST, summarise
from radproof.radiomics.mask_names import PERTURBED

Source = tuple[pd.DataFrame, str]

STANDINGS = {
    "yes": "standardised by IBSI",
    "deviates": "deviating from IBSI",
    "no": "not standardised",
    "unknown": "not known",
}
DICTIONARY_NOTE = (
    "The linked table says of every feature what it is, where its formula stands, and why it is not"
    " standardised."
)
LEVELS = [
    *("sequence", "filter", "n_masks", "levels_median", "levels_least", "levels_most"),
    *("n_outside", "share_outside", f"bin_width_for_{AIM}"),
]
LEVELS_NOTE = (
    "Levels that occur in a mask of a rater or segmenter. With fewer than"
    f" {FEWEST} textures are nearly empty, with more than {MOST} too sparse: such masks are counted"
    f" as outside. The bin width would give the median mask {AIM} levels."
)
OUTCOMES_NOTE = (
    "Patients of whom a mask has this outcome, and the most features that are missing for it in one"
    " mask; with none missing the mask was measured all the same. Perturbed masks are pooled."
)


def radiomics_tables(
    tables: Mapping[str, Source], plan: Mapping[str, Any], models: Sequence[Mapping[str, Any]]
) -> list[Table]:
    """Return what is shown of every extractor and region, and of harmonisation.

    Parameters
    ----------
    tables
        Each table with its path from the report, by its place in the results, such as
        ``radiomics/pyradiomics/dictionary.tsv``, ``…/outcomes-whole.tsv``,
        ``…/stability-summary-whole.tsv`` or ``…/train001/grey-levels.whole.tsv``. Those of other
        stages are passed over; what an extractor lacks is left out.
    plan
        The study plan: ``regions`` and ``stability``.
    models
        The models' JSON.
    """
    extractors: dict[str, dict[str, Source]] = {}
    for place, source in tables.items():
        stage, *rest = PurePosixPath(place).parts
        if stage == "radiomics":
            extractors.setdefault(rest[0], {})["/".join(rest[1:])] = source
    result: list[Table] = []
    for name, own in extractors.items():
        result += _features(name.replace("_", " "), own)
        for region in plan["regions"]:
            result += _of_region(name, region, own)
    result += stability_tables(tables, plan["stability"])
    return result + _harmonisation(models)


def _features(extractor: str, own: Mapping[str, Source]) -> Iterator[Table]:
    """Yield features by filter and class, and what IBSI has of those of unfiltered images."""
    if "dictionary.tsv" not in own:
        return
    table, file = own["dictionary.tsv"]
    by_filter = _counted(table, "filter")
    classes = pd.crosstab(table["filter"], table["class"])[table["class"].unique()]
    by_filter = by_filter.merge(classes, left_on="filter", right_index=True)
    caption = f"Features of {extractor}, by filter and class"
    yield shown(by_filter, None, caption, file, DICTIONARY_NOTE)
    caption = f"Features of {extractor} of unfiltered images, by class"
    yield shown(_counted(table[table["filter"] == "original"], "class"), None, caption, file)


def _counted(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return how many features there are, and how many of each standing."""
    counts = pd.crosstab(table[by], table["standardised"])
    standings = [name for name in STANDINGS if name != "unknown" or name in counts]
    counts = counts.reindex(index=table[by].unique(), columns=standings, fill_value=0)
    counts.insert(0, "features", counts.sum(axis=1))
    return counts.rename(columns=STANDINGS).rename_axis(columns=None).reset_index()


def _of_region(extractor: str, region: str, own: Mapping[str, Source]) -> Iterator[Table]:
    subject = f"{extractor}, {region}".replace("_", " ")
    levels = [table for name, (table, _) in own.items() if name.endswith(f"levels.{region}.tsv")]
    if levels:
        caption = f"Grey levels of training patients, {subject}"
        folder = f"../radiomics/{extractor}/"
        yield shown(_levels(pd.concat(levels)), LEVELS, caption, folder, LEVELS_NOTE)
    if (name := f"outcomes-{region}.tsv") in own:
        table, file = own[name]
        caption = f"Masks that are unusual or not measured whole, {subject}"
        yield shown(table, None, caption, file, OUTCOMES_NOTE)


def _levels(counts: pd.DataFrame) -> pd.DataFrame:
    drawn = counts[~counts["mask"].astype("str").str.startswith(PERTURBED)]
    table = summarise(drawn, {"minimum": FEWEST, "maximum": MOST})
    return table.assign(share_outside=table["n_outside"] / table["n_masks"])


def _harmonisation(models: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Return what was learned for each model; the settings stand among those of the stage."""
    rows = [
        {
            "model": model["name"],
            "kind": fitted["kind"],
            "centers": ", ".join(
                f"{name} ({n})"
                for name, n in zip(fitted["centers"], fitted["patients"], strict=True)
            ),
            "reference": fitted["reference"],
            "covariates": ", ".join(entry["name"] for entry in fitted["clinical"]) or "none",
            "predictors_harmonised": len(fitted["features"]),
            "left_as_they_are": len(fitted["unharmonised"]),
        }
        for model in models
        if (fitted := model.get("harmonisation"))
    ]
    caption = "Harmonisation of features across centers (training patients), by model"
    return [shown(pd.DataFrame(rows), None, caption)] if rows else []
