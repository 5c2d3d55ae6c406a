"""Stability computed again: from the features where they are there, else from the correlations."""

from pathlib import Path
from typing import Any

import pandas as pd

from radproof.dossier.lineage import Record
from radproof.dossier.recomputed import (
    Recomputed,
    compare_with_record,
    inputs_of,
    missing,
    places_of,
)
from radproof.errors import BadInput, Problem
from radproof.radiomics.stability import (
    COLUMNS,
    MEASURES,
    correlations,
    judge,
    summarise,
    summarise_dice,
    verdict,
)
from radproof.tables import read_features, read_table

KEYS = ["left_out", "between", "feature"]


def recompute_stability(results: Path, record: Record) -> Recomputed:
    """Return the tables of a job of ``assess_stability``, computed anew.

    Parameters
    ----------
    results
        The study's results folder.
    record
        The job's record. Where features that it read are gone, its correlations are taken as they
        stand and held against their recorded SHA-256, and what follows from them is computed.

    Raises
    ------
    BadInput
        If a table of the job is missing, or the correlations taken as they stand lack a column.
    """
    settings = record["settings"]
    between, chosen = settings["between"], settings["stability"]
    places, inputs = places_of(record), inputs_of(results, record)
    result = Recomputed()
    gone = missing([path for name in ("patients", *settings["masks"]) for path in inputs[name]])
    if gone:
        compare_with_record(results, record, "icc", "correlations of features", gone, result)
        table = judge(_reported(results / places["icc"]), chosen)
        # Whether a feature passed follows from its correlation; nothing else does.
        result.n_given[places["icc"]] = len(COLUMNS) - 1
    else:
        table = _from_features(inputs, settings)
    tables = {"icc": table, "stability": verdict(table, between), "summary": summarise(table)}
    if "perturbations" in places:
        if gone := missing(inputs["perturbed"]):
            what = "Dice of perturbed masks"
            compare_with_record(results, record, "perturbations", what, gone, result)
        else:
            drawn = pd.concat(map(read_table, inputs["perturbed"]))
            tables["perturbations"] = summarise_dice(drawn)
    result.tables = {places[name]: table for name, table in tables.items()}
    return result


def _from_features(inputs: dict[str, list[Path]], settings: dict[str, Any]) -> pd.DataFrame:
    folds = read_table(inputs["patients"][0]).set_index("patient")["fold"]
    features = {mask: pd.concat(map(read_features, inputs[mask])) for mask in settings["masks"]}
    return correlations(features, folds, settings["between"], settings["stability"])


def _reported(path: Path) -> pd.DataFrame:
    """Return correlations as they were reported, text among numbers as missing.

    Each feature stands once for every comparison and set of folds left out, whatever rows the
    table has.
    """
    table = read_table(path)
    if list(table.columns) != COLUMNS:
        found, expected = ", ".join(table.columns), ", ".join(COLUMNS)
        raise BadInput(
            Problem("columns are others", file=str(path), found=found, expected=expected)
        )
    numbers = [*MEASURES, "n"]
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce")
    places = pd.MultiIndex.from_product([table[name].unique() for name in KEYS], names=KEYS)
    rows = table.drop_duplicates(KEYS).set_index(KEYS).reindex(places).reset_index()
    return rows[table.columns]
