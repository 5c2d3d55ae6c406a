"""Outcomes of extraction and grey levels, counted again from the tables of each batch."""

from pathlib import Path

import pandas as pd

from radproof.dossier.lineage import Record
from radproof.dossier.recomputed import (
    Recomputed,
    compare_with_record,
    inputs_of,
    missing,
    places_of,
    read_numbers,
)
from radproof.radiomics import grey_levels, outcomes
from radproof.tables import read_table


def recompute_outcomes(results: Path, record: Record) -> Recomputed:
    """Return the tables of a job of ``summarise_outcomes``, computed anew.

    Where a table of a batch is gone, they are held against their recorded SHA-256 alone.

    Raises
    ------
    BadInput
        If a table of the job is missing, or one of a batch cannot be read.
    """
    inputs = inputs_of(results, record)
    if gone := missing([*inputs["outcomes"], *inputs["dictionary"]]):
        return _as_recorded(results, record, "outcomes of extraction", gone)
    sets = zip(record["settings"]["sets"], inputs["outcomes"], strict=True)
    rows = pd.concat([read_numbers(path, ["n_missing"]).assign(set=name) for name, path in sets])
    n_features = len(read_table(inputs["dictionary"][0]))
    places = places_of(record)
    return Recomputed(
        {
            places["outcomes"]: outcomes.summarise(rows),
            places["unmeasured"]: outcomes.unmeasured(rows, n_features),
        }
    )


def recompute_grey_levels(results: Path, record: Record) -> Recomputed:
    """Return the table of a job of ``check_grey_levels``, computed anew.

    Where a table of a batch is gone, it is held against its recorded SHA-256 alone.

    Raises
    ------
    BadInput
        If a table of the job is missing, or one of a batch cannot be read.
    """
    files = inputs_of(results, record)["levels"]
    if gone := missing(files):
        return _as_recorded(results, record, "grey levels", gone)
    counts = pd.concat([read_numbers(path, ["levels", "bin_width_for_64"]) for path in files])
    table = grey_levels.summarise(counts, record["settings"]["limits"])
    return Recomputed({places_of(record)["levels"]: table})


def _as_recorded(results: Path, record: Record, what: str, gone: list[Path]) -> Recomputed:
    result = Recomputed()
    for name in places_of(record):
        compare_with_record(results, record, name, what, gone, result)
    return result
