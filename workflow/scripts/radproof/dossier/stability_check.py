"""Stability computed again: from the features where they are there, else from the correlations."""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from radproof.dossier.lineage import Record
from radproof.radiomics.stability import (
    correlations,
    judge,
    summarise,
    summarise_dice,
    verdict,
)
from radproof.tables import read_features, read_table

KEYS = ["left_out", "between", "feature"]


def stability_tables(results: Path, record: Record) -> dict[str, pd.DataFrame]:
    """Return the tables of a job of ``assess_stability``, by their place, computed anew.

    Parameters
    ----------
    results
        The study's results folder.
    record
        The job's record. Where the features that it read are gone, its correlations are taken as
        they stand, and what follows from them is computed.

    Raises
    ------
    BadInput
        If a table of the job is missing.
    """
    settings = record["settings"]
    between, chosen = settings["between"], settings["stability"]
    places = {entry["name"]: entry["path"] for entry in record["outputs"]}
    inputs = defaultdict(list)
    for entry in record["inputs"]:
        inputs[entry["name"]].append(results / entry["path"])
    needed = [path for name in ("patients", *settings["masks"]) for path in inputs[name]]
    if all(path.is_file() for path in needed):
        folds = read_table(inputs["patients"][0]).set_index("patient")["fold"]
        features = {mask: pd.concat(map(read_features, inputs[mask])) for mask in settings["masks"]}
        table = correlations(features, folds, between, chosen)
    else:
        table = judge(_every_row(read_table(results / places["icc"])), chosen)
    tables = {"icc": table, "stability": verdict(table, between), "summary": summarise(table)}
    if "perturbations" in places and all(path.is_file() for path in inputs["perturbed"]):
        tables["perturbations"] = summarise_dice(pd.concat(map(read_table, inputs["perturbed"])))
    return {places[name]: table for name, table in tables.items()}


def _every_row(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with each feature once for every comparison and set of folds left out."""
    places = pd.MultiIndex.from_product([table[name].unique() for name in KEYS], names=KEYS)
    rows = table.drop_duplicates(KEYS).set_index(KEYS).reindex(places).reset_index()
    return rows[table.columns]
